// The size of an order in words of portfolios: a measure, how the funds come to their parts, and what the
// server made of it for each fund. Percentages are in points: 2.5 is 2.5 %.

import type { Fund, Schemas } from "../api/client";
import { choice, field, textInput, type Control } from "../kit/dialog";
import { fill, h } from "../kit/dom";
import { grouped, places, scaled, sum, words } from "../kit/format";
import { plain } from "./plain";

type Body = Schemas["SizingBody"];
export type Measure = Body["measure"];
type Scheme = Body["scheme"];
type Sized = Schemas["Sizing"];

/** What the value of a measure is called, and whether one value is for all funds together. */
const MEASURES: Readonly<Record<Measure, { label: string; value: string; total: boolean }>> = {
  shares: { label: "Shares, for all funds", value: "Shares in all", total: true },
  notional: { label: "Money, for all funds", value: "Amount in all", total: true },
  nav_percent: { label: "% of NAV to trade", value: "% of NAV", total: false },
  target_weight: { label: "Weight to come to", value: "Weight, % of NAV", total: false },
  position_percent: { label: "% of the position", value: "% of the position", total: false },
  benchmark_percent: { label: "% of the benchmark weight", value: "% of the benchmark", total: false },
};
const SCHEMES: readonly (readonly [Scheme, string])[] = [
  ["equal", "The same for each fund"], ["explicit", "Each fund its own"], ["pro_rata_nav", "In proportion to NAV"],
  ["pro_rata_holding", "In proportion to what is held"], ["to_target", "Towards a weight"], ["custom", "By percentages"],
];
const ALONE = new Set<string>(["equal", "explicit"]);
const ROUNDINGS = [["down", "Down"], ["nearest", "To the nearest"], ["up", "Up"]] as const;
const CURRENCIES = [["price", "The security's"], ["fund", "The fund's"]] as const;
const LIMITED: Readonly<Record<string, string>> = {
  holding: "held back: no more is held", at_target: "at its target", rounding: "less than a lot", minimum: "below the minimum",
};
const HEADS = ["", "Fund", "Own value", "#Quantity", "#Price", "#NAV", "#Held", "#Open", ""];

/** Ways to say how much, with the plain quantity first. */
export const SIZE_CHOICES: readonly (readonly [string, string])[] = [
  ["", "Quantity, by fund"], ...Object.entries(MEASURES).map(([name, { label }]) => [name, label] as const),
];

interface Row {
  fund: string;
  box: HTMLInputElement;
  own: HTMLInputElement;
  line: HTMLElement;
  results: HTMLElement[];
}

/** A size as it was typed, in a few words. */
export function sizeText(size: Sized): string {
  const measure = MEASURES[size.measure as Measure].label;
  const scheme = SCHEMES.find(([name]) => name === size.scheme)?.[1] ?? words(size.scheme);
  return [size.value === null ? "" : grouped(size.value), measure, scheme, size.target === null ? "" : `to ${size.target} %`]
    .filter(Boolean).join(" · ");
}

export class SizePanel {
  readonly element: HTMLElement;
  private measure: Measure = "target_weight";
  private readonly scheme = choice(SCHEMES);
  private readonly value = textInput({ inputmode: "decimal", class: "num" });
  private readonly currency = choice(CURRENCIES);
  private readonly target = textInput({ inputmode: "decimal", class: "num" });
  private readonly rounding = choice(ROUNDINGS);
  private readonly minimum = textInput({ inputmode: "decimal", class: "num" });
  private readonly body = h("tbody");
  private readonly tally = h("p", { class: "hint", role: "status" });
  private rows: Row[] = [];

  constructor() {
    const heads = HEADS.map((text) => h("th", { scope: "col", class: text.startsWith("#") ? "num" : null }, text.replace("#", "")));
    this.element = h("fieldset", { class: "size" }, h("legend", {}, "Size"),
      h("div", { class: "fields" },
        field("t-scheme-of", "Between the funds", this.scheme), field("t-value", "Value", this.value),
        field("t-currency", "In which currency", this.currency), field("t-target", "Weight, % of NAV", this.target),
        field("t-rounding", "Rounded to lots", this.rounding), field("t-minimum", "Least units a fund", this.minimum)),
      h("div", { class: "scroll sized" }, h("table", {}, h("caption", { class: "unseen" }, "Funds and what they get"),
        h("thead", {}, h("tr", {}, heads)), this.body)), this.tally);
  }

