// The ticket: every field of POST /orders, what compliance would say, and the server's errors at the
// fields they are about. The order keeps its client_order_id and key until the server has taken it, so
// sending it again after a lost answer cannot enter it twice.

import { api, newKey } from "./api.js";
import { plain } from "./actions.js";
import { sideText } from "./columns.js";
import { choice, field, modal, note, setError, showProblem, tellProblem } from "./dialog.js";
import { add, button, fill, h } from "./dom.js";
import { grouped, minus, scaled, sum, words } from "./format.js";
import { may, me } from "./permissions.js";
import { funds, securities } from "./reference.js";
import { store } from "./store.js";
import { outcomeBadge, verdictList } from "./verdicts.js";

const SCHEMES = [
  ["ticker_mic", "Ticker.MIC"], ["isin", "ISIN"], ["cusip", "CUSIP"], ["sedol", "SEDOL"],
  ["figi", "FIGI"], ["id", "Our id"],
];
const SIDES = ["buy", "sell", "sell_short", "buy_to_cover"];
const TYPES = [
  "market", "limit", "stop", "stop_limit", "market_on_close", "limit_on_close", "market_on_open",
  "limit_on_open", "pegged",
];
const TIMES = ["day", "gtc", "gtd", "ioc", "fok", "at_the_opening", "at_the_close"];
const LIMITED = new Set(["limit", "stop_limit", "limit_on_close", "limit_on_open"]);
const STOPPED = new Set(["stop", "stop_limit"]);

/** Open an empty ticket; `onEntered(order)` is called with what the server made of it. */
export function openTicket(onEntered) {
  const ticket = new Ticket(onEntered);
  ticket.open();
}

function input(props = {}) {
  return h("input", { type: "text", autocomplete: "off", spellcheck: "false", ...props });
}

class Ticket {
  constructor(onEntered) {
    this.onEntered = onEntered;
    this.key = newKey();
    this.sent = "";
    this.legs = [];
    this.at = {
      client_order_id: input({ value: `web-${newKey().slice(0, 20)}`, maxlength: "64" }),
      scheme: choice(SCHEMES, "ticker_mic"),
      security: input({ list: "ticket-securities", maxlength: "64" }),
      side: choice(SIDES.map((side) => [side, sideText(side)]), "buy"),
      quantity: input({ inputmode: "decimal", class: "num" }),
      order_type: choice(TYPES, "limit"),
      limit_price: input({ inputmode: "decimal", class: "num" }),
      stop_price: input({ inputmode: "decimal", class: "num" }),
      time_in_force: choice(TIMES.map((time) => [time, time.length === 3 && time !== "day" ? time.toUpperCase() : words(time)]), "day"),
      expire_on: input({ type: "date" }),
      portfolio_manager: input({ maxlength: "64", placeholder: me().id }),
      reason: input({ maxlength: "500" }),
      instructions: input({ maxlength: "500" }),
      venue: input({ maxlength: "64" }),
      cross_with: input({ maxlength: "64" }),
      submit: h("input", { type: "checkbox", checked: true, id: "ticket-submit" }),
    };
  }

