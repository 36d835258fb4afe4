// What an event of an order changed: the fields that differ between the versions before and after it, else
// what the event itself says.

import type { JournalEvent, Order } from "../../api/client";
import { grouped, places, words } from "../../kit/format";

export interface Change {
  name: string;
  /** What it was; null where there was nothing before. */
  before: string | null;
  after: string;
}

/** Fields of an order that say something when they change. */
const FIELDS = [
  "status", "quantity", "order_type", "limit_price", "stop_price", "time_in_force", "expire_on", "instructions", "trader",
  "approved_by", "cum_qty", "avg_px",
] as const;
const PRICES: ReadonlySet<string> = new Set(["limit_price", "stop_price", "avg_px"]);
/** Fields of an event that its heading or its versions tell. */
const TOLD = new Set(["at", "evidence", "received_at", "sent_at", "row", "split", "order_id", "scheme", "submit", "late_joiner"]);
/** Fields whose values are words of ours, not of a person. */
const CODED: ReadonlySet<string> = new Set(["status", "side", "order_type", "time_in_force", "stage", "action", "outcome"]);
const SHOWN = 8;

export function changesOf(event: JournalEvent, versions: readonly Order[]): Change[] {
  const at = versions.findIndex((one) => one.seq === event.seq);
  const [after, before] = [versions[at], versions[at - 1]];
  if (after !== undefined && before !== undefined) {
    const changed = FIELDS.filter((name) => before[name] !== after[name])
      .map((name) => ({ name: words(name), before: valueOf(name, before), after: valueOf(name, after) }));
    return [...changed, ...legs(before, after), ...said(event, new Set(changed.map((one) => one.name)))];
  }
  return said(event, new Set());
}

function valueOf(name: (typeof FIELDS)[number], order: Order): string {
  const value = order[name];
  return shown(name, value) || "none";
}

function legs(before: Order, after: Order): Change[] {
  const [was, is] = [legText(before), legText(after)];
  return was === is ? [] : [{ name: "Funds", before: was, after: is }];
}

function legText(order: Order): string {
  return order.allocations.map((leg) => `${leg.fund} ${grouped(leg.quantity)}`).join(", ");
}

/** What the event says of itself: short texts and lists of them, ids left out. */
function said(event: JournalEvent, known: ReadonlySet<string>): Change[] {
  const found: Change[] = [];
  for (const [name, value] of Object.entries(event.data as Record<string, unknown>)) {
    if (TOLD.has(name) || known.has(words(name)) || /_ids?$/.test(name)) continue;
    const after = name === "legs" ? legsOf(value) : shown(name, value);
    if (after && after !== "0" && after !== "false") found.push({ name: words(name), before: null, after });
  }
  return found.slice(0, SHOWN);
}

function shown(name: string, value: unknown): string {
  if (typeof value !== "string") return text(value);
  if (PRICES.has(name)) return places(value);
  return CODED.has(name) ? words(value) : text(value);
}

function legsOf(value: unknown): string {
  if (!Array.isArray(value)) return "";
  return (value as { fund?: string; quantity?: string }[])
    .filter((leg) => leg.fund).map((leg) => `${leg.fund ?? ""} ${grouped(leg.quantity)}`).join(", ");
}

function text(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.every((one) => typeof one === "string") ? value.join(", ") : "";
  if (typeof value === "object") return "";
  const plain = String(value);
  return /^[a-z]+(_[a-z]+)+$/.test(plain) ? words(plain) : grouped(plain);
}
