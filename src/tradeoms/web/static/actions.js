// What people do to an order: each action with its key, its question and its request. The server has
// the last word; its refusal is shown where the action was asked for.

import { api, newKey } from "./api.js";
import { sideText } from "./columns.js";
import { ask, choice, field, note, tellProblem } from "./dialog.js";
import { h } from "./dom.js";
import { grouped } from "./format.js";
import { allowed, unplaced } from "./orders.js";
import { destinations } from "./reference.js";
import { store } from "./store.js";

/** An order in one line. */
export function inWords(order) {
  return `${sideText(order.side)} ${grouped(order.quantity)} ${order.security.value}`;
}

/** Take over what the server answered without waiting for the stream. */
function take(topic, data) {
  store.apply([{ topic, id: data.id, seq: data.seq, data, gone: false }]);
}

function text(props = {}) {
  return h("input", { type: "text", autocomplete: "off", maxlength: "500", ...props });
}

async function submit(order) {
  try {
    const answer = await api("POST", "/orders/{order_id}/submit", {
      params: { order_id: order.id }, body: {}, key: newKey(),
    });
    take("orders", answer);
    note(`${inWords(order)}: submitted, now ${answer.status}.`, answer.status === "blocked" ? "bad" : "good");
  } catch (problem) {
    note(tellProblem(problem), "bad");
  }
}

function approve(order) {
  const key = newKey();
  ask({
    title: "Approve as second person",
    lines: [inWords(order), `Entered by ${order.placed_by} for ${order.portfolio_manager}.`],
    verb: "Approve",
    act: async () => {
      take("orders", await api("POST", "/orders/{order_id}/approve", {
        params: { order_id: order.id }, body: {}, key,
      }));
      return `${inWords(order)}: approved.`;
    },
  });
}

function release(order) {
  const trader = text({ maxlength: "64" });
  const key = newKey();
  ask({
    title: "Release to the desk",
    lines: [inWords(order), "Compliance looks at it once more."],
    fields: [field("release-trader", "Trader", trader, { hint: "Empty: whoever takes it." })],
    places: { "/trader": trader },
    verb: "Release",
    act: async () => {
      const answer = await api("POST", "/orders/{order_id}/release", {
        params: { order_id: order.id }, body: { trader: trader.value.trim() }, key,
      });
      take("orders", answer);
      return `${inWords(order)}: ${answer.status}.`;
    },
  });
}

function hold(order) {
  const reason = text();
  const key = newKey();
  ask({
    title: "Hold",
    lines: [inWords(order), "Nothing more is placed. What is in the market stays there."],
    fields: [field("hold-reason", "Reason", reason)],
    places: { "/reason": reason },
    verb: "Hold",
    act: async () => {
      take("orders", await api("POST", "/orders/{order_id}/hold", {
        params: { order_id: order.id }, body: { reason: reason.value.trim() }, key,
      }));
      return `${inWords(order)}: on hold.`;
    },
  });
}

function cancel(order) {
  const reason = text();
  const key = newKey();
  const lines = [inWords(order)];
  if (order.placed_quantity !== "0") {
    lines.push("Brokers are asked first; it is done when the status says Canceled.");
  }
  ask({
    title: "Cancel the order",
    lines,
    fields: [field("cancel-reason", "Reason", reason, { hint: "May be empty." })],
    places: { "/reason": reason },
    verb: "Cancel the order",
    danger: true,
    act: async () => {
      const answer = await api("POST", "/orders/{order_id}/cancel", {
        params: { order_id: order.id }, body: { reason: reason.value.trim() }, key,
      });
      take("orders", answer);
      return `${inWords(order)}: ${answer.status === "canceled" ? "canceled" : "cancellation asked for"}.`;
    },
  });
}

