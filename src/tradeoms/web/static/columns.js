// The columns of the orders grid.

import { clock, grouped, percent, places, words } from "./format.js";
import { OUTCOMES, STATUSES } from "./orders.js";

const SIDES = { buy: "Buy", sell: "Sell", sell_short: "Sell short", buy_to_cover: "Buy to cover" };
const TIMES = {
  day: "Day", gtc: "GTC", gtd: "GTD", ioc: "IOC", fok: "FOK",
  at_the_opening: "Open", at_the_close: "Close",
};

/** A side as people read it. */
export function sideText(side) {
  return SIDES[side] ?? words(side);
}

/** A time in force as people read it. */
export function timeText(order) {
  const text = TIMES[order.time_in_force] ?? words(order.time_in_force);
  return order.expire_on ? `${text} ${order.expire_on}` : text;
}

/** The prices of an order or placement, or its type where it has none. */
export function priceText(terms) {
  const parts = [];
  if (terms.limit_price) parts.push(places(terms.limit_price));
  if (terms.stop_price) parts.push(`stop ${places(terms.stop_price)}`);
  return parts.join(", ") || words(terms.order_type);
}

function fundText(order) {
  const [first, ...rest] = order.allocations;
  if (first === undefined) return "";
  return rest.length > 0 ? `${first.fund} +${rest.length}` : first.fund;
}

function allFunds(order) {
  return order.allocations.map((leg) => `${leg.fund} ${grouped(leg.quantity)}`).join(", ");
}

/** Who the order waits for, and why. */
export function waitText(order) {
  const waits = order.waiting_for;
  return waits ? `${words(waits.who)}: ${waits.why}` : "";
}

function number(id, title, width, name, format = grouped) {
  return {
    id, title, width, num: true, sort: "decimal",
    key: (row) => row[name] ?? "",
    text: (row) => format(row[name] ?? ""),
    hover: (row) => row[name] ?? "",
  };
}

function text(id, title, width, read, more = {}) {
  return { id, title, width, sort: "text", key: read, text: read, ...more };
}

/** Zero shows as nothing, so that what is not zero stands out. */
function quiet(format) {
  return (value) => (value === "0" ? "" : format(value));
}

export const ORDER_COLUMNS = [
  text("status", "Status", "8.5rem", (row) => words(row.status) + (row.cancel_pending ? " (canceling)" : ""), {
    mark: (row) => STATUSES[row.status]?.mark,
    tone: (row) => STATUSES[row.status]?.tone,
  }),
  text("side", "Side", "5.4rem", (row) => sideText(row.side), {
    tone: (row) => (row.side.startsWith("buy") ? "buy" : "sell"),
  }),
  text("security", "Security", "7.4rem", (row) => row.security.value, {
    hover: (row) => `${row.security.value} ${row.security.name}`,
  }),
  number("quantity", "Quantity", "5.6rem", "quantity"),
  number("placed", "Placed", "5.2rem", "placed_quantity", quiet(grouped)),
  number("filled", "Filled", "5.2rem", "cum_qty", quiet(grouped)),
  {
    id: "done", title: "Done", width: "3.6rem", num: true, sort: "text",
    key: (row) => percent(row.cum_qty, row.quantity).padStart(5, "0"),
    text: (row) => (row.cum_qty === "0" ? "" : percent(row.cum_qty, row.quantity)),
  },
  number("avg_px", "Avg px", "5.4rem", "avg_px", quiet((value) => places(value))),
  {
    ...number("limit", "Limit", "5.6rem", "limit_price", (value) => places(value)),
    text: (row) => priceText(row), hover: (row) => `${words(row.order_type)} ${row.limit_price ?? ""}`,
  },
  text("tif", "TIF", "3.4rem", (row) => timeText(row)),
  text("funds", "Funds", "8.2rem", fundText, { hover: allFunds }),
  text("pm", "PM", "6rem", (row) => row.portfolio_manager),
  text("trader", "Trader", "6rem", (row) => row.trader ?? ""),
  text("check", "Check", "6.2rem", (row) => words(row.compliance.outcome || "not yet"), {
    mark: (row) => OUTCOMES[row.compliance.outcome]?.mark ?? "–",
    tone: (row) => OUTCOMES[row.compliance.outcome]?.tone ?? "idle",
  }),
  text("waiting", "Waiting for", "minmax(14rem, 1fr)", waitText),
  text("updated", "Changed", "5.2rem", (row) => row.updated_at, {
    text: (row) => clock(row.updated_at), still: true,
  }),
];

/** Everything of an order that a filter may be about, in small letters. */
export function searchText(order) {
  return [
    order.id, order.client_order_id, order.status, words(order.status), sideText(order.side),
    order.security.value, order.security.name, order.portfolio_manager, order.trader,
    order.placed_by, order.reason, order.instructions, waitText(order),
    words(order.order_type), timeText(order), ...order.allocations.map((leg) => leg.fund),
  ].join("\n").toLowerCase();
}
