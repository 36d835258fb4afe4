// What compliance would say about an order that is still being typed: asked again a moment after each
// change, answered beside it. An answer that is about an older text is dropped.

import { api, newKey, told, type Schemas } from "../api/client";
import { tellProblem } from "../api/problem";
import { add, fill, h, type Child } from "../kit/dom";
import { fromScaled, grouped, scaled, sum, words } from "../kit/format";
import type { Draft, NewOrder } from "./line";
import { outcomeBadge, verdictList } from "./verdicts";

const CALM_MS = 250;
export type Answer = Schemas["CheckAnswer"];

interface Options {
  /** Show the verdicts in full, not only the worst in a line. */
  full: boolean;
  /** Take the largest quantity that passes. */
  onLargest: (quantity: string) => void;
  /** What the server says by now; null while that is not known. */
  onAnswer?: (answer: Answer | null) => void;
}

export class WhatIf {
  readonly element = h("div", { class: "what-if", role: "status", "aria-live": "polite" });
  /** The largest passing quantity of the last answer; null where no rule limits it. */
  largest: string | null = null;
  private asked = 0;
  private last = "";
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: Options) {}

  /** Ask about `draft` soon; null shows nothing. */
  about(draft: NewOrder | null): void {
    const text = JSON.stringify(draft);
    if (text === this.last) return;
    this.last = text;
    this.asked += 1;
    this.largest = null;
    clearTimeout(this.timer);
    this.element.classList.add("old");
    this.options.onAnswer?.(null);
    if (draft === null) fill(this.element);
    else this.timer = setTimeout(() => void this.ask(draft, this.asked), CALM_MS);
  }

  /** Take the largest quantity that passes; false where there is none. */
  takeLargest(): boolean {
    if (this.largest === null || this.largest === "0") return false;
    this.options.onLargest(this.largest);
    return true;
  }

  private async ask(draft: NewOrder, number: number): Promise<void> {
    const order = { ...draft, client_order_id: `check-${newKey().slice(0, 16)}` };
    let shown: Child;
    try {
      const answer = (await told(api.POST("/api/v1/orders:check", { body: { orders: [order] } }))).data[0];
      if (number !== this.asked || answer === undefined) return;
      this.largest = answer.max_quantity;
      shown = this.told(answer, draft.quantity ?? sum((answer.sizing?.funds ?? []).map((one) => one.quantity)) ?? "0");
      this.options.onAnswer?.(answer);
    } catch (error) {
      if (number !== this.asked) return;
      shown = h("p", { class: "wrong" }, tellProblem(error));
    }
    this.element.classList.remove("old");
    fill(this.element, shown);
  }

  private told(answer: Answer, quantity: string): Child {
    const parts: Child[] = [outcomeBadge(answer.outcome), h("span", {}, words(answer.action))];
    if (answer.max_quantity !== null) parts.push(...this.room(answer, quantity));
    const line = h("p", { class: "what-if-line" }, parts);
    if (!this.options.full || answer.verdicts.length === 0) return line;
    return [line, verdictList(answer.verdicts)];
  }

  private room(answer: Answer, quantity: string): Child[] {
    const largest = answer.max_quantity ?? "0";
    const over = (scaled(quantity) ?? 0n) > (scaled(largest) ?? 0n);
    const take = h("button", { type: "button", class: over ? "primary" : "", title: "Take the largest quantity that passes", "aria-keyshortcuts": "Alt+M" },
      `Max ${grouped(largest)}`, h("kbd", { "aria-hidden": "true" }, "Alt M"));
    take.disabled = largest === "0";
    take.addEventListener("click", () => this.takeLargest());
    return [headroomBar(quantity, largest), take, h("span", { class: "soft" }, answer.binding_rule ?? "")];
  }
}

/** How much of the room the quantity takes. */
export function headroomBar(quantity: string, largest: string): HTMLElement {
  const share = shareOf(quantity, largest);
  const bar = h("meter", {
    class: "headroom", min: 0, max: 100, low: 80, high: 99, optimum: 0, value: Math.min(share, 100),
    title: `${grouped(quantity)} of at most ${grouped(largest)}`, "aria-label": "Room taken",
  });
  return add(h("span", { class: "room" }), bar, h("span", { class: "soft" }, share > 999 ? ">999%" : `${share}%`));
}

function shareOf(quantity: string, largest: string): number {
  const [x, y] = [scaled(quantity) ?? 0n, scaled(largest) ?? 0n];
  if (y === 0n) return x === 0n ? 0 : 1000;
  const percent = (x * 100n) / y;
  return percent > 1000n ? 1000 : Number(percent);
}

/** Quantities of the funds for a new whole, in their old proportion; what is left over to the first. */
export function rescaled(allocations: Draft["allocations"], quantity: string): Draft["allocations"] {
  const total = scaled(quantity) ?? 0n;
  const before = allocations.reduce((all, leg) => all + (scaled(leg.quantity) ?? 0n), 0n);
  if (before === 0n) return allocations;
  const whole = 10n ** 10n;
  const parts = allocations.map((leg) => (((scaled(leg.quantity) ?? 0n) * total) / before / whole) * whole);
  const left = total - parts.reduce((all, part) => all + part, 0n);
  return allocations
    .map((leg, at) => ({ fund: leg.fund, quantity: fromScaled((parts[at] ?? 0n) + (at === 0 ? left : 0n)) }))
    .filter((leg) => leg.quantity !== "0");
}
