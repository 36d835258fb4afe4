// The funds: all of them in a list, and one as it stands.

import type { Fund } from "../../api/client";
import { funds } from "../../api/reference";
import { type Child, fill, h } from "../../kit/dom";
import type { View } from "../page";
import { money } from "../parts/numbers";
import { Branch, Region } from "../parts/page";
import { Table } from "../parts/table";
import { FundPage } from "./fund";

class FundList implements View {
  readonly element = h("div", { class: "page" });
  private readonly region = new Region<Child>(async () => {
    this.table.show(await funds());
    return this.table.element;
  }, (found) => found);
  private readonly table = new Table<Fund>({
    label: "Funds", empty: "No fund is yours to see.", href: (row) => `#/funds/${row.code}`,
    text: (row) => `${row.code} ${row.name} ${row.manager} ${row.groups.join(" ")} ${row.family}`,
    columns: [
      { title: "Fund", cell: (row) => row.code, sort: (row) => row.code },
      { title: "Name", wide: true, cell: (row) => row.name, sort: (row) => row.name },
      { title: "Currency", cell: (row) => row.currency },
      { title: "Manager", cell: (row) => row.manager, sort: (row) => row.manager },
      { title: "Groups", cell: (row) => [...row.groups, ...row.regimes].join(", ").replaceAll("_", " ") },
      { title: "Account", cell: (row) => row.account },
      { title: "Second approval above", num: true, cell: (row) => (row.approval_above ? money(row.approval_above) : h("span", { class: "soft" }, "never needed")) },
      { title: "State", cell: (row) => (row.active ? "Active" : "Closed") },
    ],
  });

  constructor() {
    fill(this.element, this.region.element);
  }

  shown(): void {
    void this.region.refresh();
  }
}

export function fundsView(): View {
  return new Branch(new FundList(), () => new FundPage());
}
