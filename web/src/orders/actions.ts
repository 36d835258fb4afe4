// What people do to an order: each action with its key, its question and its request. The server has
// the last word; its refusal is shown where the action was asked for.

import { api, keyed, newKey, told, type Check, type Order, type Placement, type Waiver } from "../api/client";
import { destinations } from "../api/reference";
import { tellProblem } from "../api/problem";
import { ask, choice, field, textInput } from "../kit/dialog";
import { h } from "../kit/dom";
import { grouped, places } from "../kit/format";
import { note } from "../kit/notes";
import { store } from "../stream/store";
import { plain } from "./plain";
import { allowed, unplaced, warned, type ActionName } from "./rules";
import { split } from "./split";
import { inWords } from "./words";

const orderAt = (order: Order, key: string): { path: { order_id: string }; header: { "Idempotency-Key": string } } =>
  ({ path: { order_id: order.id }, header: keyed(key) });

async function submit(order: Order): Promise<void> {
  try {
    const answer = await told(api.POST("/api/v1/orders/{order_id}/submit", { params: orderAt(order, newKey()), body: {} }));
    store.take("orders", answer);
    note(`${inWords(order)}: submitted, now ${answer.status}.`, answer.status === "blocked" ? "bad" : "good");
  } catch (error) {
    note(tellProblem(error), "bad");
  }
}

function approve(order: Order): void {
  const key = newKey();
  ask({
    title: "Approve as second person",
    lines: [inWords(order), `Entered by ${order.placed_by} for ${order.portfolio_manager}.`],
    verb: "Approve",
    act: async () => {
      store.take("orders", await told(api.POST("/api/v1/orders/{order_id}/approve", { params: orderAt(order, key), body: {} })));
      return `${inWords(order)}: approved.`;
    },
  });
}

function release(order: Order): void {
  const trader = textInput({ maxlength: "64" });
  const seen = h("input", { type: "checkbox" });
  const key = newKey();
  ask({
    title: "Release to the desk",
    lines: [inWords(order), "Compliance looks at it once more."],
    fields: [
      field("release-trader", "Trader", trader, { hint: "Empty: whoever takes it." }),
      ...(warned(order) ? [field("release-seen", "I have seen what its check warns of", seen)] : []),
    ],
    places: { "/trader": trader, "/acknowledge": seen },
    verb: "Release",
    act: async () => {
      const body = { trader: trader.value.trim(), acknowledge: seen.checked };
      const answer = await told(api.POST("/api/v1/orders/{order_id}/release", { params: orderAt(order, key), body }));
      store.take("orders", answer);
      return `${inWords(order)}: ${answer.status}.`;
    },
  });
}

function hold(order: Order): void {
  const reason = textInput();
  const key = newKey();
  ask({
    title: "Hold",
    lines: [inWords(order), "Nothing more is placed. What is in the market stays there."],
    fields: [field("hold-reason", "Reason", reason)],
    places: { "/reason": reason },
    verb: "Hold",
    act: async () => {
      const body = { reason: reason.value.trim() };
      store.take("orders", await told(api.POST("/api/v1/orders/{order_id}/hold", { params: orderAt(order, key), body })));
      return `${inWords(order)}: on hold.`;
    },
  });
}

function cancel(order: Order): void {
  const reason = textInput();
  const key = newKey();
  const lines = [inWords(order)];
  if (order.placed_quantity !== "0") lines.push("Brokers are asked first; it is done when the status says Canceled.");
  ask({
    title: "Cancel the order",
    lines,
    fields: [field("cancel-reason", "Reason", reason, { hint: "May be empty." })],
    places: { "/reason": reason },
    verb: "Cancel the order",
    danger: true,
    act: async () => {
      const body = { reason: reason.value.trim() };
      const answer = await told(api.POST("/api/v1/orders/{order_id}/cancel", { params: orderAt(order, key), body }));
      store.take("orders", answer);
      return `${inWords(order)}: ${answer.status === "canceled" ? "canceled" : "cancellation asked for"}.`;
    },
  });
}

