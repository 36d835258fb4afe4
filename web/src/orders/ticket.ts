// The ticket: every field of an order, what compliance would say while it is typed, and the server's
// errors at the fields they are about.

import { newKey, type Fund, type Order } from "../api/client";
import { WORDS } from "../api/generated/contract";
import { may, me } from "../api/person";
import { tellProblem } from "../api/problem";
import { funds, securities } from "../api/reference";
import { choice, field, modal, submitting, textInput, type Control, type Places } from "../kit/dialog";
import { button, fill, h } from "../kit/dom";
import { grouped, minus, scaled, sum } from "../kit/format";
import { plain } from "./plain";
import { Entry } from "./enter";
import type { Draft, NewOrder } from "./line";
import { SIZE_CHOICES, SizePanel, type Measure } from "./size";
import { rescaled, WhatIf, type Answer } from "./whatif";
import { sideText, timeText } from "./words";

const SCHEMES = [
  ["ticker_mic", "Ticker.MIC"], ["isin", "ISIN"], ["cusip", "CUSIP"], ["sedol", "SEDOL"], ["figi", "FIGI"], ["id", "Our id"],
] as const;
const LIMITED = new Set(["limit", "stop_limit", "limit_on_close", "limit_on_open", "pegged"]);
const STOPPED = new Set(["stop", "stop_limit"]);

interface Leg {
  element: HTMLElement;
  fund: HTMLSelectElement;
  quantity: HTMLInputElement;
  /** The person typed its quantity; it no longer follows the order's. */
  touched: boolean;
}

/** Open an empty ticket; `onEntered` is called with what the server made of it. */
export function openTicket(onEntered: (order: Order) => void): void {
  new Ticket(onEntered).open();
}

class Ticket {
  private readonly at = {
    client_order_id: textInput({ value: `web-${newKey().slice(0, 20)}`, maxlength: "64" }),
    scheme: choice(SCHEMES, "ticker_mic"),
    security: textInput({ list: "ticket-securities", maxlength: "64" }),
    side: choice(WORDS.Side.map((side) => [side, sideText(side)] as const), "buy"),
    size: choice(SIZE_CHOICES, ""),
    quantity: textInput({ inputmode: "decimal", class: "num" }),
    order_type: choice(WORDS.OrderType, "limit"),
    limit_price: textInput({ inputmode: "decimal", class: "num" }),
    stop_price: textInput({ inputmode: "decimal", class: "num" }),
    time_in_force: choice(WORDS.TimeInForce.map((time) => [time, timeText({ time_in_force: time })] as const), "day"),
    expire_on: h("input", { type: "date" }),
    portfolio_manager: textInput({ maxlength: "64", placeholder: me()?.id ?? "" }),
    reason: textInput(),
    instructions: textInput(),
    venue: textInput({ maxlength: "64" }),
    cross_with: textInput({ maxlength: "64" }),
  };
  private readonly submit = h("input", { type: "checkbox", checked: true, id: "ticket-submit" });
  private readonly names = h("datalist", { id: "ticket-securities" });
  private readonly rows = h("div", { class: "legs" });
  private readonly units: HTMLElement;
  private readonly size = new SizePanel();
  private readonly tally = h("p", { class: "hint", role: "status" });
  private readonly wrong = h("div", { class: "problem", role: "alert", hidden: true });
  private readonly whatIf = new WhatIf({
    full: true, onLargest: (quantity) => this.takeQuantity(quantity), onAnswer: (answer) => this.answered(answer),
  });
  private readonly entry = new Entry();
  private legs: Leg[] = [];
  /** What the size came to when the server was last asked. */
  private resolved: Draft["allocations"] = [];
  private funds: readonly Fund[] = [];

  constructor(private readonly onEntered: (order: Order) => void) {
    this.units = h("fieldset", {}, h("legend", {}, "Funds"), this.rows,
      h("div", { class: "buttons left" }, button("Add a fund", () => this.addLeg(true)), this.tally));
  }

