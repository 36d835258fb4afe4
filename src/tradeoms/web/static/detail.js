// One order in full: terms, funds, compliance with its arithmetic, placements, executions, events.
// What streams is taken from the store; the check and the events are asked for when the order changes.

import { all, api } from "./api.js";
import { ACTIONS, act, cancelPlacement, decideWaiver, inWords } from "./actions.js";
import { priceText, timeText, waitText } from "./columns.js";
import { button, calmly, fill, h } from "./dom.js";
import { clock, grouped, places, words } from "./format.js";
import { tellProblem } from "./dialog.js";
import { allowed, cancelable, fundsOf, mayDecide, STATUSES } from "./orders.js";
import { may } from "./permissions.js";
import { store } from "./store.js";
import { timeline } from "./timeline.js";
import { cellOfHit, outcomeBadge, readable, verdictList } from "./verdicts.js";

const EVENTS_MS = 400;
const LONG = 11; // characters that no longer fit half the width

export class Detail {
  constructor({ onClose }) {
    this.orderId = null;
    this.order = null;
    this.wrong = h("p", { class: "problem", role: "alert", hidden: true });
    this.top = h("div", { class: "detail-top" });
    this.parts = Object.fromEntries(
      ["terms", "funds", "compliance", "placements", "executions", "events"].map((name) => [
        name, h("section", { "aria-label": words(name) }),
      ]),
    );
    this.close = button("×", onClose, { kind: "quiet close", title: "Close (Esc)" });
    this.close.setAttribute("aria-label", "Close the order");
    this.element = h("aside", { class: "detail", "aria-label": "Order", hidden: true },
      this.close, this.top, this.wrong,
      h("div", { class: "detail-body", tabindex: "0", role: "group", "aria-label": "Order in full" },
        Object.values(this.parts)));
    this.refetch = calmly(() => this.#fetch(), EVENTS_MS);
    store.listen((changed) => this.#changed(changed));
  }

  /** Show an order; null shows none. */
  async show(orderId) {
    if (orderId === this.orderId) return;
    this.orderId = orderId;
    this.element.hidden = orderId === null;
    this.order = null;
    this.check = null;
    this.events = [];
    this.fetched = { placements: [], executions: [], waivers: [] };
    this.shown = {};
    this.#say("");
    fill(this.top, h("p", { class: "soft" }, "Loading…"));
    Object.values(this.parts).forEach((part) => fill(part));
    if (orderId === null) return;
    this.#paint();
    await this.#fetch();
  }

  #changed(changed) {
    if (this.orderId === null) return;
    const rows = (topic) => [...(changed?.[topic] ?? [])].map((id) => store.topics[topic].get(id));
    const ours = changed === null || changed.orders.has(this.orderId) ||
      ["placements", "waivers", "hits"].some((topic) =>
        rows(topic).some((row) => row?.order_id === this.orderId)) ||
      rows("executions").some((row) => row?.order_ids.includes(this.orderId));
    if (!ours) return;
    this.#paint();
    this.refetch();
  }

  /** Ask for what does not stream. Rows that have left the live set come from here, too. */
  async #fetch() {
    const id = this.orderId;
    if (id === null) return;
    try {
      const query = { order: id };
      const [order, events, placements, executions, waivers] = await Promise.all([
        api("GET", "/orders/{order_id}", { params: { order_id: id } }),
        api("GET", "/orders/{order_id}/events", { params: { order_id: id } }),
        all("/placements", { query }),
        all("/executions", { query }),
        all("/waivers", { query }),
      ]);
      if (id !== this.orderId) return;
      this.order = order;
      this.events = events.data;
      this.fetched = {
        placements: placements.rows, executions: executions.rows, waivers: waivers.rows,
      };
      this.#paint();
      await this.#fetchCheck(order);
      this.#say("");
    } catch (problem) {
      if (id === this.orderId) this.#say(tellProblem(problem));
    }
  }

