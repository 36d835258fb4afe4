// What waits for a decision, one card each with large buttons: made for a phone, good on a desk.

import type { Hit, Order, Waiver } from "../../api/client";
import { button, calmly, fill, h } from "../../kit/dom";
import { ageOf, grouped } from "../../kit/format";
import { act, decideWaiver } from "../../orders/actions";
import { allowed, mayDecide } from "../../orders/rules";
import { inWords, priceText } from "../../orders/words";
import { store } from "../../stream/store";
import { openWaivers, ordersToApprove } from "../compliance/queue";
import type { View } from "../page";
import { money } from "../parts/numbers";
import { pairs } from "../parts/page";

class Approvals implements View {
  readonly element = h("div", { class: "page" });
  private readonly cards = h("div", { class: "cards-wide", "aria-live": "polite" });
  private readonly unlisten: () => void;

  constructor() {
    fill(this.element, h("h1", { class: "unseen" }, "Approvals"), this.cards);
    this.unlisten = store.listen(calmly(() => this.paint(), 250));
  }

  shown(): void {
    this.paint();
  }

  destroy(): void {
    this.unlisten();
  }

  private paint(): void {
    if (!this.element.isConnected) return;
    const focused = this.cards.contains(document.activeElement);
    const waivers = openWaivers().toSorted((a, b) => (a.created_at < b.created_at ? -1 : 1)).flatMap((one) => {
      const order = store.topics.orders.get(one.order_id);
      return order === undefined ? [] : [waiverCard(one, order)];
    });
    const orders = ordersToApprove().filter((one) => allowed(one).includes("approve")).map(orderCard);
    const none = h("p", { class: "soft pad" }, "Nothing waits for a decision.");
    fill(this.cards, waivers.length + orders.length === 0 ? none : [...waivers, ...orders]);
    if (focused) this.cards.querySelector<HTMLElement>("h2 a")?.focus(); // never on a button that decides
  }
}

function funds(order: Order): string {
  return order.allocations.map((leg) => `${leg.fund} ${grouped(leg.quantity)}`).join(", ");
}

function waiverCard(one: Waiver, order: Order): HTMLElement {
  const rule = one.rule.split("@")[0];
  const hits = store.of("hits", order.id).filter((hit: Hit) => hit.rule === rule);
  const [no, yes] = [mayDecide(one, order, false), mayDecide(one, order, true)];
  return h("article", { class: "card", "aria-label": `Waiver of ${one.rule}` },
    h("h2", {}, h("a", { href: `#/compliance/waivers/${one.id}` }, `Waive ${one.rule}`)),
    h("p", {}, inWords(order), ` at ${priceText(order)}`),
    hits.length > 0 ? h("p", { class: "wrong" }, hits[0]?.explanation) : null,
    pairs([
      ["Funds", funds(order)], ["Over by", money(one.max_excess)], ["Asked by", `${one.requested_by}, ${ageOf(one.created_at)} ago`],
      ["Why", one.reason], ["Order because", order.reason],
    ]),
    yes || no ? h("div", { class: "buttons" },
      no ? button("Refuse", () => decideWaiver(one, order, false), { kind: "danger" }) : null,
      yes ? button("Approve", () => decideWaiver(one, order, true), { kind: "primary" }) : null)
      : h("p", { class: "soft" }, "Another person must decide."));
}

function orderCard(order: Order): HTMLElement {
  return h("article", { class: "card", "aria-label": `Approval of ${inWords(order)}` },
    h("h2", {}, h("a", { href: `#/orders/${order.id}` }, inWords(order))),
    h("p", {}, "Large enough to need a second person."),
    pairs([["Price", priceText(order)], ["Funds", funds(order)], ["Entered by", `${order.placed_by}, ${ageOf(order.created_at)} ago`], ["Because", order.reason]]),
    h("div", { class: "buttons" }, button("Approve", () => act("approve", order), { kind: "primary" })));
}

export function approvalsView(): View {
  return new Approvals();
}
