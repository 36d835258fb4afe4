// The orders of the day: filter, grid, and the chosen order beside it.

import type { Order } from "../api/client";
import { BlotterGrid } from "../grid/blotter-grid";
import { parseFilter } from "../grid/filter";
import { calmly, h } from "../kit/dom";
import { grouped } from "../kit/format";
import type { View } from "../pages/page";
import { go, replace } from "../shell/router";
import { store, type Changed } from "../stream/store";
import { ORDER_COLUMNS, searchText } from "./columns";
import { Detail } from "./detail";

const DELTAS_MS = 150;
const FOLLOW_MS = 120;

export class OrdersView implements View {
  readonly element: HTMLElement;
  private readonly grid: BlotterGrid<Order>;
  private readonly detail = new Detail({ onClose: () => this.close() });
  private readonly box = h("input", { type: "search", id: "filter", placeholder: "Filter", "aria-label": "Filter orders", "aria-keyshortcuts": "/" });
  private readonly count = h("span", { class: "soft count", role: "status" });
  private readonly unlisten: () => void;
  private changed = new Set<string>();
  private following: ReturnType<typeof setTimeout> | undefined;
  private readonly flush = calmly(() => this.applyChanges(), DELTAS_MS);

  constructor() {
    this.grid = new BlotterGrid<Order>({
      label: "Orders", columns: ORDER_COLUMNS, pinned: 3,
      empty: () => (store.ready ? "No order matches." : "Waiting for the first picture…"),
      onOpen: (row) => go(`#/orders/${row.id}`),
      onActive: (row) => this.follow(row),
    });
    this.element = h("section", { class: "view", "aria-label": "Orders" },
      h("div", { class: "tools" }, this.box, this.count),
      h("div", { class: "panes" }, this.grid.element, this.detail.element));
    this.box.addEventListener("input", () => this.filter());
    this.unlisten = store.listen((changed) => this.took(changed));
    this.grid.setRows([...store.topics.orders.values()]);
  }

  shown(path: readonly string[]): void {
    const id = path[0] ?? null;
    void this.detail.show(id);
    if (id !== null) this.grid.select(id);
  }

  destroy(): void {
    this.unlisten();
    this.detail.destroy();
    this.grid.destroy();
  }

  private took(changed: Changed): void {
    if (changed === null) {
      this.changed.clear();
      this.grid.setRows([...store.topics.orders.values()]);
      this.tellCount();
      return;
    }
    changed.orders.forEach((id) => this.changed.add(id));
    if (this.changed.size > 0) this.flush();
  }

  private applyChanges(): void {
    const ids = [...this.changed];
    this.changed.clear();
    const rows = ids.map((id) => store.topics.orders.get(id)).filter((row) => row !== undefined);
    this.grid.applyDelta(rows, ids.filter((id) => !store.topics.orders.has(id)));
    this.tellCount();
  }

  private filter(): void {
    const filter = parseFilter(this.box.value, ORDER_COLUMNS, searchText);
    this.grid.setFilter(filter?.test ?? (() => true));
    this.tellCount();
  }

  private tellCount(): void {
    const { shown, all } = this.grid.counts;
    this.count.textContent = shown === all ? `${grouped(String(all))} orders` : `${grouped(String(shown))} of ${grouped(String(all))}`;
  }

  private follow(row: Order | null): void {
    clearTimeout(this.following);
    if (row === null || this.detail.orderId === null || row.id === this.detail.orderId) return;
    this.following = setTimeout(() => {
      replace(`#/orders/${row.id}`);
      void this.detail.show(row.id);
    }, FOLLOW_MS);
  }

  private close(): void {
    void this.detail.show(null);
    replace("#/orders");
    this.grid.focus();
  }
}
