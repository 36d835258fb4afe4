// Entering an order. It keeps its client_order_id and key for as long as its text is the same, so that
// sending it again after a lost answer cannot enter it twice.

import { api, keyed, newKey, told, type Order } from "../api/client";
import { note } from "../kit/notes";
import { store } from "../stream/store";
import type { NewOrder } from "./line";
import { inWords } from "./words";

export class Entry {
  private sent = "";
  private key = newKey();
  private client = "";

  /** Enter `draft`; a repetition of the same draft is the same order. */
  async enter(draft: NewOrder, clientOrderId = ""): Promise<Order> {
    const text = JSON.stringify([draft, clientOrderId]);
    if (text !== this.sent) {
      this.sent = text;
      this.key = newKey();
      this.client = clientOrderId || `web-${newKey().slice(0, 20)}`;
    }
    const body = { ...draft, client_order_id: this.client };
    const order = await told(api.POST("/api/v1/orders", { params: { header: keyed(this.key) }, body }));
    this.sent = "";
    store.take("orders", order);
    note(`${inWords(order)} entered: ${order.status}.`, ["blocked", "held"].includes(order.status) ? "bad" : "good");
    return order;
  }
}
