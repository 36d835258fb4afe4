// What was booked to the funds: stated and executed quantities, average price and cost of each.

import { all, api, type Schemas } from "../../api/client";
import { badge, calmly, type Child, fill, h } from "../../kit/dom";
import { clock, compare, grouped, places, positive, sum } from "../../kit/format";
import { sideText } from "../../orders/words";
import { store } from "../../stream/store";
import type { View } from "../page";
import { bars } from "../parts/bars";
import { drawn, money } from "../parts/numbers";
import { figure, figures, panel, Region } from "../parts/page";
import { Table } from "../parts/table";

type Allocation = Schemas["AllocationResource"];

export class Allocations implements View {
  readonly element = h("div", { class: "page" });
  private readonly region = new Region<Child>(() => this.load(), (found) => found);
  private readonly unlisten: () => void;
  private readonly table = new Table<Allocation>({
    label: "Allocations", empty: "Nothing has been allocated.",
    href: (row) => `#/history/${row.order_id}`,
    csv: "/api/v1/allocations?format=csv",
    text: (row) => `${row.order_id} ${row.fund} ${security(row.order_id)}`,
    columns: [
      { title: "Order", cell: (row) => security(row.order_id), sort: (row) => security(row.order_id) },
      { title: "Fund", cell: (row) => row.fund, sort: (row) => row.fund },
      { title: "State", cell: (row) => state(row), sort: (row) => compare(row.quantity, row.stated_quantity) },
      { title: "Stated", num: true, cell: (row) => grouped(row.stated_quantity), sort: (row) => drawn(row.stated_quantity) },
      { title: "Booked", num: true, cell: (row) => grouped(row.quantity), sort: (row) => drawn(row.quantity) },
      { title: "Avg px", num: true, cell: (row) => (positive(row.quantity) ? places(row.avg_px) : "") },
      { title: "Cost", num: true, cell: (row) => (positive(row.quantity) ? money(row.cost) : ""), sort: (row) => drawn(row.cost) },
      { title: "Currency", cell: (row) => row.currency },
      { title: "Stated at", cell: (row) => clock(row.stated_at), sort: (row) => row.stated_at },
      { title: "Changed", cell: (row) => clock(row.updated_at), sort: (row) => row.updated_at },
    ],
    first: [9, true],
  });

  constructor() {
    fill(this.element, this.region.element);
    const refresh = calmly(() => void this.region.refresh(), 1500);
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
    const { rows, complete } = await all((page) => api.GET("/api/v1/allocations", { params: { query: page } }));
    this.table.show(rows);
    const booked = rows.filter((row) => positive(row.quantity));
    const byFund = Map.groupBy(booked, (row) => `${row.fund} ${row.currency}`);
    const totals = [...byFund].map(([name, some]) => ({ name, cost: sum(some.map((row) => row.cost)) ?? "0" }));
    const most = Math.max(1e-9, ...totals.map((one) => Math.abs(drawn(one.cost))));
    const full = rows.filter((row) => compare(row.quantity, row.stated_quantity) >= 0).length;
    return [
      figures(
        figure("Fund legs", complete ? rows.length : `${rows.length}+`), figure("Fully booked", full),
        figure("Partly booked", booked.length - full), figure("Nothing booked yet", rows.length - booked.length)),
      panel("Booked by fund", bars("Cost booked by fund", ["Fund", "Cost"], totals.map((one) => ({
        name: one.name, share: drawn(one.cost) / most, text: money(one.cost),
      })))),
      this.table.element,
    ];
  }
}

function security(orderId: string): string {
  const order = store.topics.orders.get(orderId);
  return order === undefined ? orderId : `${sideText(order.side)} ${order.security.value ?? order.security.id}`;
}

function state(row: Allocation): HTMLElement {
  if (compare(row.quantity, row.stated_quantity) >= 0) return badge("Booked", "●", "good");
  return positive(row.quantity) ? badge("Partly", "◐", "live") : badge("Stated", "○", "idle");
}