/** What may be changed of an order's terms. */
export interface Amendment {
  quantity?: string;
  limit_price?: string;
}

/** Change an order as it was seen: another version than that is refused. */
export async function amendOrder(order: Order, body: Amendment): Promise<Order> {
  const answer = await told(api.PATCH("/api/v1/orders/{order_id}", {
    params: { path: { order_id: order.id } }, headers: { "If-Match": `"${order.version}"` }, body,
  }));
  store.take("orders", answer);
  return answer;
}

function amend(order: Order): void {
  const quantity = textInput({ inputmode: "decimal", value: order.quantity, class: "num" });
  const limit = textInput({ inputmode: "decimal", value: order.limit_price ?? "", class: "num" });
  const priced = order.limit_price !== null;
  ask({
    title: "Change the terms",
    lines: [`${inWords(order)}${priced ? ` at ${places(order.limit_price)}` : ""}`, "Compliance checks it again; brokers must agree to what is placed."],
    fields: [field("amend-quantity", "Quantity", quantity), priced ? field("amend-limit", "Limit price", limit) : null],
    places: priced ? { "/quantity": quantity, "/limit_price": limit } : { "/quantity": quantity },
    verb: "Change",
    act: async () => {
      const body: Amendment = {};
      if (plain(quantity.value) !== order.quantity) body.quantity = plain(quantity.value);
      if (priced && plain(limit.value) !== order.limit_price) body.limit_price = plain(limit.value);
      const answer = await amendOrder(order, body);
      return answer.pending_terms ? `${inWords(order)}: brokers were asked for the new terms.` : `${inWords(answer)}: changed.`;
    },
  });
}

function place(order: Order): Promise<void> {
  return askPlacement({ order: order.id }, inWords(order), { left: unplaced(order), all: order.quantity });
}

/** Ask where units of an order or a block go. */
export async function askPlacement(
  what: { order: string } | { block: string }, said: string, units: { left: string; all: string },
): Promise<void> {
  let open;
  try {
    open = (await destinations()).filter((one) => one.enabled);
  } catch (error) {
    note(tellProblem(error), "bad");
    return;
  }
  const where = choice(open.map((one) => [one.name, `${one.name} · ${one.title}`] as const), open[0]?.name);
  const quantity = textInput({ inputmode: "decimal", value: units.left, class: "num" });
  const shown = textInput({ inputmode: "decimal", placeholder: "all of it", class: "num" });
  const least = textInput({ inputmode: "decimal", placeholder: "any", class: "num" });
  const key = newKey();
  ask({
    title: "Place",
    lines: [said, `${grouped(units.left)} of ${grouped(units.all)} are not placed.`],
    fields: [
      field("place-destination", "Destination", where), field("place-quantity", "Quantity", quantity),
      field("place-display", "Shown to the market at most", shown),
      field("place-min", "An execution has at least", least),
    ],
    places: {
      "/destination": where, "/quantity": quantity, "/display_quantity": shown, "/min_quantity": least,
    },
    verb: "Place",
    act: async () => {
      const body = {
        ...what, destination: where.value, quantity: plain(quantity.value),
        ...(shown.value.trim() && { display_quantity: plain(shown.value) }),
        ...(least.value.trim() && { min_quantity: plain(least.value) }),
      };
      const answer = await told(api.POST("/api/v1/placements", { params: { header: keyed(key) }, body }));
      store.take("placements", answer);
      return `${grouped(answer.order_qty)} ${answer.security.value ?? ""} placed with ${answer.destination}.`;
    },
  });
}

/** Ask the broker to cancel what is left of a placement. */
export function cancelPlacement(placement: Placement): void {
  const key = newKey();
  ask({
    title: "Cancel the placement",
    lines: [
      `${grouped(placement.leaves_qty)} ${placement.security.value} left with ${placement.destination}.`,
      "The broker decides; fills may still come until it agrees.",
    ],
    verb: "Ask the broker to cancel",
    danger: true,
    act: async () => {
      const params = { path: { placement_id: placement.id }, header: keyed(key) };
      store.take("placements", await told(api.POST("/api/v1/placements/{placement_id}/cancel", { params, body: {} })));
      return `${placement.destination} was asked to cancel.`;
    },
  });
}