  open() {
    this.wrong = h("div", { class: "problem", role: "alert", hidden: true });
    this.verdict = h("div", { class: "what-if", role: "status" });
    this.names = h("datalist", { id: "ticket-securities" });
    this.rows = h("div", { class: "legs" });
    this.tally = h("p", { class: "hint", role: "status" });
    this.enter = h("button", { type: "submit", class: "primary" }, "Enter order");
    this.check = button("Check first", () => this.#check(), {
      title: "Ask what compliance would say; nothing is saved",
    });
    const at = this.at;
    const form = h("form", { class: "form ticket", novalidate: true },
      h("div", { class: "fields" },
        field("t-side", "Side", at.side),
        field("t-quantity", "Quantity", at.quantity),
        field("t-security", "Security", at.security),
        field("t-type", "Order type", at.order_type),
        field("t-limit", "Limit price", at.limit_price),
        field("t-stop", "Stop price", at.stop_price),
        field("t-time", "Time in force", at.time_in_force),
        field("t-expire", "Last day", at.expire_on),
        field("t-scheme", "Security by", at.scheme),
        field("t-pm", "Portfolio manager", at.portfolio_manager),
        field("t-reason", "Reason", at.reason, { wide: true }),
        field("t-instructions", "Instructions to the broker", at.instructions, { wide: true }),
        field("t-venue", "Venue", at.venue, { hint: "Where it is meant to trade, for compliance." }),
        field("t-cross", "Cross with fund", at.cross_with, { hint: "The fund on the other side, if any." }),
      ),
      h("fieldset", {}, h("legend", {}, "Funds"), this.rows,
        h("div", { class: "buttons left" }, button("Add a fund", () => this.#addLeg(true))), this.tally),
      h("details", {}, h("summary", {}, "Client order id"),
        field("t-client", "Client order id", at.client_order_id, { hint: "Unique for ever.", wide: true })),
      this.names, this.wrong, this.verdict,
      h("div", { class: "buttons" },
        h("label", { class: "check" }, at.submit, "Submit to compliance at once"),
        may("check") ? this.check : null, this.enter));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#enter();
    });
    form.addEventListener("input", () => this.#changed());
    this.form = form;
    this.dialog = modal("New order", form, { kind: "wide" });
    this.#addLeg(false);
    this.#changed();
    this.#load();
    at.side.focus();
  }

  async #load() {
    try {
      const [known, listed] = await Promise.all([funds(), securities()]);
      this.funds = known.filter((fund) => fund.active && may("CreateOrder", [fund.code]));
      for (const leg of this.legs) this.#offerFunds(leg);
      fill(this.names, listed.filter((one) => one.active).map((one) =>
        h("option", { value: `${one.symbol}.${one.mic}` }, one.name)));
    } catch (problem) {
      this.#tell(tellProblem(problem));
    }
  }

  #addLeg(focus) {
    const number = this.legs.length;
    const leg = {
      fund: h("select", {}), quantity: input({ inputmode: "decimal", class: "num" }), touched: false,
    };
    leg.quantity.addEventListener("input", () => {
      leg.touched = true;
    });
    const remove = button("×", () => this.#removeLeg(leg), { kind: "quiet", title: "Remove this fund" });
    remove.setAttribute("aria-label", "Remove this fund");
    leg.element = h("div", { class: "leg" },
      field(`t-fund-${number}-${newKey().slice(0, 4)}`, "Fund", leg.fund),
      field(`t-part-${number}-${newKey().slice(0, 4)}`, "Quantity", leg.quantity), remove);
    this.legs.push(leg);
    this.rows.append(leg.element);
    this.#offerFunds(leg);
    this.#changed();
    if (focus) leg.fund.focus();
  }

