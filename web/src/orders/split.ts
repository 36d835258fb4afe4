// A part of an order made an order of its own: by quantity for each fund, with what stays beside it.

import { incomplete } from "../api/problem";
import { api, keyed, newKey, told, type Order } from "../api/client";
import { ask, field, textInput, type Control } from "../kit/dialog";
import { h } from "../kit/dom";
import { grouped, minus } from "../kit/format";
import { store } from "../stream/store";
import { plain } from "./plain";
import { inWords } from "./words";

/** Ask how much of each fund is split off. */
export function split(order: Order): void {
  const key = newKey();
  const client = `web-${newKey().slice(0, 20)}`;
  const legs = order.allocations.map((leg, at) => {
    const quantity = textInput({ inputmode: "decimal", class: "num", value: "" });
    const left = h("p", { class: "hint" });
    const look = (): void => {
      left.textContent = `${grouped(minus(leg.quantity, plain(quantity.value) || "0") ?? "?")} of ${grouped(leg.quantity)} stay.`;
    };
    quantity.addEventListener("input", look);
    look();
    return { leg, quantity, element: h("div", {}, field(`split-${at}`, `Split off for ${leg.fund}`, quantity), left) };
  });
  const places: Record<string, Control> = {}; // of the funds that are sent: the pointers count these
  ask({
    title: "Split the order",
    lines: [inWords(order), "What is split off becomes an order of its own with the same terms."],
    fields: legs.map(({ element }) => element), places,
    verb: "Split",
    act: async () => {
      const parts = legs.filter(({ quantity }) => !["", "0"].includes(plain(quantity.value)));
      const allocations = parts.map(({ leg, quantity }) => ({ fund: leg.fund, quantity: plain(quantity.value) }));
      parts.forEach(({ quantity }, number) => {
        places[`/allocations/${number}/quantity`] = quantity;
        places["/quantity"] ??= quantity;
      });
      if (allocations.length === 0) throw incomplete("Say how much is split off.");
      const params = { path: { order_id: order.id }, header: keyed(key) };
      const made = await told(api.POST("/api/v1/orders/{order_id}/split", { params, body: { client_order_id: client, allocations } }));
      store.take("orders", made);
      return `${inWords(made)} is an order of its own.`;
    },
  });
}