async function waiver(order: Order): Promise<void> {
  let check: Check;
  try {
    const params = { path: { check_id: order.compliance.check_id ?? "" } };
    check = await told(api.GET("/api/v1/checks/{check_id}", { params }));
  } catch (error) {
    note(tellProblem(error), "bad");
    return;
  }
  const asked = store.of("waivers", order.id).filter((one) => one.status !== "refused" && !lapsed(one));
  const rules = check.blocking.filter((rule) => !asked.some((one) => one.rule === rule));
  if (rules.length === 0) {
    note("A waiver has been asked for; a compliance officer must decide.", "bad");
    return;
  }
  const rule = choice(rules.map((name) => [name, name] as const), rules[0]);
  const reason = textInput();
  const key = newKey();
  ask({
    title: "Ask for a waiver",
    lines: [inWords(order), "A compliance officer decides. Hard rules are never waived."],
    fields: [field("waiver-rule", "Rule", rule), field("waiver-reason", "Reason", reason)],
    places: { "/rule": rule, "/reason": reason },
    verb: "Ask for the waiver",
    act: async () => {
      const body = { order: order.id, rule: rule.value, reason: reason.value.trim() };
      store.take("waivers", await told(api.POST("/api/v1/waivers", { params: { header: keyed(key) }, body })));
      return `A waiver of ${rule.value} was asked for.`;
    },
  });
}

function lapsed(one: Waiver): boolean {
  return Date.parse(one.expires_at) < Date.now();
}

/** Give or refuse a waiver. */
export function decideWaiver(one: Waiver, order: Order, giving: boolean): void {
  const remark = textInput();
  const params = { path: { waiver_id: one.id }, header: keyed(newKey()) };
  ask({
    title: giving ? "Approve the waiver" : "Refuse the waiver",
    lines: [inWords(order), `${one.requested_by} asks to waive ${one.rule}: ${one.reason}`],
    fields: [field("waiver-note", "Note", remark, { hint: giving ? "May be empty." : "Say why not." })],
    places: { "/note": remark },
    verb: giving ? "Approve" : "Refuse",
    danger: !giving,
    act: async () => {
      const body = { note: remark.value.trim() };
      const answer = giving
        ? await told(api.POST("/api/v1/waivers/{waiver_id}/approve", { params, body }))
        : await told(api.POST("/api/v1/waivers/{waiver_id}/refuse", { params, body }));
      store.take("waivers", answer);
      return `Waiver of ${one.rule}: ${answer.status}.`;
    },
  });
}

export interface Action {
  label: string;
  key: string;
  title: string;
  run: (order: Order) => unknown;
}

/** Every action on an order, in the order of its life. */
export const ACTIONS: Readonly<Record<ActionName, Action>> = {
  submit: { label: "Submit", key: "s", title: "Send to compliance, or check again", run: submit },
  waiver: { label: "Ask for a waiver", key: "w", title: "Ask to waive a soft rule", run: waiver },
  approve: { label: "Approve", key: "a", title: "Approve as second person", run: approve },
  release: { label: "Release", key: "r", title: "Hand to the desk", run: release },
  place: { label: "Place", key: "p", title: "Route to a destination", run: place },
  amend: { label: "Change", key: "e", title: "Change quantity or limit", run: amend },
  split: { label: "Split", key: "x", title: "Make a part an order of its own", run: split },
  hold: { label: "Hold", key: "h", title: "Stop from being placed", run: hold },
  cancel: { label: "Cancel", key: "c", title: "Cancel the order", run: cancel },
};

/** Do `name` to the order if it is allowed now; false where it is not. */
export function act(name: ActionName, order: Order | null): boolean {
  if (order === null || !allowed(order).includes(name)) return false;
  void ACTIONS[name].run(order);
  return true;
}