  async #fetchCheck(order) {
    const checkId = order.compliance.check_id;
    if (!checkId || this.check?.id === checkId) return;
    const check = await api("GET", "/checks/{check_id}", { params: { check_id: checkId } });
    if (order.id !== this.orderId) return;
    this.check = check;
    this.#paint();
  }

  #say(text) {
    this.wrong.textContent = text;
    this.wrong.hidden = !text;
  }

  /** The newest of what was fetched and what streamed. */
  #rows(topic) {
    const found = new Map(this.fetched[topic].map((row) => [row.id, row]));
    for (const row of store.of(topic, this.orderId)) {
      if ((found.get(row.id)?.seq ?? -1) <= row.seq) found.set(row.id, row);
    }
    return [...found.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** The order as the store has it, or as it was fetched where it is older than the live set. */
  current() {
    const live = store.orders.get(this.orderId);
    return live && live.seq >= (this.order?.seq ?? -1) ? live : this.order;
  }

  #paint() {
    const order = this.current();
    if (!order) return;
    this.#part("top", this.top, [order], () => summary(order));
    this.#part("terms", this.parts.terms, [order], () => terms(order));
    this.#part("funds", this.parts.funds, [order], () => legs(order));
    const hits = store.of("hits", order.id);
    const waivers = this.#rows("waivers");
    this.#part("compliance", this.parts.compliance, [order, this.check, hits, waivers], () =>
      compliance(order, this.check, hits, waivers));
    const placements = this.#rows("placements");
    this.#part("placements", this.parts.placements, [order, placements], () =>
      placementList(placements, order));
    const executions = this.#rows("executions");
    this.#part("executions", this.parts.executions, [executions], () => executionTable(executions));
    this.#part("events", this.parts.events, [this.events.length], () => timeline(this.events));
  }

  /** Make a part anew only where what it shows has changed, so that focus and open folds stay. */
  #part(name, element, inputs, make) {
    const now = JSON.stringify(inputs);
    if (this.shown[name] === now) return;
    const focused = element.contains(document.activeElement)
      ? document.activeElement.dataset.action : null;
    this.shown[name] = now;
    fill(element, make());
    if (focused) element.querySelector(`[data-action="${CSS.escape(focused)}"]`)?.focus();
  }
}

function summary(order) {
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
    h("p", { class: "soft" }, order.security.name),
    h("p", {},
      h("span", { class: `badge tone-${tone}` },
        h("span", { class: "mark", "aria-hidden": "true" }, mark), words(order.status)),
      order.cancel_pending ? h("span", { class: "badge tone-warn" }, "Canceling") : null,
      h("span", { class: "soft" }, waitText(order))),
    buttons.length > 0 ? h("div", { class: "actions" }, buttons) : null,
  ];
}

function pairs(rows) {
  return h("dl", { class: "pairs" }, rows.filter(([, value]) => value)
    .map(([name, value]) => h("div", { class: String(value).length > LONG ? "all" : null },
      h("dt", {}, name), h("dd", {}, value))));
}

