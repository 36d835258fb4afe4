// The books: positions and cash of all funds.

import { all, api, type Schemas } from "../../api/client";
import { calmly, type Child, fill, h } from "../../kit/dom";
import { clock, grouped } from "../../kit/format";
import { store } from "../../stream/store";
import type { View } from "../page";
import { bars } from "../parts/bars";
import { drawn, money } from "../parts/numbers";
import { figure, figures, panel, Region } from "../parts/page";
import { Table } from "../parts/table";

type Position = Schemas["PositionResource"];
type Cash = Schemas["CashResource"];

export class Book implements View {
  readonly element = h("div", { class: "page" });
  private readonly region = new Region<Child>(() => this.load(), (found) => found);
  private readonly unlisten: () => void;
  private readonly positions = new Table<Position>({
    label: "Positions", empty: "Nothing is held.", csv: "/api/v1/positions?format=csv",
    text: (row) => `${row.fund} ${row.security.value ?? ""} ${row.security.name ?? ""}`,
    columns: [
      { title: "Fund", cell: (row) => h("a", { href: `#/funds/${row.fund}` }, row.fund), sort: (row) => row.fund },
      { title: "Security", cell: (row) => row.security.value ?? row.security.id, sort: (row) => row.security.value ?? "" },
      { title: "Name", wide: true, cell: (row) => row.security.name ?? "", sort: (row) => row.security.name ?? "" },
      { title: "Quantity", num: true, cell: (row) => grouped(row.quantity), sort: (row) => drawn(row.quantity) },
      { title: "Cost", num: true, cell: (row) => money(row.cost), sort: (row) => drawn(row.cost) },
      { title: "Currency", cell: (row) => row.currency },
      { title: "Changed", cell: (row) => clock(row.updated_at), sort: (row) => row.updated_at ?? "" },
    ],
    first: [0, false],
  });

  constructor() {
    fill(this.element, this.region.element);
    const refresh = calmly(() => void this.region.refresh(), 3000);
    this.unlisten = store.listen((changed) => {
      if (this.element.isConnected && (changed === null || changed.executions.size > 0)) refresh();
    });
  }

  shown(): void {
    void this.region.refresh();
  }

  destroy(): void {
    this.unlisten();
  }

  private async load(): Promise<Child> {
    const [positions, cash] = await Promise.all([
      all((page) => api.GET("/api/v1/positions", { params: { query: page } })),
      all((page) => api.GET("/api/v1/cash", { params: { query: page } })),
    ]);
    const held = positions.rows.filter((row) => drawn(row.quantity) !== 0);
    this.positions.show(held);
    const overdrawn = cash.rows.filter((row) => drawn(row.amount) < 0).length;
    return [
      figures(
        figure("Positions", positions.complete ? held.length : `${held.length}+`),
        figure("Short positions", held.filter((row) => drawn(row.quantity) < 0).length),
        figure("Funds", new Set(held.map((row) => row.fund)).size),
        figure("Overdrawn", overdrawn, overdrawn > 0 ? "bad" : "")),
      panel("Cash on trade date", cashBars(cash.rows)),
      this.positions.element,
    ];
  }
}

function cashBars(rows: readonly Cash[]): HTMLElement {
  const most = Math.max(1e-9, ...rows.map((row) => Math.abs(drawn(row.amount))));
  return bars("Cash by fund and currency", ["Fund", "Amount"], rows.map((row) => ({
    name: `${row.fund} ${row.currency}`, share: drawn(row.amount) / most, text: money(row.amount),
    tone: drawn(row.amount) < 0 ? "bad" as const : "good" as const,
  })));
}
