// How an order is told in words.

import type { Order } from "../api/client";
import { grouped, places, words } from "../kit/format";

const SIDES: Record<string, string> = {
  buy: "Buy", sell: "Sell", sell_short: "Sell short", buy_to_cover: "Buy to cover",
};
const TIMES: Record<string, string> = {
  day: "Day", gtc: "GTC", gtd: "GTD", ioc: "IOC", fok: "FOK", at_the_opening: "Open", at_the_close: "Close",
};

/** A side as people read it. */
export function sideText(side: string): string {
  return SIDES[side] ?? words(side);
}

/** A time in force as people read it. */
export function timeText(terms: { time_in_force: string; expire_on?: string | null }): string {
  const text = TIMES[terms.time_in_force] ?? words(terms.time_in_force);
  return terms.expire_on ? `${text} ${terms.expire_on}` : text;
}

interface Priced {
  order_type: string;
  limit_price?: string | null;
  stop_price?: string | null;
}

/** The prices of an order or placement, or its type where it has none. */
export function priceText(terms: Priced): string {
  const parts: string[] = [];
  if (terms.limit_price) parts.push(places(terms.limit_price));
  if (terms.stop_price) parts.push(`stop ${places(terms.stop_price)}`);
  return parts.join(", ") || words(terms.order_type);
}

/** Who the order waits for, and why. */
export function waitText(order: Order): string {
  const waits = order.waiting_for;
  return waits ? `${words(waits.who)}: ${waits.why}` : "";
}

/** Behind a quantity that is not the whole: others, whom one may not see, have the rest. */
export function shareMark(row: { share?: boolean }): string {
  return row.share ? " (your share)" : "";
}

/** An order in one line. */
export function inWords(order: Pick<Order, "side" | "quantity" | "security">): string {
  return `${sideText(order.side)} ${grouped(order.quantity)} ${order.security.value}`;
}
