// One action on many orders: a preview of what would be done to which, one confirmation, one line of
// outcome an order.

import { api, keyed, newKey, told, type Order } from "../api/client";
import { tellProblem } from "../api/problem";
import { button, fill, h } from "../kit/dom";
import { field, modal, textInput } from "../kit/dialog";
import { grouped, words } from "../kit/format";
import { note } from "../kit/notes";
import { store } from "../stream/store";
import { ACTIONS } from "./actions";
import { allowed, warned, type ActionName } from "./rules";
import { inWords, priceText } from "./words";

/** Actions that ask nothing that differs from order to order. */
const BULK = ["submit", "approve", "release", "hold", "cancel"] as const;
export type BulkName = (typeof BULK)[number];

/** Which actions can be done to at least one of the orders, and to how many. */
export function bulkActions(orders: readonly Order[]): { name: BulkName; count: number }[] {
  return BULK.map((name) => ({ name, count: orders.filter((order) => can(name, order)).length }))
    .filter(({ count }) => count > 0);
}

function can(name: ActionName, order: Order): boolean {
  return allowed(order).includes(name);
}

async function request(name: BulkName, order: Order, said: { reason: string; acknowledge: boolean }, key: string): Promise<Order> {
  const { reason, acknowledge } = said;
  const params = { path: { order_id: order.id }, header: keyed(key) };
  switch (name) {
    case "submit": return told(api.POST("/api/v1/orders/{order_id}/submit", { params, body: {} }));
    case "approve": return told(api.POST("/api/v1/orders/{order_id}/approve", { params, body: {} }));
    case "release": return told(api.POST("/api/v1/orders/{order_id}/release", { params, body: { acknowledge } }));
    case "hold": return told(api.POST("/api/v1/orders/{order_id}/hold", { params, body: { reason } }));
    case "cancel": return told(api.POST("/api/v1/orders/{order_id}/cancel", { params, body: { reason } }));
  }
}

/** Show what would be done, and do it when the person says so. */
export function bulk(name: BulkName, orders: readonly Order[]): void {
  const able = orders.filter((order) => can(name, order));
  const keys = new Map(able.map((order) => [order.id, newKey()]));
  const { label } = ACTIONS[name];
  const reason = textInput();
  const asks = name === "hold" || name === "cancel";
  const seen = h("input", { type: "checkbox" });
  const warnings = name === "release" ? able.filter(warned).length : 0;
  const cells = new Map(able.map((order) => [order.id, h("td", { class: "soft" }, words(order.status))]));
  const rows = able.map((order) => h("tr", {},
    h("td", {}, inWords(order)), h("td", { class: "num" }, priceText(order)),
    h("td", {}, order.allocations.map((leg) => leg.fund).join(", ")), cells.get(order.id)));
  const head = ["Order", "Limit", "Funds", "Now"].map((title) => h("th", { scope: "col", class: title === "Limit" ? "num" : null }, title));
  const skipped = orders.length - able.length;
  const go = h("button", { type: "submit", class: name === "cancel" ? "danger" : "primary" }, `${label} ${able.length}`);
  const leave = button("Close", () => dialog.close());
  const form = h("form", { class: "form" },
    h("p", {}, `${able.length} of ${orders.length} orders.`, skipped > 0 ? ` ${skipped} cannot be: left as they are.` : ""),
    h("div", { class: "scroll tall" }, h("table", {}, h("thead", {}, h("tr", {}, head)), h("tbody", {}, rows))),
    asks ? field("bulk-reason", "Reason", reason) : null,
    warnings > 0 ? field("bulk-seen", `I have seen what the checks of ${warnings} of them warn of`, seen) : null,
    h("div", { class: "buttons" }, leave, go));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    go.disabled = true;
    void run();
  });
  const run = async (): Promise<void> => {
    let done = 0;
    for (const order of able) {
      const cell = cells.get(order.id);
      if (cell?.classList.contains("tone-good")) continue; // done in an earlier try
      try {
        const answer = await request(name, order, { reason: reason.value.trim(), acknowledge: seen.checked }, keys.get(order.id) ?? "");
        store.take("orders", answer);
        done += 1;
        if (cell) {
          cell.className = "tone-good";
          fill(cell, words(answer.status));
        }
      } catch (error) {
        if (cell) {
          cell.className = "wrong wrap";
          fill(cell, tellProblem(error));
        }
      }
    }
    const failed = able.filter((order) => cells.get(order.id)?.classList.contains("wrong")).length;
    if (failed === 0) {
      dialog.close();
      note(`${label}: ${grouped(String(done))} orders.`);
    } else {
      go.textContent = `Try ${failed} again`;
      go.disabled = false;
    }
  };
  const dialog = modal(`${label}: ${able.length} orders`, form, { kind: "wide" });
  (asks ? reason : go).focus();
}
