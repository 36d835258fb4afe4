// The order line above the grid: type an order, see what compliance would say, press Enter.

import { may } from "../api/person";
import { tellProblem } from "../api/problem";
import { funds, securities } from "../api/reference";
import { fill, h } from "../kit/dom";
import { grouped, places, words } from "../kit/format";
import { note } from "../kit/notes";
import { Entry } from "./enter";
import { parseLine, type Draft, type Known } from "./line";
import { rescaled, WhatIf } from "./whatif";
import { sideText, timeText } from "./words";

export class OrderLine {
  readonly element: HTMLElement;
  readonly box = h("input", {
    type: "text", id: "order-line", autocomplete: "off", spellcheck: "false", "aria-label": "Order line",
    placeholder: "b 5000 AAPL @180 gtc GROWTH,INDEX", "aria-describedby": "order-line-says", "aria-keyshortcuts": "b",
  });
  private readonly says = h("div", { class: "line-says", id: "order-line-says", role: "status" });
  private readonly whatIf = new WhatIf({ full: false, onLargest: (quantity) => this.largest(quantity) });
  private readonly entry = new Entry();
  private known: Known = { securities: [], funds: [] };
  private draft: Draft | null = null;
  /** The quantity that was taken instead of the typed one. */
  private quantity: string | null = null;
  private busy = false;

  constructor(private readonly onEntered: (id: string) => void) {
    this.element = h("div", { class: "order-line" }, this.box, this.says, this.whatIf.element);
    this.box.addEventListener("input", () => {
      this.quantity = null;
      this.read();
    });
    this.box.addEventListener("keydown", (event) => this.keyDown(event));
    this.load().catch((error: unknown) => note(tellProblem(error), "bad"));
  }

  focus(): void {
    this.box.focus();
    this.box.select();
  }

  private async load(): Promise<void> {
    const [known, listed] = await Promise.all([funds(), securities()]);
    this.known = { securities: listed, funds: known.filter((fund) => fund.active && may("CreateOrder", [fund.code])) };
    this.read();
  }

  private read(): void {
    const { draft, problem } = parseLine(this.box.value, this.known);
    this.draft = draft === null || this.quantity === null ? draft
      : { ...draft, quantity: this.quantity, allocations: rescaled(draft.allocations, this.quantity) };
    this.box.setAttribute("aria-invalid", String(problem !== "" && this.box.value.trim().split(/\s+/).length > 3));
    fill(this.says, this.draft === null ? h("span", { class: "soft" }, problem) : this.inFull(this.draft));
    this.whatIf.about(this.draft);
  }

  private inFull(draft: Draft): string {
    const security = this.known.securities.find((one) => one.id === draft.security.value);
    const price = [draft.limit_price ? `at ${places(draft.limit_price)}` : "", draft.stop_price ? `stop ${places(draft.stop_price)}` : "",
      draft.limit_price || draft.stop_price ? "" : words(draft.order_type).toLowerCase()].filter(Boolean).join(" ");
    const legs = draft.allocations.map((leg) => `${leg.fund} ${grouped(leg.quantity)}`).join(", ");
    return `${sideText(draft.side)} ${grouped(draft.quantity)} ${security?.name ?? ""} ${price}, ` +
      `${timeText({ time_in_force: draft.time_in_force ?? "day" })} for ${legs}`;
  }

  private largest(quantity: string): void {
    this.quantity = quantity;
    this.read();
    this.box.focus();
  }

  private keyDown(event: KeyboardEvent): void {
    if (event.key === "Enter") void this.enter();
    else if (event.altKey && event.key.toLowerCase() === "m") this.whatIf.takeLargest();
    else if (event.key === "Escape") {
      if (this.box.value === "") this.box.blur();
      this.box.value = "";
      this.quantity = null;
      this.read();
    } else return;
    event.preventDefault();
  }

  private async enter(): Promise<void> {
    if (this.draft === null || this.busy) return;
    this.busy = true;
    try {
      const order = await this.entry.enter(this.draft);
      this.box.value = "";
      this.quantity = null;
      this.read();
      this.onEntered(order.id);
    } catch (error) {
      fill(this.says, h("span", { class: "wrong" }, tellProblem(error)));
    } finally {
      this.busy = false;
    }
  }
}