function terms(order) {
  const pending = order.pending_terms;
  return [
    h("h3", {}, "Terms"),
    pairs([
      ["Quantity", grouped(order.quantity)],
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

function legs(order) {
  const rows = order.allocations.map((leg) => h("tr", {},
    h("td", {}, leg.fund),
    h("td", { class: "num" }, grouped(leg.quantity)),
    h("td", { class: "num" }, leg.booked_quantity === null ? "–" : grouped(leg.booked_quantity))));
  return [h("h3", {}, "Funds"), table(["Fund", "#Quantity", "#Booked"], rows)];
}

/** A small table; a heading with # is of numbers. */
function table(headings, rows) {
  const head = headings.map((text) => h("th",
    { scope: "col", class: text.startsWith("#") ? "num" : null }, text.replace(/^#/, "")));
  return h("div", { class: "scroll" },
    h("table", {}, h("thead", {}, h("tr", {}, head)), h("tbody", {}, rows)));
}

function compliance(order, check, hits, waivers) {
  const found = order.compliance;
  const parts = [h("h3", {}, "Compliance")];
  if (!found.check_id) return [...parts, h("p", { class: "soft" }, "Not checked yet.")];
  const at = check?.id === found.check_id ? `, at ${check.stage}, ${clock(check.created_at)}` : "";
  parts.push(h("p", {}, outcomeBadge(found.outcome), h("span", {}, `${words(found.action)}${at}`)));
  if (found.waiting_for.length > 0) {
    parts.push(h("p", {}, `Waits for: ${found.waiting_for.join(", ")}.`));
  }
  const cells = (check?.id === found.check_id ? check.cells : []).filter(readable);
  const ours = hits.filter((hit) => hit.check_id === found.check_id).map(cellOfHit);
  if (cells.length > 0) parts.push(cellLists(cells));
  else if (ours.length > 0) parts.push(verdictList(ours));
  else if (check?.blocking.length > 0) parts.push(h("p", {}, `Stopped by ${check.blocking.join(", ")}.`));
  if (waivers.length > 0) {
    parts.push(h("h4", {}, "Waivers"), h("ul", { class: "cards" },
      waivers.map((one) => waiverCard(one, order))));
  }
  return parts;
}

/** What did not pass in full, what passed in a fold. */
function cellLists(cells) {
  const calm = cells.filter((cell) => ["pass", "not_tested"].includes(cell.outcome));
  const loud = cells.filter((cell) => !calm.includes(cell));
  return [
    loud.length > 0 ? verdictList(loud) : null,
    calm.length > 0
      ? h("details", {}, h("summary", {}, `${calm.length} passed`), verdictList(calm)) : null,
  ];
}

function waiverCard(one, order) {
  const decided = one.decided_by ? ` by ${one.decided_by}` : "";
  const make = (giving) => {
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

function placementList(placements, order) {
  const title = h("h3", {}, "Placements");
  if (placements.length === 0) return [title, h("p", { class: "soft" }, "None.")];
  return [title, h("ul", { class: "cards" }, placements.map((one) => placementCard(one, order)))];
}

function placementCard(one, order) {
  const reported = one.reported_status && one.reported_status !== one.status
    ? `broker says ${words(one.reported_status).toLowerCase()}` : "";
  const ids = [
    one.cl_ord_id && `ClOrdID ${one.cl_ord_id}`, one.broker_order_id && `broker's ${one.broker_order_id}`,
    one.manual ? "by telephone" : one.sent_at ? `sent ${clock(one.sent_at)}` : "not sent", reported,
  ];
  const asked = one.requests.map((request) =>
    h("p", { class: "soft" }, `Asked: ${words(request.kind)} (${request.cl_ord_id}), no answer yet`));
  let stop = null;
  if (cancelable(one) && may("CancelPlacement", fundsOf(order))) {
    stop = button("Cancel", () => cancelPlacement(one), { kind: "danger" });
    stop.dataset.action = one.id;
  }
  return h("li", {},
    h("div", { class: "card-head" },
      h("strong", {}, one.destination), h("span", { class: "badge" }, words(one.status)),
      h("span", { class: "num" }, `${grouped(one.cum_qty)} of ${grouped(one.order_qty)}` +
        (one.cum_qty === "0" ? "" : ` at ${places(one.avg_px)}`)), stop),
    h("p", { class: "soft" }, [`${words(one.order_type)} ${one.limit_price ? places(one.limit_price) : ""} ${timeText(one)}`, ...ids].filter(Boolean).join(" · ")),
    one.text ? h("p", { class: "quote" }, h("bdi", {}, one.text)) : null,
    asked);
}

function executionTable(executions) {
  const title = h("h3", {}, "Executions");
  if (executions.length === 0) return [title, h("p", { class: "soft" }, "None.")];
  const rows = executions.toReversed().map((one) => h("tr", { class: one.status === "live" ? null : "void" },
    h("td", {}, clock(one.transact_time ?? one.received_at)),
    h("td", { class: "num" }, grouped(one.last_qty)),
    h("td", { class: "num" }, places(one.last_px, 2, 10)),
    h("td", {}, one.venue),
    h("td", {}, [words(one.status), one.late ? "late" : "", one.manual ? `keyed by ${one.keyed_by}` : ""].filter(Boolean).join(", ")),
    h("td", {}, one.exec_id)));
  return [title, table(["Time", "#Quantity", "#Price", "Venue", "Status", "ExecID"], rows)];
}
