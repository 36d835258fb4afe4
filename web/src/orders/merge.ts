// Orders worked together: merged after a preview of what the block would be, and parted again.

import { api, keyed, newKey, told, type Order, type Schemas } from "../api/client";
import { incomplete } from "../api/problem";
import { may } from "../api/person";
import { ask } from "../kit/dialog";
import { h } from "../kit/dom";
import { grouped, sum } from "../kit/format";
import { fundsOf, phaseOf } from "./rules";
import { inWords, priceText } from "./words";

export type Block = Schemas["BlockResource"];

/** True where the order could be merged: with the desk, and never placed. */
export function mergeable(order: Order): boolean {
  return phaseOf(order) === "released" && order.placed_quantity === "0" && may("MergeOrders", fundsOf(order));
}

/** Show what the block would be, and merge; the server says what differs. */
export function merge(orders: readonly Order[], onDone: () => void): void {
  const key = newKey();
  const first = orders[0];
  if (first === undefined) return;
  const total = sum(orders.map((one) => one.quantity)) ?? "";
  const head = ["Order", "Limit", "Manager", "Funds"].map((title) => h("th", { scope: "col", class: title === "Limit" ? "num" : null }, title));
  const rows = orders.map((one) => h("tr", {}, h("td", {}, inWords(one)), h("td", { class: "num" }, priceText(one)),
    h("td", {}, one.portfolio_manager), h("td", {}, fundsOf(one).join(", "))));
  ask({
    title: `Work ${orders.length} orders together`,
    lines: [
      `${inWords({ ...first, quantity: total })} in one block.`,
      "Fills are shared in proportion to what each order has left, at one average price.",
    ],
    fields: [h("div", { class: "scroll tall" }, h("table", {}, h("thead", {}, h("tr", {}, head)), h("tbody", {}, rows)))],
    verb: "Merge",
    act: async () => {
      const body = { orders: orders.map((one) => one.id) };
      const block = await told(api.POST("/api/v1/blocks", { params: { header: keyed(key) }, body }));
      onDone();
      return `${grouped(block.quantity)} ${block.security.value} in ${block.id}.`;
    },
  });
}

/** Take orders out of a block: all of them, or those that are ticked. */
export function unmerge(block: Block, onDone: () => void): void {
  const key = newKey();
  const boxes = block.orders.map((one) => ({ one, box: h("input", { type: "checkbox", checked: true }) }));
  ask({
    title: "Work orders alone again",
    lines: ["What is executed stays with the orders that got it."],
    fields: [h("fieldset", {}, h("legend", {}, "Orders"), boxes.map(({ one, box }) =>
      h("label", { class: "check" }, box, `${one.portfolio_manager}: ${grouped(one.quantity)}, ${grouped(one.cum_qty)} filled`)))],
    verb: "Unmerge",
    act: async () => {
      const orders = boxes.filter(({ box }) => box.checked).map(({ one }) => one.order_id);
      if (orders.length === 0) throw incomplete("Tick at least one order.");
      const params = { path: { block_id: block.id }, header: keyed(key) };
      await told(api.POST("/api/v1/blocks/{block_id}/unmerge", { params, body: { orders } }));
      onDone();
      return `${orders.length === 1 ? "One order is" : `${orders.length} orders are`} worked alone again.`;
    },
  });
}