async function place(order) {
  let open;
  try {
    open = (await destinations()).filter((one) => one.enabled);
  } catch (problem) {
    note(tellProblem(problem), "bad");
    return;
  }
  const where = choice(open.map((one) => [one.name, `${one.name} · ${one.title}`]), open[0]?.name);
  const quantity = text({ inputmode: "decimal", value: unplaced(order), class: "num" });
  const key = newKey();
  ask({
    title: "Place",
    lines: [inWords(order), `${grouped(unplaced(order))} of ${grouped(order.quantity)} are not placed.`],
    fields: [
      field("place-destination", "Destination", where),
      field("place-quantity", "Quantity", quantity),
    ],
    places: { "/destination": where, "/quantity": quantity },
    verb: "Place",
    act: async () => {
      const answer = await api("POST", "/placements", {
        body: { order: order.id, destination: where.value, quantity: plain(quantity.value) }, key,
      });
      take("placements", answer);
      return `${grouped(answer.order_qty)} ${order.security.value} placed with ${answer.destination}.`;
    },
  });
}

/** A number as people type it, without separators. */
export function plain(typed) {
  return typed.trim().replace(/(?<=\d),(?=\d{3}(\D|$))/g, "");
}

/** Ask the broker to cancel what is left of a placement. */
export function cancelPlacement(placement) {
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
      take("placements", await api("POST", "/placements/{placement_id}/cancel", {
        params: { placement_id: placement.id }, body: {}, key,
      }));
      return `${placement.destination} was asked to cancel.`;
    },
  });
}

async function waiver(order) {
  let check;
  try {
    check = await api("GET", "/checks/{check_id}", {
      params: { check_id: order.compliance.check_id },
    });
  } catch (problem) {
    note(tellProblem(problem), "bad");
    return;
  }
  const asked = store.of("waivers", order.id).filter((one) => one.status !== "refused");
  const rules = check.blocking.filter((rule) => !asked.some((one) => one.rule === rule && !lapsed(one)));
  if (rules.length === 0) {
    note("A waiver has been asked for; a compliance officer must decide.", "bad");
    return;
  }
  const rule = choice(rules.map((name) => [name, name]), rules[0]);
  const reason = text();
  const key = newKey();
  ask({
    title: "Ask for a waiver",
    lines: [inWords(order), "A compliance officer decides. Hard rules are never waived."],
    fields: [field("waiver-rule", "Rule", rule), field("waiver-reason", "Reason", reason)],
    places: { "/rule": rule, "/reason": reason },
    verb: "Ask for the waiver",
    act: async () => {
      take("waivers", await api("POST", "/waivers", {
        body: { order: order.id, rule: rule.value, reason: reason.value.trim() }, key,
      }));
      return `A waiver of ${rule.value} was asked for.`;
    },
  });
}

function lapsed(one) {
  return Date.parse(one.expires_at) < Date.now();
}

/** Give or refuse a waiver. */
export function decideWaiver(one, order, giving) {
  const remark = text();
  const key = newKey();
  ask({
    title: giving ? "Approve the waiver" : "Refuse the waiver",
    lines: [inWords(order), `${one.requested_by} asks to waive ${one.rule}: ${one.reason}`],
    fields: [field("waiver-note", "Note", remark, { hint: giving ? "May be empty." : "Say why not." })],
    places: { "/note": remark },
    verb: giving ? "Approve" : "Refuse",
    danger: !giving,
    act: async () => {
      const request = { params: { waiver_id: one.id }, body: { note: remark.value.trim() }, key };
      const answer = giving
        ? await api("POST", "/waivers/{waiver_id}/approve", request)
        : await api("POST", "/waivers/{waiver_id}/refuse", request);
      take("waivers", answer);
      return `Waiver of ${one.rule}: ${answer.status}.`;
    },
  });
}

/** Every action on an order, in the order of its life. */
export const ACTIONS = {
  submit: { label: "Submit", key: "s", title: "Send to compliance, or check again", run: submit },
  waiver: { label: "Ask for a waiver", key: "w", title: "Ask to waive a soft rule", run: waiver },
  approve: { label: "Approve", key: "a", title: "Approve as second person", run: approve },
  release: { label: "Release", key: "r", title: "Hand to the desk", run: release },
  place: { label: "Place", key: "p", title: "Route to a destination", run: place },
  hold: { label: "Hold", key: "h", title: "Stop from being placed", run: hold },
  cancel: { label: "Cancel", key: "c", title: "Cancel the order", run: cancel },
};

/** Do `name` to the order if it is allowed now; false where it is not. */
export function act(name, order) {
  if (!order || !allowed(order).includes(name)) return false;
  ACTIONS[name].run(order);
  return true;
}