  open(): void {
    const { at } = this;
    const enter = h("button", { type: "submit", class: "primary" }, "Enter order");
    const form = h("form", { class: "form ticket", novalidate: true },
      h("div", { class: "fields" },
        field("t-side", "Side", at.side), field("t-security", "Security", at.security),
        field("t-size", "How much", at.size), field("t-quantity", "Quantity", at.quantity),
        field("t-type", "Order type", at.order_type),
        field("t-limit", "Limit price", at.limit_price), field("t-stop", "Stop price", at.stop_price),
        field("t-time", "Time in force", at.time_in_force), field("t-expire", "Last day", at.expire_on),
        field("t-reason", "Reason", at.reason, { wide: true })),
      this.units, this.size.element,
      h("details", {}, h("summary", {}, "More: manager, instructions, venue, cross, ids"),
        h("div", { class: "fields more" },
          field("t-pm", "Portfolio manager", at.portfolio_manager), field("t-scheme", "Security by", at.scheme),
          field("t-venue", "Venue", at.venue, { hint: "Where it is meant to trade, for compliance." }),
          field("t-cross", "Cross with fund", at.cross_with, { hint: "The fund on the other side, if any." }),
          field("t-instructions", "Instructions to the broker", at.instructions, { wide: true }),
          field("t-client", "Client order id", at.client_order_id, { hint: "Unique for ever.", wide: true }))),
      this.names, this.wrong, this.whatIf.element,
      h("div", { class: "buttons" }, h("label", { class: "check" }, this.submit, "Submit to compliance at once"), enter));
    form.addEventListener("input", () => this.changed());
    form.addEventListener("keydown", (event) => {
      if (event.altKey && event.key.toLowerCase() === "m" && this.whatIf.takeLargest()) event.preventDefault();
    });
    const dialog = modal("New order", form, { kind: "wide" });
    submitting(form, enter, this.wrong, () => this.places(), async () => {
      const order = await this.entry.enter(this.draft(), at.client_order_id.value.trim());
      dialog.close();
      this.onEntered(order);
    });
    this.addLeg(false);
    this.load().catch((error: unknown) => {
      this.wrong.textContent = tellProblem(error);
      this.wrong.hidden = false;
    });
    at.side.focus();
  }

  private async load(): Promise<void> {
    const [known, listed] = await Promise.all([funds(), securities()]);
    this.funds = known.filter((fund) => fund.active && may("CreateOrder", [fund.code]));
    for (const leg of this.legs) this.offerFunds(leg);
    this.size.offer(this.funds, this.legs.map((leg) => leg.fund.value));
    fill(this.names, listed.filter((one) => one.active).map((one) => h("option", { value: `${one.symbol}.${one.mic}` }, one.name)));
    this.changed();
  }

  private addLeg(focus: boolean): Leg {
    const fund = h("select");
    const quantity = textInput({ inputmode: "decimal", class: "num" });
    const leg: Leg = { element: h("div", { class: "leg" }), fund, quantity, touched: false };
    quantity.addEventListener("input", () => {
      leg.touched = true;
    });
    const remove = button("×", () => this.removeLeg(leg), { kind: "icon", title: "Remove this fund" });
    remove.setAttribute("aria-label", "Remove this fund");
    const name = newKey().slice(0, 6);
    leg.element.append(field(`t-fund-${name}`, "Fund", fund), field(`t-part-${name}`, "Quantity", quantity), remove);
    this.legs.push(leg);
    this.rows.append(leg.element);
    this.offerFunds(leg);
    this.changed();
    if (focus) fund.focus();
    return leg;
  }

  private removeLeg(leg: Leg): void {
    if (this.legs.length === 1) return;
    this.legs = this.legs.filter((one) => one !== leg);
    leg.element.remove();
    this.changed();
  }

  private offerFunds(leg: Leg): void {
    const chosen = leg.fund.value;
    const taken = this.legs.map((one) => one.fund.value);
    fill(leg.fund, this.funds.map((fund) => h("option", { value: fund.code }, `${fund.code} · ${fund.name}`)));
    const free = this.funds.find((fund) => !taken.includes(fund.code)) ?? this.funds[0];
    if (free !== undefined) leg.fund.value = chosen || free.code;
  }

  private takeQuantity(quantity: string): void {
    if (this.at.size.value) this.takeUnits();
    const legs = rescaled(this.allocations(), quantity);
    this.at.quantity.value = quantity;
    for (const leg of this.legs) {
      leg.quantity.value = legs.find((one) => one.fund === leg.fund.value)?.quantity ?? "0";
      leg.touched = true;
    }
    this.changed();
  }

