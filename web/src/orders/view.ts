// The orders of the day: order line, filter, grid, and the chosen order beside it.

import { BASE, type Order } from "../api/client";
import { may } from "../api/person";
import { BlotterGrid } from "../grid/blotter-grid";
import { parseFilter } from "../grid/filter";
import { chooseHighlights } from "../grid/highlight-dialog";
import { chooseColumns, groupMenu } from "../grid/tools";
import { button, calmly, h } from "../kit/dom";
import { grouped } from "../kit/format";
import type { MenuEntry } from "../kit/menu";
import { openMenu } from "../kit/menu";
import { note } from "../kit/notes";
import type { View } from "../pages/page";
import { Desktop, INTENTS, onDesktop } from "../shell/fdc3";
import { command } from "../shell/keys";
import { go, parts, replace } from "../shell/router";
import { store, type Changed } from "../stream/store";
import { ACTIONS, act } from "./actions";
import { openBasket } from "./basket";
import { bulk, bulkActions } from "./bulk";
import { editCell } from "./cell-editor";
import { Chips } from "./chips";
import { ORDER_COLUMNS, searchText } from "./columns";
import { Detail } from "./detail";
import { layoutMenu } from "./layout-menu";
import { merge, mergeable } from "./merge";
import { decoded, keepLast, lastLayout, type Layout } from "./layouts";
import { OrderLine } from "./order-line";
import { allowed, waitsForMe, type ActionName } from "./rules";
import { openTicket } from "./ticket";
import { inWords } from "./words";

const DELTAS_MS = 150;
const FOLLOW_MS = 120;
const CLOSED = new Set(["filled", "canceled", "expired", "rejected"]);

export class OrdersView implements View {
  readonly element: HTMLElement;
  private readonly grid: BlotterGrid<Order>;
  private readonly detail = new Detail({ onClose: () => this.close() });
  private readonly chips = new Chips(() => this.filter());
  private readonly line = may("CreateOrder") ? new OrderLine((id) => go(`#/orders/${id}`)) : null;
  private readonly box = h("input", {
    type: "search", id: "filter", autocomplete: "off", spellcheck: "false", "aria-label": "Filter orders", "aria-keyshortcuts": "/",
    placeholder: "Filter: growth -filled qty>1000 side:sell",
  });
  private readonly count = h("span", { class: "soft count", role: "status" });
  private readonly chosen = h("div", { class: "bulk", hidden: true });
  private readonly unlisten: () => void;
  private readonly changed = new Set<string>();
  private readonly desktop = new Desktop(({ symbol, mic }) => this.lookAt(`${symbol}.${mic}`));
  private following: ReturnType<typeof setTimeout> | undefined;
  private readonly flush = calmly(() => this.applyChanges(), DELTAS_MS);