  /** Offer these funds; `chosen` take part at first. */
  offer(funds: readonly Fund[], chosen: readonly string[]): void {
    this.rows = funds.map(({ code, name }) => {
      const box = h("input", { type: "checkbox", id: `t-size-${code}`, checked: chosen.includes(code) });
      const own = textInput({ inputmode: "decimal", class: "num", "aria-label": `Own value of ${code}`, id: `t-own-${code}` });
      const results = Array.from({ length: 6 }, (_, at) => h("td", { class: at === 5 ? "soft wrap" : "num" }));
      const wrong = h("p", { class: "error", id: `${own.id}-error`, hidden: true });
      const line = h("tr", {}, h("td", {}, box), h("td", {}, h("label", { for: box.id, title: name }, code)), h("td", {}, own, wrong), results);
      return { fund: code, box, own, line, results };
    });
    fill(this.body, this.rows.map(({ line }) => line));
    this.look(this.measure);
  }

  /** Show what `measure` needs. */
  look(measure: Measure): void {
    this.measure = measure;
    const { total, value } = MEASURES[measure];
    for (const option of this.scheme.options) option.hidden = option.disabled = !total && !ALONE.has(option.value);
    if (!total && !ALONE.has(this.scheme.value)) this.scheme.value = "equal";
    const scheme = this.scheme.value;
    show(this.value, scheme !== "explicit");
    show(this.currency, measure === "notional");
    show(this.target, scheme === "to_target");
    const label = this.value.closest(".field")?.querySelector("label");
    if (label) label.textContent = value;
    for (const { own, box } of this.rows) own.disabled = !box.checked || !["explicit", "custom"].includes(scheme);
  }

  /** What is typed; null while a number that is needed is missing or is none. */
  typed(): Body | null {
    const funds = this.rows.filter(({ box }) => box.checked)
      .map(({ fund, own }) => (own.disabled ? { fund } : { fund, value: plain(own.value) }));
    const body: Body = {
      measure: this.measure, scheme: this.scheme.value as Scheme, funds, rounding: this.rounding.value as NonNullable<Body["rounding"]>,
    };
    if (!this.value.disabled) body.value = plain(this.value.value);
    if (!this.currency.disabled) body.currency = this.currency.value as NonNullable<Body["currency"]>;
    if (!this.target.disabled) body.target = plain(this.target.value);
    if (this.minimum.value.trim()) body.minimum = plain(this.minimum.value);
    const numbers = [body.value, body.target, body.minimum, ...funds.map((one) => ("value" in one ? one.value : undefined))];
    const whole = numbers.every((one) => one === undefined || one === null || scaled(one) !== null);
    return whole && funds.length > 0 ? body : null;
  }

  /** Show what it came to; null where that is not known. */
  show(sized: Sized | null): void {
    for (const { fund, results } of this.rows) {
      const found = sized?.funds.find((one) => one.fund === fund);
      const texts = found === undefined ? [] : [
        grouped(found.quantity), found.price === null ? "" : places(found.price), found.nav === null ? "" : places(found.nav, 0, 0),
        grouped(found.held), grouped(found.open), found.limited ? LIMITED[found.limited] ?? words(found.limited) : "",
      ];
      results.forEach((cell, at) => fill(cell, texts[at] ?? ""));
    }
    const total = sized === null ? null : sum(sized.funds.map((one) => one.quantity));
    this.tally.textContent = total === null ? "" : `${grouped(total)} in all, as things are now; the engine resolves it again when it is entered.`;
  }

  /** The control that a pointer of the server's errors means. */
  places(): Record<string, Control> {
    const places: Record<string, Control> = {
      "/sizing": this.value, "/sizing/value": this.value, "/sizing/scheme": this.scheme, "/sizing/currency": this.currency,
      "/sizing/target": this.target, "/sizing/rounding": this.rounding, "/sizing/minimum": this.minimum,
    };
    this.rows.filter(({ box }) => box.checked).forEach(({ own }, number) => {
      for (const part of ["", "/fund", "/value"]) places[`/sizing/funds/${number}${part}`] = own;
      places["/sizing/funds"] ??= own;
    });
    return places;
  }
}

function show(control: Control, wanted: boolean): void {
  control.closest(".field")?.toggleAttribute("hidden", !wanted);
  control.disabled = !wanted;
}