  /** Leave the size for the units that it came to. */
  private takeUnits(): void {
    this.at.size.value = "";
    for (const leg of this.legs) leg.element.remove();
    this.legs = [];
    for (const { fund, quantity } of this.resolved) {
      const leg = this.addLeg(false);
      leg.fund.value = fund;
      leg.quantity.value = quantity;
      leg.touched = true;
    }
  }

  private answered(answer: Answer | null): void {
    const sized = answer?.sizing ?? null;
    this.size.show(sized);
    this.resolved = (sized?.funds ?? []).map(({ fund, quantity }) => ({ fund, quantity })).filter((leg) => leg.quantity !== "0");
  }

  /** Show the fields that the type and the size need, and ask compliance again. */
  private changed(): void {
    const { at } = this;
    const sized = at.size.value !== "";
    this.offer(at.limit_price, LIMITED.has(at.order_type.value));
    this.offer(at.stop_price, STOPPED.has(at.order_type.value));
    this.offer(at.expire_on, at.time_in_force.value === "gtd");
    this.offer(at.quantity, !sized);
    this.units.hidden = sized;
    this.size.element.hidden = !sized;
    if (sized) this.size.look(at.size.value as Measure);
    const enough = sized ? this.size.typed() !== null : this.addsUp();
    const whole = enough && at.security.value.trim() !== "" &&
      (at.limit_price.disabled || scaled(plain(at.limit_price.value)) !== null);
    if (may("check")) this.whatIf.about(whole ? this.draft() : null);
  }

  /** True where the funds' quantities are those of the order; says what is missing. */
  private addsUp(): boolean {
    const only = this.legs.length === 1 ? this.legs[0] : undefined;
    if (only !== undefined && !only.touched) only.quantity.value = this.at.quantity.value;
    const total = plain(this.at.quantity.value);
    const left = minus(total || "0", sum(this.legs.map((leg) => plain(leg.quantity.value) || "0")));
    if (left === null || scaled(total || "0") === null) this.tally.textContent = "Quantities are plain numbers.";
    else if (left === "0") this.tally.textContent = total ? "The funds add up." : "";
    else if (left.startsWith("-")) this.tally.textContent = `${grouped(left.slice(1))} too much in the funds.`;
    else this.tally.textContent = `${grouped(left)} not given to a fund.`;
    return left === "0" && total !== "";
  }

  private offer(control: Control, wanted: boolean): void {
    control.closest(".field")?.toggleAttribute("hidden", !wanted);
    control.disabled = !wanted;
  }

  private allocations(): Draft["allocations"] {
    return this.legs.map((leg) => ({ fund: leg.fund.value, quantity: plain(leg.quantity.value) }));
  }

  private draft(): NewOrder {
    const { at } = this;
    const draft: NewOrder = {
      security: { scheme: at.scheme.value as NewOrder["security"]["scheme"], value: at.security.value.trim() },
      side: at.side.value as NewOrder["side"],
      order_type: at.order_type.value as NewOrder["order_type"],
      time_in_force: at.time_in_force.value as NewOrder["time_in_force"],
      submit: this.submit.checked,
    };
    if (at.size.value) draft.sizing = this.size.typed();
    else Object.assign(draft, { quantity: plain(at.quantity.value), allocations: this.allocations() });
    for (const name of ["limit_price", "stop_price", "expire_on"] as const) {
      if (!at[name].disabled && at[name].value.trim()) draft[name] = plain(at[name].value);
    }
    for (const name of ["reason", "instructions", "portfolio_manager", "venue", "cross_with"] as const) {
      if (at[name].value.trim()) draft[name] = at[name].value.trim();
    }
    return draft;
  }

  private places(): Places {
    const { scheme, security, size, ...rest } = this.at;
    const places: Record<string, Control> = {
      "/security": security, "/security/value": security, "/security/scheme": scheme,
    };
    for (const [name, control] of Object.entries(rest)) places[`/${name}`] = control;
    this.legs.forEach((leg, number) => {
      places[`/allocations/${number}`] = leg.quantity;
      places[`/allocations/${number}/fund`] = leg.fund;
      places[`/allocations/${number}/quantity`] = leg.quantity;
    });
    if (this.legs[0] !== undefined) places["/allocations"] = this.legs[0].quantity;
    if (size.value) Object.assign(places, this.size.places());
    return Object.fromEntries(Object.entries(places).filter(([, control]) => !control.disabled));
  }
}

