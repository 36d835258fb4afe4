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
    this.count();
  }

  /** True where the chips let the order through. */
  keeps(order: Order): boolean {
    const statuses = this.on.size - (this.on.has(MINE) ? 1 : 0);
    if (statuses > 0 && !this.on.has(order.status)) return false;
    return !this.on.has(MINE) || waitsForMe(order);
  }

  /** Count anew. */
  count(): void {
    const counts = new Map<string, number>();
    for (const order of store.topics.orders.values()) {
      counts.set(order.status, (counts.get(order.status) ?? 0) + 1);
      if (waitsForMe(order)) counts.set(MINE, (counts.get(MINE) ?? 0) + 1);
    }
    for (const [name, { button, number }] of this.made) {
      const count = counts.get(name) ?? 0;
      const pressed = this.on.has(name);
      number.textContent = grouped(String(count));
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
      this.count();
      this.onChange();
    });
    this.made.set(name, { button, number });
    this.element.append(button);
  }
}
