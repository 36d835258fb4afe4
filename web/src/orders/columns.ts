// The columns of the orders grid.

import type { Order } from "../api/client";
import { numberColumn, textColumn, timeColumn, type BlotterColumn } from "../grid/column";
import { grouped, percent, places, words } from "../kit/format";
import { allowed, OUTCOMES, STATUSES } from "./rules";
import { priceText, sideText, timeText, waitText } from "./words";

/** Zero shows as nothing, so that what is not zero stands out. */
function quiet(format: (value: string) => string): (value: string) => string {
  return (value) => (value === "0" ? "" : format(value));
}

function fundText(order: Order): string {
  return order.allocations.map((leg) => leg.fund).join(", ");
}

function amendable(order: Order): boolean {
  return allowed(order).includes("amend");
}

export const ORDER_COLUMNS: readonly BlotterColumn<Order>[] = [
  textColumn("status", "Status", 128, (row) => words(row.status) + (row.cancel_pending ? " (canceling)" : ""), {
    raw: (row) => row.status, group: true,
    mark: (row) => STATUSES[row.status]?.mark, tone: (row) => STATUSES[row.status]?.tone,
  }),
  textColumn("side", "Side", 76, (row) => sideText(row.side), {
    raw: (row) => row.side, group: true, tone: (row) => (row.side.startsWith("buy") ? "buy" : "sell"),
  }),
  textColumn("security", "Security", 104, (row) => row.security.value, {
    hover: (row) => row.security.name ?? "", group: true,
  }),
  textColumn("name", "Name", 160, (row) => row.security.name, { hidden: true }),
  numberColumn("quantity", "Quantity", 84, (row) => row.quantity, grouped, {
    total: true, editable: amendable,
  }),
  numberColumn("placed", "Placed", 76, (row) => row.placed_quantity, quiet(grouped), { total: true }),
  numberColumn("filled", "Filled", 76, (row) => row.cum_qty, quiet(grouped), { total: true }),
  numberColumn("left", "Left", 76, (row) => row.leaves_qty, quiet(grouped), { total: true, hidden: true }),
  textColumn("done", "Done", 64, (row) => (row.cum_qty === "0" ? "" : percent(row.cum_qty, row.quantity)), {
    raw: (row) => percent(row.cum_qty, row.quantity).replace("%", ""), decimal: true,
    bar: (row) => Number(percent(row.cum_qty, row.quantity).replace("%", "")),
  }),
  numberColumn("limit", "Limit", 128, (row) => row.limit_price, (value) => places(value), {
    text: (row) => priceText(row), hover: (row) => `${priceText(row)}, ${words(row.order_type).toLowerCase()}`, editable: (row) => row.limit_price !== null && amendable(row),
  }),
  numberColumn("avg_px", "Avg px", 80, (row) => row.avg_px, quiet((value) => places(value))),
  textColumn("tif", "TIF", 60, timeText, { group: true, hover: timeText }),
  textColumn("fund", "Funds", 132, fundText, {
    raw: (row) => row.allocations.map((leg) => leg.fund).join(" "), group: true,
    hover: (row) => row.allocations.map((leg) => `${leg.fund} ${grouped(leg.quantity)}`).join(", "),
  }),
  textColumn("pm", "PM", 92, (row) => row.portfolio_manager, { group: true }),
  textColumn("trader", "Trader", 84, (row) => row.trader, { group: true }),
  textColumn("check", "Check", 76, (row) => words(row.compliance.outcome || "not yet"), {
    raw: (row) => row.compliance.outcome ?? "", group: true,
    mark: (row) => OUTCOMES[row.compliance.outcome ?? ""]?.mark ?? "–",
    tone: (row) => OUTCOMES[row.compliance.outcome ?? ""]?.tone ?? "idle",
  }),
  textColumn("waiting", "Waiting for", 260, waitText, { hover: waitText }),
  timeColumn("updated", "Changed", 80, (row) => row.updated_at),
  timeColumn("created", "Entered", 80, (row) => row.created_at, { hidden: true }),
  textColumn("currency", "Currency", 72, (row) => row.security.currency, { hidden: true, group: true }),
  textColumn("type", "Type", 92, (row) => words(row.order_type), { raw: (row) => row.order_type, hidden: true, group: true }),
  textColumn("client", "Client order id", 150, (row) => row.client_order_id, { hidden: true }),
  textColumn("id", "Id", 160, (row) => row.id, { hidden: true }),
];

const texts = new WeakMap<Order, string>();

/** Everything of an order that a filter may be about, in small letters. */
export function searchText(order: Order): string {
  let text = texts.get(order);
  if (text === undefined) {
    text = [
      order.id, order.client_order_id, order.status, words(order.status), sideText(order.side),
      order.security.value, order.security.name, order.portfolio_manager, order.trader ?? "",
      order.placed_by, order.reason, order.instructions, waitText(order), words(order.order_type),
      timeText(order), ...order.allocations.map((leg) => leg.fund),
    ].join("\n").toLowerCase();
    texts.set(order, text);
  }
  return text;
}
