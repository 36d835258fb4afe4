// An order over time: the prices of its fills against its limit, and how much of it was done.

import type { Execution, Order, Schemas } from "../../api/client";
import { fromScaled, grouped, places, scaled } from "../../kit/format";
import { drawn } from "../parts/numbers";
import { chart, type Line } from "../parts/plot";

const PRICE = (value: number): string => value.toFixed(2);
const UNITS = (value: number): string => Math.round(value).toLocaleString("en-US");

/** Fills, the average so far, and the limit. */
export function priceChart(order: Order, fills: readonly Execution[]): HTMLElement {
  const times = [Date.parse(order.created_at) / 1000, ...rising(fills)];
  const averages = running(fills);
  const prices = fills.map((one) => one.last_px);
  const lines: Line[] = [
    { name: "Fill", kind: "points", colour: "accent", values: [null, ...prices.map(drawn)], texts: ["", ...prices.map((one) => places(one))] },
    { name: "Average so far", colour: "good", values: [null, ...averages.map(drawn)], texts: ["", ...averages.map((one) => places(one))] },
  ];
  if (order.limit_price) lines.push(level("Limit", order.limit_price, times.length));
  return chart({ title: `Fills of ${order.security.value ?? ""}, ${order.security.currency ?? ""}`, times, lines, format: PRICE });
}

/** Units done after each fill, against the whole. */
export function progressChart(order: Order, fills: readonly Execution[]): HTMLElement {
  let done = 0n;
  const sums = ["0", ...fills.map((one) => {
    done += scaled(one.last_qty) ?? 0n;
    return fromScaled(done);
  })];
  const lines: Line[] = [
    { name: "Done", kind: "steps", colour: "accent", values: sums.map(drawn), texts: sums.map((one) => grouped(one)) },
    level("Whole order", order.quantity, sums.length),
  ];
  const times = [Date.parse(order.created_at) / 1000, ...rising(fills)];
  return chart({ title: "Units done", times, lines, format: UNITS, height: 160 });
}

/** One mark a day. */
export function marksChart(history: Schemas["HistoryResource"], order: Order): HTMLElement {
  const marks = history.data;
  const lines: Line[] = [{ name: "Mark", colour: "accent", values: marks.map((one) => drawn(one.price)), texts: marks.map((one) => places(one.price)) }];
  if (order.limit_price) lines.push(level("Limit", order.limit_price, marks.length));
  const times = marks.map((one) => Date.parse(one.as_of) / 1000);
  return chart({ title: `Daily marks, ${history.currency}`, times, lines, format: PRICE, height: 160, daily: true });
}

function level(name: string, value: string, count: number): Line {
  return { name, kind: "dashed", colour: "warn", values: Array(count).fill(drawn(value)), texts: Array(count).fill(places(value)) };
}

/** Seconds of the fills as we got them; two of one instant are drawn a microsecond apart. */
function rising(fills: readonly Execution[]): number[] {
  let last = 0;
  return fills.map((one) => {
    last = Math.max(Date.parse(one.received_at) / 1000, last + 1e-6);
    return last;
  });
}

/** The average price after each fill, rounded to ten places towards zero; the order's own figure is exact. */
function running(fills: readonly Execution[]): string[] {
  let units = 0n;
  let value = 0n;
  return fills.map((one) => {
    const quantity = scaled(one.last_qty) ?? 0n;
    units += quantity;
    value += quantity * (scaled(one.last_px) ?? 0n);
    return units === 0n ? "0" : fromScaled(value / units);
  });
}
