// The parts of an order in full.

import type { Check, Execution, Hit, Order, Placement, Waiver } from "../api/client";
import { may } from "../api/person";
import { badge, button, h, type Child } from "../kit/dom";
import { clock, grouped, places, words } from "../kit/format";
import { ACTIONS, act, cancelPlacement, decideWaiver } from "./actions";
import { allowed, cancelable, fundsOf, mayDecide, STATUSES } from "./rules";
import { sizeText } from "./size";
import { cellOfHit, outcomeBadge, readable, verdictList, type Cell } from "./verdicts";
import { inWords, priceText, shareMark, timeText, waitText } from "./words";

const LONG = 16; // characters that no longer fit half the width

/** The status, and what can be done. */
export function summary(order: Order): Child[] {
  const { mark, tone } = STATUSES[order.status] ?? { mark: "?", tone: "idle" };
  const buttons = allowed(order).map((name) => {
    const { label, key, title } = ACTIONS[name];
    const made = button(label, () => act(name, order), {
      key, title, kind: name === "cancel" ? "danger" : "",
    });
    made.dataset.action = name;
    return made;
  });
  return [
    h("h2", {}, inWords(order)),
    h("p", { class: "soft" }, order.security.name, h("a", { href: `#/history/${order.id}` }, "History and charts")),
    h("p", {},
      badge(words(order.status), mark, tone),
      order.cancel_pending ? badge("Canceling", "", "warn") : null,
      h("span", { class: "soft" }, waitText(order))),
    buttons.length > 0 ? h("div", { class: "actions" }, buttons) : null,
  ];
}

type Pair = readonly [string, string | null | undefined];

/** Names and values; what has no value is left out. */
export function pairs(rows: readonly Pair[]): HTMLElement {
  return h("dl", { class: "pairs" }, rows.filter(([, value]) => value)
    .map(([name, value]) => h("div", { class: (value ?? "").length > LONG ? "all" : null },
      h("dt", {}, name), h("dd", {}, value))));
}

/** What was ordered. */
export function terms(order: Order): Child[] {
  const pending = order.pending_terms;
  return [
    h("h3", {}, "Terms"),
    pairs([
      ["Quantity", grouped(order.quantity)],
      ["Size", order.sizing ? sizeText(order.sizing) : ""],
      ["Placed", grouped(order.placed_quantity)],
      ["Filled", grouped(order.cum_qty)],
      ["Left", grouped(order.leaves_qty)],
      ["Average price", order.cum_qty === "0" ? "" : `${places(order.avg_px, 2, 10)} ${order.security.currency}`],
      ["Type", words(order.order_type)],
      ["Price", order.limit_price || order.stop_price ? `${priceText(order)} ${order.security.currency}` : ""],
      ["Time in force", timeText(order)],
      ["Manager", order.portfolio_manager],
      ["Entered by", order.placed_by],
      ["Approved by", order.approved_by],
      ["Trader", order.trader],
      ["Reason", order.reason],
      ["Instructions", order.instructions],
      ["New terms asked for", pending ? `${grouped(pending.quantity)} ${pending.limit_price ? `at ${places(pending.limit_price)}` : ""}` : ""],
      ["Client order id", order.client_order_id],
      ["Id", `${order.id} · version ${order.version} · seq ${order.seq}`],
      ["Entered", clock(order.created_at)],
    ]),
  ];
}

/** The funds' parts. */
export function legs(order: Order): Child[] {
  const rows = order.allocations.map((leg) => h("tr", {},
    h("td", {}, leg.fund),
    h("td", { class: "num" }, grouped(leg.quantity)),
    h("td", { class: "num" }, leg.booked_quantity == null ? "–" : grouped(leg.booked_quantity))));
  return [h("h3", {}, "Funds"), table(["Fund", "#Quantity", "#Booked"], rows)];
}