  constructor() {
    this.grid = new BlotterGrid<Order>({
      label: "Orders", columns: ORDER_COLUMNS, pinned: 3, empty: () => this.emptyText(), rowClass,
      onOpen: (row) => go(`#/orders/${row.id}`),
      onActive: (row) => this.follow(row),
      onChosen: (rows) => this.offerBulk(rows),
      onMenu: (row, column, at) => openMenu(this.menu(row, column), at, inWords(row)),
      onEdit: (row, column, cell) => editCell(row, column, cell, () => this.grid.focus()),
      onState: () => keepLast(this.layout()),
    });
    this.element = h("section", { class: "view", "aria-label": "Orders" },
      this.entryTools(), this.gridTools(),
      h("div", { class: "panes" }, this.grid.element, this.detail.element));
    this.box.addEventListener("input", () => this.filter());
    this.box.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== "ArrowDown") return;
      this.grid.focus();
      event.preventDefault();
    });
    this.offerCommands();
    this.unlisten = store.listen((changed) => this.took(changed));
    this.grid.setRows([...store.topics.orders.values()]);
    const last = lastLayout();
    if (last !== null) this.use(last);
    this.chips.count();
  }

  shown(path: readonly string[]): void {
    const [id = null, coded = ""] = path;
    if (id === "view") {
      const layout = decoded(coded);
      if (layout === null) note("This link names no layout.", "bad");
      else this.use(layout);
      replace("#/orders");
      return;
    }
    void this.detail.show(id);
    if (id !== null) this.grid.select(id);
  }

  destroy(): void {
    this.unlisten();
    this.desktop.destroy();
    this.detail.destroy();
    this.grid.destroy();
  }

  private entryTools(): HTMLElement | null {
    if (this.line === null) return null;
    return h("div", { class: "tools entry" },
      button("New order", () => openTicket((order) => go(`#/orders/${order.id}`)), { kind: "primary", key: "n" }),
      this.line.element, button("Basket", openBasket, { title: "Paste orders from a spreadsheet" }));
  }

  private gridTools(): HTMLElement {
    const group = button("Group", () => groupMenu(this.grid, ORDER_COLUMNS, group));
    const layout = button("Layout", () => void layoutMenu(layout, this.layout(), (one) => this.use(one)));
    return h("div", { class: "tools" }, this.box, this.chips.element, this.chosen, h("div", { class: "grid-tools" }, this.count, group,
      button("Columns", () => chooseColumns(this.grid, ORDER_COLUMNS)),
      button("Highlight", () => chooseHighlights(this.grid, ORDER_COLUMNS)), layout,
      button("CSV", () => this.exportCsv(), { title: "All orders in the chosen statuses, as the server has them" })));
  }

  private layout(): Layout {
    return { grid: this.grid.getState(), filter: this.box.value, statuses: this.chips.chosen };
  }

  private use({ grid, filter, statuses }: Layout): void {
    this.grid.setState({ ...grid, highlights: grid.highlights ?? [] });
    this.box.value = filter;
    this.chips.chosen = statuses;
    this.filter();
  }

  private took(changed: Changed): void {
    if (changed === null) {
      this.changed.clear();
      this.grid.setRows([...store.topics.orders.values()]);
      this.chips.count();
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
    this.chips.count(ids);
    this.tellCount();
  }

  private filter(): void {
    const filter = parseFilter(this.box.value, ORDER_COLUMNS, searchText);
    this.box.setAttribute("aria-invalid", String(Boolean(filter?.problem)));
    this.box.title = filter?.problem ?? "";
    this.grid.setFilter((row) => this.chips.keeps(row) && (filter === null || filter.test(row)));
    this.tellCount();
    keepLast(this.layout());
  }

  private tellCount(): void {
    const { shown, all } = this.grid.counts;
    const total = grouped(String(all));
    this.count.textContent = shown === all ? `${total} orders` : `${grouped(String(shown))} of ${total}`;
  }

  private emptyText(): string {
    if (!store.ready) return "Waiting for the first picture…";
    return this.grid.counts.all === 0 ? "No orders today." : "No order matches the filter and the chosen statuses.";
  }

  /** The order beside the grid, once open, follows the cursor. */
  private follow(row: Order | null): void {
    clearTimeout(this.following);
    if (row !== null) void this.desktop.tell(row);
    if (row === null || this.detail.orderId === null || row.id === this.detail.orderId) return;
    this.following = setTimeout(() => {
      if (parts()[0] !== "orders" || this.detail.orderId === null) return;
      replace(`#/orders/${row.id}`);
      void this.detail.show(row.id);
    }, FOLLOW_MS);
  }

  private close(): boolean {
    clearTimeout(this.following);
    if (this.detail.orderId === null) return false;
    void this.detail.show(null);
    replace("#/orders");
    this.grid.focus();
    return true;
  }

  private offerBulk(rows: readonly Order[]): void {
    this.chosen.hidden = rows.length < 2;
    if (rows.length < 2) return;
    this.chosen.replaceChildren(h("strong", {}, `${rows.length} chosen`),
      ...bulkActions(rows).map(({ name, count }) =>
        button(`${ACTIONS[name].label} ${count}`, () => bulk(name, rows), { kind: name === "cancel" ? "danger" : "" })));
    if (rows.every(mergeable)) this.chosen.append(button(`Merge ${rows.length}`, () => merge(rows, () => undefined)));
  }

  private menu(row: Order, columnId: string): MenuEntry[] {
    const rows = this.grid.chosen();
    if (rows.length > 1) {
      return [`${rows.length} orders`, ...bulkActions(rows).map(({ name, count }) =>
        ({ label: `${ACTIONS[name].label} ${count}…`, run: () => bulk(name, rows) })), null, this.copyItem()];
    }
    const column = ORDER_COLUMNS.find((one) => one.id === columnId);
    const value = column?.raw(row) ?? "";
    return [
      { label: "Open", key: "Enter", run: () => go(`#/orders/${row.id}`) },
      ...allowed(row).map((name) => ({ label: `${ACTIONS[name].label}…`, key: ACTIONS[name].key, run: () => act(name, row) })),
      null,
      ...(column && value ? [{ label: `Only ${column.title} ${column.text(row)}`, run: () => this.narrow(column.id, value) }] : []),
      ...(column?.group ? [{ label: `Group by ${column.title}`, run: () => this.grid.setState({ group: [column.id] }) }] : []),
      ...(onDesktop() ? Object.entries(INTENTS).map(([intent, label]) =>
        ({ label: `${label} elsewhere`, run: () => this.desktop.raise(intent as keyof typeof INTENTS, row) })) : []),
      this.copyItem(),
    ];
  }

  /** Another application looks at this security: show its orders. */
  private lookAt(security: string): void {
    this.box.value = `security:${security}`;
    this.filter();
    note(`Orders of ${security}, as chosen on the desktop.`);
  }

  private copyItem(): MenuEntry {
    return { label: "Copy for a spreadsheet", key: "Ctrl C", run: () => navigator.clipboard.writeText(this.grid.copyText()) };
  }

  private narrow(columnId: string, value: string): void {
    this.box.value = `${this.box.value} ${columnId}="${value}"`.trim();
    this.filter();
  }

  private exportCsv(): void {
    const statuses = this.chips.chosen.filter((name) => name !== "mine");
    const query = new URLSearchParams({ format: "csv", ...(statuses.length > 0 ? { status: statuses.join(",") } : {}) });
    h("a", { href: `${BASE}/orders?${query.toString()}`, download: "orders.csv" }).click();
  }

  private offerCommands(): void {
    const here = (): boolean => parts()[0] === "orders" || parts().length === 0;
    const group = "Orders";
    if (this.line !== null) {
      const { line } = this;
      command({ key: "n", group, title: "New order", run: () => openTicket((order) => go(`#/orders/${order.id}`)) });
      command({ key: "b", group, title: "Type an order", when: here, run: () => line.focus() });
      command({ group, title: "Basket from a spreadsheet", run: openBasket });
    }
    command({ key: "/", group, title: "Filter the orders", when: here, run: () => this.box.focus() });
    command({ key: "Escape", group, title: "Close the order", when: here, run: () => this.close() });
    command({ key: "j", group: "", title: "Next", when: here, run: () => this.grid.move(1) });
    command({ key: "k", group: "", title: "Previous", when: here, run: () => this.grid.move(-1) });
    command({ group, title: "Highlight rows and cells", when: here, run: () => chooseHighlights(this.grid, ORDER_COLUMNS) });
    command({ group, title: "Choose columns", when: here, run: () => chooseColumns(this.grid, ORDER_COLUMNS) });
    command({ group, title: "Export orders as CSV", when: here, run: () => this.exportCsv() });
    for (const [name, { key, title }] of Object.entries(ACTIONS) as [ActionName, (typeof ACTIONS)[ActionName]][]) {
      const order = (): Order | null => this.grid.active() ?? this.detail.current();
      command({ key, group: "The chosen order", title, when: () => here() && order() !== null, run: () => act(name, order()) });
    }
  }
}

function rowClass(order: Order): string {
  if (order.status === "blocked" || order.status === "rejected") return "row-blocked";
  if (waitsForMe(order)) return "row-mine";
  return CLOSED.has(order.status) ? "row-closed" : "";
}
