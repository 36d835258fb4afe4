// Chips above the grid: how many orders are in each status, and which statuses are shown.

import type { Order } from "../api/client";
import { h } from "../kit/dom";
import { grouped, words } from "../kit/format";
import { store } from "../stream/store";
import { STATUSES, waitsForMe } from "./rules";

const MINE = "mine";

export class Chips {
  readonly element = h("div", { class: "chips", role: "group", "aria-label": "Statuses" });
  private readonly made = new Map<string, { button: HTMLElement; number: HTMLElement }>();
  private readonly on = new Set<string>();
  /** What each order was last counted under. */
  private readonly counted = new Map<string, readonly string[]>();
  private readonly counts = new Map<string, number>();

  constructor(private readonly onChange: () => void) {
    this.make(MINE, "Waiting for me", "●");
    for (const [status, { mark }] of Object.entries(STATUSES)) this.make(status, words(status), mark);
  }

  get chosen(): string[] {
    return [...this.on];
  }

  set chosen(names: readonly string[]) {
    this.on.clear();
    for (const name of names) if (this.made.has(name)) this.on.add(name);
    this.show();
  }

  /** True where the chips let the order through. */
  keeps(order: Order): boolean {
    const statuses = this.on.size - (this.on.has(MINE) ? 1 : 0);
    if (statuses > 0 && !this.on.has(order.status)) return false;
    return !this.on.has(MINE) || waitsForMe(order);
  }

  /** Count all anew, or only what has become of these. */
  count(ids: Iterable<string> | null = null): void {
    if (ids === null) {
      this.counted.clear();
      this.counts.clear();
    }
    for (const id of ids ?? store.topics.orders.keys()) {
      for (const name of this.counted.get(id) ?? []) this.counts.set(name, (this.counts.get(name) ?? 0) - 1);
      const order = store.topics.orders.get(id);
      const names = order === undefined ? [] : waitsForMe(order) ? [order.status, MINE] : [order.status];
      for (const name of names) this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
      if (order === undefined) this.counted.delete(id);
      else this.counted.set(id, names);
    }
    this.show();
  }

  private show(): void {
    for (const [name, { button, number }] of this.made) {
      const count = this.counts.get(name) ?? 0;
      const pressed = this.on.has(name);
      const text = grouped(String(count));
      if (number.textContent !== text) number.textContent = text;
      button.hidden = name !== MINE && count === 0 && !pressed;
      button.setAttribute("aria-pressed", String(pressed));
    }
  }

  private make(name: string, label: string, mark: string): void {
    const number = h("span", { class: "chip-count" });
    const button = h("button", { type: "button", class: `chip chip-${name}`, "aria-pressed": "false" },
      h("span", { class: "mark", "aria-hidden": "true" }, mark), label, number);
    button.addEventListener("click", () => {
      if (!this.on.delete(name)) this.on.add(name);
      this.show();
      this.onChange();
    });
    this.made.set(name, { button, number });
    this.element.append(button);
  }
}
