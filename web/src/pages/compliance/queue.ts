// What waits for a decision: waivers asked for, orders that need a second person, breaches still open.

import type { Breach, Order, Waiver } from "../../api/client";
import { may } from "../../api/person";
import { badge, calmly, h } from "../../kit/dom";
import { age, ageOf, words } from "../../kit/format";
import { allowed, mayDecide } from "../../orders/rules";
import { inWords } from "../../orders/words";
import { store } from "../../stream/store";
import type { View } from "../page";
import { money } from "../parts/numbers";
import { figure, figures, panel } from "../parts/page";
import { Table } from "../parts/table";
import { BREACH_SIGNS, breachBadge } from "./signs";

/** Waivers that nobody has decided about. */
export function openWaivers(): Waiver[] {
  return [...store.topics.waivers.values()].filter((one) => one.status === "requested");
}

/** Orders that wait for the approval of a second person. */
export function ordersToApprove(): Order[] {
  return [...store.topics.orders.values()].filter(
    (one) => one.status === "held" && one.compliance.waiting_for.includes("approval"));
}

/** Breaches that are not signed off. */
export function openBreaches(): Breach[] {
  return [...store.topics.breaches.values()].filter((one) => one.status !== "closed");
}

/** How many things the person can decide now. */
export function waitingForMe(): number {
  const waivers = openWaivers().filter((one) => {
    const order = store.topics.orders.get(one.order_id);
    return order !== undefined && mayDecide(one, order, true);
  });
  return waivers.length + ordersToApprove().filter((one) => allowed(one).includes("approve")).length;
}

function fundsText(order: Order | undefined): string {
  return order?.allocations.map((leg) => leg.fund).join(", ") ?? "";
}

function orderText(id: string): string {
  const order = store.topics.orders.get(id);
  return order === undefined ? id : inWords(order);
}

export class Queue implements View {
  readonly element = h("div", { class: "page" });
  private readonly heads = h("div", {});
  private readonly unlisten: () => void;
  private readonly waivers = new Table<Waiver>({
    label: "Waivers to decide",
    empty: "No waiver waits for a decision. One appears here when a manager asks to exceed a soft rule.",
    href: (row) => `#/compliance/waivers/${row.id}`,
    columns: [
      { title: "Order", cell: (row) => orderText(row.order_id), sort: (row) => orderText(row.order_id) },
      { title: "Rule", cell: (row) => row.rule, sort: (row) => row.rule },
      { title: "Funds", cell: (row) => fundsText(store.topics.orders.get(row.order_id)) },
      { title: "Over by", num: true, cell: (row) => money(row.max_excess) },
      { title: "Asked by", cell: (row) => row.requested_by, sort: (row) => row.requested_by },
      { title: "Age", num: true, cell: (row) => ageOf(row.created_at), sort: (row) => row.created_at },
      { title: "Ends in", num: true, cell: (row) => age(Date.parse(row.expires_at) - Date.now()), sort: (row) => row.expires_at },
      { title: "Reason", wide: true, cell: (row) => row.reason },
    ],
    first: [5, false],
  });
  private readonly orders = new Table<Order>({
    label: "Orders that need a second approval",
    empty: "No order waits for a second person.",
    href: (row) => `#/orders/${row.id}`,
    columns: [
      { title: "Order", cell: (row) => inWords(row), sort: (row) => inWords(row) },
      { title: "Funds", cell: (row) => fundsText(row) },
      { title: "Entered by", cell: (row) => row.placed_by, sort: (row) => row.placed_by },
      { title: "Age", num: true, cell: (row) => ageOf(row.created_at), sort: (row) => row.created_at },
      { title: "Reason", wide: true, cell: (row) => row.reason },
    ],
  });
  private readonly breaches = new Table<Breach>({
    label: "Open breaches",
    empty: "No breach is open. What a run after the trade finds over a limit appears here.",
    href: (row) => `#/compliance/breaches/${row.id}`,
    columns: [
      { title: "Status", cell: (row) => breachBadge(row.status), sort: (row) => Object.keys(BREACH_SIGNS).indexOf(row.status) },
      { title: "Fund", cell: (row) => row.fund, sort: (row) => row.fund },
      { title: "Rule", cell: (row) => row.rule, sort: (row) => row.rule },
      { title: "Cell", cell: (row) => row.cell, sort: (row) => row.cell },
      { title: "Kind", cell: (row) => words(row.kind), sort: (row) => row.kind ?? "" },
      { title: "Over by", num: true, cell: (row) => money(row.excess) },
      { title: "Found on", cell: (row) => row.found_on, sort: (row) => row.found_on },
      { title: "Due", cell: (row) => row.due_on ?? "", sort: (row) => row.due_on ?? "9" },
      { title: "With", cell: (row) => row.assignee ?? h("span", { class: "soft" }, "nobody") },
    ],
    first: [6, false],
  });

  constructor() {
    const parts = [this.heads, panel("Waivers to decide", this.waivers.element)];
    if (may("ApproveOrder")) parts.push(panel("Orders for a second person", this.orders.element));
    this.element.append(...parts, panel("Open breaches", this.breaches.element));
    this.unlisten = store.listen(calmly(() => this.paint(), 250));
  }

  shown(): void {
    this.paint();
  }

  destroy(): void {
    this.unlisten();
  }

  private paint(): void {
    if (!this.element.isConnected) return;
    const [waivers, breaches] = [openWaivers(), openBreaches()];
    const hard = breaches.filter((one) => one.severity === "hard").length;
    const unassigned = breaches.filter((one) => one.assignee === null).length;
    this.heads.replaceChildren(figures(
      figure("Waivers to decide", waivers.length, waivers.length > 0 ? "warn" : ""),
      may("ApproveOrder") ? figure("Orders for a second person", ordersToApprove().length) : null,
      figure("Breaches open", breaches.length),
      figure("Of hard rules", hard > 0 ? badge(String(hard), "✕", "bad") : "0"),
      figure("Assigned to nobody", unassigned, unassigned > 0 ? "warn" : ""),
    ));
    this.waivers.show(waivers);
    this.orders.show(ordersToApprove());
    this.breaches.show(breaches);
  }
}