/** A small table; a heading with # is of numbers. */
export function table(headings: readonly string[], rows: readonly HTMLElement[]): HTMLElement {
  const head = headings.map((text) => h("th",
    { scope: "col", class: text.startsWith("#") ? "num" : null }, text.replace(/^#/, "")));
  return h("div", { class: "scroll" },
    h("table", {}, h("thead", {}, h("tr", {}, head)), h("tbody", {}, rows)));
}

/** What compliance found, with its arithmetic. */
export function compliance(order: Order, check: Check | null, hits: readonly Hit[], waivers: readonly Waiver[]): Child[] {
  const found = order.compliance;
  const parts: Child[] = [h("h3", {}, "Compliance")];
  if (!found.check_id) return [...parts, h("p", { class: "soft" }, "Not checked yet.")];
  const at = check !== null && check.id === found.check_id ? `, at ${check.stage}, ${clock(check.created_at)}` : "";
  parts.push(h("p", {}, outcomeBadge(found.outcome), h("span", {}, `${words(found.action)}${at}`)));
  if (found.waiting_for.length > 0) {
    parts.push(h("p", {}, `Waits for: ${found.waiting_for.join(", ")}.`));
  }
  const all: readonly unknown[] = check !== null && check.id === found.check_id ? check.cells : [];
  const cells = all.filter(readable);
  const ours = hits.filter((hit) => hit.check_id === found.check_id).map(cellOfHit);
  if (cells.length > 0) parts.push(cellLists(cells));
  else if (ours.length > 0) parts.push(verdictList(ours));
  else if (check !== null && check.blocking.length > 0) parts.push(h("p", {}, `Stopped by ${check.blocking.join(", ")}.`));
  if (waivers.length > 0) {
    parts.push(h("h4", {}, "Waivers"), h("ul", { class: "cards" },
      waivers.map((one) => waiverCard(one, order))));
  }
  return parts;
}

/** What did not pass in full, what passed in a fold. */
function cellLists(cells: readonly Cell[]): Child {
  const calm = cells.filter((cell) => ["pass", "not_tested"].includes(cell.outcome));
  const loud = cells.filter((cell) => !calm.includes(cell));
  return [
    loud.length > 0 ? verdictList(loud) : null,
    calm.length > 0
      ? h("details", {}, h("summary", {}, `${calm.length} passed`), verdictList(calm)) : null,
  ];
}

function waiverCard(one: Waiver, order: Order): HTMLElement {
  const decided = one.decided_by ? ` by ${one.decided_by}` : "";
  const make = (giving: boolean): HTMLElement => {
    const made = button(giving ? "Approve" : "Refuse", () => decideWaiver(one, order, giving));
    made.dataset.action = `${one.id}-${giving}`;
    return made;
  };
  return h("li", {},
    h("p", {}, h("strong", {}, one.rule), ` ${words(one.status)}${decided}`),
    h("p", {}, `${one.requested_by}: ${one.reason}`),
    one.note ? h("p", {}, `Answer: ${one.note}`) : null,
    h("p", { class: "soft" }, `Up to ${grouped(one.quantity)}, until ${clock(one.expires_at)}`),
    h("div", { class: "actions" },
      mayDecide(one, order, true) ? make(true) : null,
      mayDecide(one, order, false) ? make(false) : null));
}

/** What was routed where. */
export function placementList(placements: readonly Placement[], order: Order): Child[] {
  const title = h("h3", {}, "Placements");
  if (placements.length === 0) return [title, h("p", { class: "soft" }, "None.")];
  return [title, h("ul", { class: "cards" }, placements.map((one) => placementCard(one, order)))];
}

function placementCard(one: Placement, order: Order): HTMLElement {
  const reported = one.reported_status && one.reported_status !== one.status
    ? `broker says ${words(one.reported_status).toLowerCase()}` : "";
  const ids = [
    one.cl_ord_id && `ClOrdID ${one.cl_ord_id}`, one.broker_order_id && `broker's ${one.broker_order_id}`,
    one.manual ? "by telephone" : one.sent_at ? `sent ${clock(one.sent_at)}` : "not sent", reported,
  ];
  const asked = one.requests.map((request) =>
    h("p", { class: "soft" }, `Asked: ${words(request.kind)} (${request.cl_ord_id}), no answer yet`));
  let stop: HTMLElement | null = null;
  if (cancelable(one) && may("CancelPlacement", fundsOf(order))) {
    stop = button("Cancel", () => cancelPlacement(one), { kind: "danger" });
    stop.dataset.action = one.id;
  }
  return h("li", {},
    h("div", { class: "card-head" },
      h("strong", {}, one.destination), badge(words(one.status)),
      h("span", { class: "num" }, `${grouped(one.cum_qty)} of ${grouped(one.order_qty)}${shareMark(one)}` +
        (one.cum_qty === "0" ? "" : ` at ${places(one.avg_px)}`)), stop),
    h("p", { class: "soft" }, [`${words(one.order_type)} ${one.limit_price ? places(one.limit_price) : ""} ${timeText(one)}`, ...ids].filter(Boolean).join(" · ")),
    one.text ? h("p", { class: "quote" }, h("bdi", {}, one.text)) : null,
    asked);
}

/** What was traded, newest first. */
export function executionTable(executions: readonly Execution[]): Child[] {
  const title = h("h3", {}, "Executions");
  if (executions.length === 0) return [title, h("p", { class: "soft" }, "None.")];
  const rows = [...executions].reverse().map((one) => h("tr", { class: one.status === "live" ? null : "void" },
    h("td", {}, clock(one.transact_time ?? one.received_at)),
    h("td", { class: "num" }, grouped(one.last_qty)),
    h("td", { class: "num" }, places(one.last_px, 2, 10)),
    h("td", {}, one.venue),
    h("td", {}, [words(one.status), one.late ? "late" : "", one.manual ? `keyed by ${one.keyed_by}` : ""].filter(Boolean).join(", ")),
    h("td", {}, one.exec_id)));
  return [title, table(["Time", "#Quantity", "#Price", "Venue", "Status", "ExecID"], rows)];
}