  #removeLeg(leg) {
    if (this.legs.length === 1) return;
    this.legs = this.legs.filter((one) => one !== leg);
    leg.element.remove();
    this.#changed();
  }

  #offerFunds(leg) {
    const chosen = leg.fund.value;
    const taken = this.legs.map((one) => one.fund.value);
    const known = this.funds ?? [];
    fill(leg.fund, known.map((fund) =>
      h("option", { value: fund.code }, `${fund.code} · ${fund.name}`)));
    const free = known.find((fund) => !taken.includes(fund.code)) ?? known[0];
    if (known.length > 0) leg.fund.value = chosen || free.code;
  }

  /** Show the fields that the type needs, the sum of the funds, and drop an answer that is stale. */
  #changed() {
    const at = this.at;
    const type = at.order_type.value;
    this.#offer(at.limit_price, LIMITED.has(type) || type === "pegged");
    this.#offer(at.stop_price, STOPPED.has(type));
    this.#offer(at.expire_on, at.time_in_force.value === "gtd");
    const only = this.legs.length === 1 ? this.legs[0] : null;
    if (only && !only.touched) only.quantity.value = at.quantity.value;
    const total = plain(at.quantity.value);
    const given = sum(this.legs.map((leg) => plain(leg.quantity.value) || "0"));
    const left = given === null ? null : minus(total || "0", given);
    if (left === null || scaled(total || "0") === null) this.tally.textContent = "Quantities are plain numbers.";
    else if (left === "0") this.tally.textContent = total ? "The funds add up." : "";
    else if (left.startsWith("-")) this.tally.textContent = `${grouped(left.slice(1))} too much in the funds.`;
    else this.tally.textContent = `${grouped(left)} not given to a fund.`;
    if (this.checked && this.checked !== JSON.stringify(this.#body())) {
      fill(this.verdict, h("p", { class: "soft" }, "The ticket has changed since the check."));
      this.checked = "";
    }
  }

  #offer(control, wanted) {
    control.closest(".field")?.toggleAttribute("hidden", !wanted);
    control.disabled = !wanted;
  }

  #body() {
    const at = this.at;
    const body = {
      client_order_id: at.client_order_id.value.trim(),
      security: { scheme: at.scheme.value, value: at.security.value.trim() },
      side: at.side.value,
      quantity: plain(at.quantity.value),
      order_type: at.order_type.value,
      time_in_force: at.time_in_force.value,
      allocations: this.legs.map((leg) => ({
        fund: leg.fund.value, quantity: plain(leg.quantity.value),
      })),
      submit: at.submit.checked,
    };
    for (const name of ["limit_price", "stop_price", "expire_on"]) {
      if (!at[name].disabled && at[name].value.trim()) body[name] = plain(at[name].value);
    }
    for (const name of ["reason", "instructions", "portfolio_manager", "venue", "cross_with"]) {
      if (at[name].value.trim()) body[name] = at[name].value.trim();
    }
    return body;
  }

  /** The control that a pointer of the server's errors means. */
  #places() {
    const { scheme, security, submit: _submit, ...rest } = this.at;
    const places = Object.fromEntries(Object.entries(rest).map(([name, control]) => [`/${name}`, control]));
    Object.assign(places, { "/security": security, "/security/value": security, "/security/scheme": scheme });
    this.legs.forEach((leg, number) => {
      places[`/allocations/${number}`] = leg.quantity;
      places[`/allocations/${number}/fund`] = leg.fund;
      places[`/allocations/${number}/quantity`] = leg.quantity;
    });
    places["/allocations"] = this.legs[0].quantity;
    return Object.fromEntries(Object.entries(places).flatMap(([pointer, control]) =>
      control.disabled ? [] : [[pointer, control], [`/orders/0${pointer}`, control]]));
  }

  #clear(places) {
    Object.values(places).forEach((control) => setError(control, ""));
    this.wrong.hidden = true;
  }

  #tell(text) {
    this.wrong.textContent = text;
    this.wrong.hidden = false;
  }

  async #check() {
    const places = this.#places();
    this.#clear(places);
    const body = this.#body();
    this.check.disabled = true;
    fill(this.verdict, h("p", { class: "soft" }, "Asking compliance…"));
    try {
      const answer = await api("POST", "/orders:check", { body: { orders: [body] } });
      this.checked = JSON.stringify(body);
      fill(this.verdict, ...whatIf(answer.data[0]));
    } catch (problem) {
      fill(this.verdict);
      showProblem(problem, places, this.wrong);
    } finally {
      this.check.disabled = false;
    }
  }

  async #enter() {
    if (this.enter.disabled) return;
    const places = this.#places();
    this.#clear(places);
    const body = this.#body();
    const text = JSON.stringify(body);
    if (text !== this.sent) this.key = newKey();
    this.sent = text;
    this.enter.disabled = true;
    try {
      const order = await api("POST", "/orders", { body, key: this.key });
      store.apply([{ topic: "orders", id: order.id, seq: order.seq, data: order, gone: false }]);
      this.dialog.close();
      const bad = ["blocked", "held"].includes(order.status);
      note(`${sideText(order.side)} ${grouped(order.quantity)} ${order.security.value} entered: ${order.status}.`, bad ? "bad" : "good");
      this.onEntered(order);
    } catch (problem) {
      const client = places["/client_order_id"];
      if (problem.errors?.some((error) => error.pointer === "/client_order_id")) {
        client.closest("details").open = true;
      }
      showProblem(problem, places, this.wrong);
    } finally {
      this.enter.disabled = false;
    }
  }
}

/** What compliance would say, in words. */
function whatIf(answer) {
  const most = answer.max_quantity === null ? "" : `At most ${grouped(answer.max_quantity)}`;
  const rule = answer.binding_rule ? ` by ${answer.binding_rule}` : "";
  const parts = [
    h("p", {}, outcomeBadge(answer.outcome), h("span", {}, words(answer.action)),
      most ? h("strong", {}, `${most}${rule}.`) : null),
  ];
  if (answer.verdicts.length > 0) parts.push(verdictList(answer.verdicts));
  return [add(h("div", {}), h("h3", {}, "What compliance would say now"), parts)];
}
