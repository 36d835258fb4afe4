// History: any order from its first word to its booking; for auditors the journal itself and its proof.

import { all, api, type Order } from "../../api/client";
import { may } from "../../api/person";
import { badge, type Child, fill, h } from "../../kit/dom";
import { clock, percent, words } from "../../kit/format";
import { STATUSES } from "../../orders/rules";
import { inWords, priceText } from "../../orders/words";
import type { View } from "../page";
import { PlacedView, Region } from "../parts/page";
import { Table } from "../parts/table";
import { JournalPage } from "./journal";
import { ProofPage } from "./proof";
import { StoryPage } from "./story";

class OrderList implements View {
  readonly element = h("div", { class: "page" });
  private readonly region = new Region<Child>(async () => {
    const { rows } = await all((page) => api.GET("/api/v1/orders", { params: { query: page } }));
    this.table.show(rows);
    return this.table.element;
  }, (found) => found);
  private readonly table = new Table<Order>({
    label: "Orders of all days", empty: "No order was ever entered.", href: (row) => `#/history/${row.id}`,
    csv: "/api/v1/orders?format=csv",
    text: (row) => `${row.id} ${row.client_order_id} ${row.security.value ?? ""} ${row.security.name ?? ""} ${row.status} ${words(row.status)} ` +
      `${row.portfolio_manager} ${row.trader ?? ""} ${row.side} ${row.allocations.map((leg) => leg.fund).join(" ")}`,
    columns: [
      { title: "Order", cell: (row) => inWords(row), sort: (row) => row.security.value ?? "" },
      { title: "Status", cell: (row) => {
        const { mark, tone } = STATUSES[row.status] ?? { mark: "?", tone: "idle" };
        return badge(words(row.status), mark, tone);
      }, sort: (row) => row.status },
      { title: "Done", num: true, cell: (row) => percent(row.cum_qty, row.quantity) },
      { title: "Price", num: true, cell: (row) => priceText(row) },
      { title: "Funds", cell: (row) => row.allocations.map((leg) => leg.fund).join(", ") },
      { title: "Manager", cell: (row) => row.portfolio_manager, sort: (row) => row.portfolio_manager },
      { title: "Entered", cell: (row) => clock(row.created_at), sort: (row) => row.created_at },
      { title: "Id", cell: (row) => h("span", { class: "soft" }, row.id), sort: (row) => row.id },
    ],
    first: [6, true],
  });

  constructor() {
    fill(this.element, this.region.element);
  }

  shown(): void {
    void this.region.refresh();
  }
}

/** #/history, #/history/<order>, #/history/journal, #/history/proof. */
export function historyView(): View {
  const places = new PlacedView("history", "History", [
    { id: "orders", title: "Orders", make: () => new OrderList() },
    { id: "journal", title: "Journal", when: () => may("read_audit"), make: () => new JournalPage() },
    { id: "proof", title: "Proof", when: () => may("read_audit"), make: () => new ProofPage() },
    { id: "order", title: "", make: () => new StoryPage() },
  ]);
  return {
    element: places.element,
    shown: (path) => places.shown(path[0]?.startsWith("ord_") ? ["order", ...path] : path),
    hidden: () => places.hidden(),
    destroy: () => places.destroy(),
  };
}
