// The orders of the day: filter, chips, grid, and the chosen order beside it.

import { Detail } from "./detail.js";
import { act } from "./actions.js";
import { ORDER_COLUMNS, searchText } from "./columns.js";
import { button, fill, h } from "./dom.js";
import { grouped, words } from "./format.js";
import { Grid } from "./grid.js";
import { STATUSES, waitsForMe } from "./orders.js";
import { may } from "./permissions.js";
import { store } from "./store.js";

const FOLLOW_MS = 120;

export class Blotter {
  constructor({ onNew, onShown }) {
    this.onShown = onShown;
    this.statuses = new Set();
    this.mine = false;
    this.wanted = [];
    this.texts = new WeakMap();
    this.onNew = onNew;
    this.#build();
    store.listen((changed) => {
      if (changed === null) this.grid.refresh();
      else if (changed.orders.size > 0) this.grid.touch(changed.orders);
    });
    this.grid.refresh();
  }

  #build() {
    this.box = h("input", {
      type: "search", id: "filter", autocomplete: "off", spellcheck: "false",
      placeholder: "Filter: growth buy -filled", "aria-label": "Filter orders. Every word must match; a word with a minus must not.",
      "aria-keyshortcuts": "/",
    });
    this.box.addEventListener("input", () => this.#filter());
    this.box.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === "ArrowDown") {
        this.grid.element.focus();
        if (this.grid.selected === null) this.grid.move(1);
        event.preventDefault();
      }
    });
    this.chips = h("div", { class: "chips", role: "group", "aria-label": "Statuses" });
    this.count = h("span", { class: "soft count", role: "status" });
    this.fresh = button("New order", this.onNew, { kind: "primary", key: "n" });
    this.grid = new Grid({
      label: "Orders",
      columns: ORDER_COLUMNS,
      rows: () => [...store.orders.values()].sort((a, b) => (a.id < b.id ? 1 : -1)),
      keep: (row) => this.#keep(row),
      onOpen: (row) => this.open(row.id),
      onSelect: (row) => this.#follow(row),
      onCount: (shown, all) => this.#counted(shown, all),
      empty: (all) => {
        if (!store.ready) return "Waiting for the first picture…";
        return all === 0 ? "No orders today." : "No order matches the filter and the chosen statuses.";
      },
    });
    this.detail = new Detail({ onClose: () => this.closeDetail() });
    this.element = h("section", { class: "view blotter", "aria-label": "Blotter" },
      h("div", { class: "tools" }, this.fresh, this.box, this.chips, this.count),
      h("div", { class: "panes" }, this.grid.holder, this.detail.element));
    this.buttons = new Map();
    const mine = this.#chip("Waiting for me", "●", () => {
      this.mine = !this.mine;
    });
    this.buttons.set("mine", mine);
    for (const status of Object.keys(STATUSES)) {
      this.buttons.set(status, this.#chip(words(status), STATUSES[status].mark, () => {
        if (!this.statuses.delete(status)) this.statuses.add(status);
      }));
    }
    fill(this.chips, [...this.buttons.values()].map((one) => one.element));
  }

  #chip(label, mark, toggle) {
    const number = h("span", { class: "chip-count" });
    const element = h("button", { type: "button", class: "chip", "aria-pressed": "false" },
      h("span", { class: "mark", "aria-hidden": "true" }, mark), label, number);
    element.addEventListener("click", () => {
      toggle();
      this.grid.refresh();
    });
    return { element, number };
  }

  #filter() {
    this.wanted = this.box.value.toLowerCase().split(/\s+/).filter((word) => word && word !== "-");
    this.grid.refresh();
  }

  #keep(row) {
    if (this.statuses.size > 0 && !this.statuses.has(row.status)) return false;
    if (this.mine && !waitsForMe(row)) return false;
    if (this.wanted.length === 0) return true;
    let text = this.texts.get(row);
    if (text === undefined) {
      text = searchText(row);
      this.texts.set(row, text);
    }
    return this.wanted.every((word) =>
      word.startsWith("-") ? !text.includes(word.slice(1)) : text.includes(word));
  }

  #counted(shown, all) {
    const total = grouped(String(all));
    this.count.textContent = shown === all ? `${total} orders` : `${grouped(String(shown))} of ${total} orders`;
    const counts = new Map();
    let mine = 0;
    for (const row of store.orders.values()) {
      counts.set(row.status, (counts.get(row.status) ?? 0) + 1);
      if (waitsForMe(row)) mine += 1;
    }
    for (const [name, { element, number }] of this.buttons) {
      const count = name === "mine" ? mine : counts.get(name) ?? 0;
      const pressed = name === "mine" ? this.mine : this.statuses.has(name);
      number.textContent = grouped(String(count));
      element.hidden = name !== "mine" && count === 0 && !pressed;
      element.setAttribute("aria-pressed", String(pressed));
    }
  }

  /** The detail, once open, follows the selection. */
  #follow(row) {
    if (row === null || this.detail.orderId === null) return;
    clearTimeout(this.following);
    this.following = setTimeout(() => this.open(row.id), FOLLOW_MS);
  }

  /** Show an order in full. */
  open(orderId) {
    clearTimeout(this.following);
    this.detail.show(orderId);
    this.grid.select(orderId, { tell: false });
    this.onShown(orderId);
  }

  /** Close the order that is shown; false where none is. */
  closeDetail() {
    clearTimeout(this.following);
    if (this.detail.orderId === null) return false;
    this.detail.show(null);
    this.onShown(null);
    this.grid.element.focus();
    return true;
  }

  /** Do something to the order that is shown or selected. */
  act(name) {
    const id = this.grid.selected;
    const order = id === this.detail.orderId ? this.detail.current() : store.orders.get(id);
    return act(name, order);
  }

  /** Put the cursor into the filter. */
  focusFilter() {
    this.box.focus();
    this.box.select();
  }

  /** Come to the front. */
  shown() {
    this.fresh.hidden = !may("CreateOrder");
    this.grid.refresh();
  }
}
