// The order line: an order in one typed line, as in
//   b 5000 AAPL @180 gtc GROWTH,INDEX
//   sell 12k MSFT.XNAS mkt GROWTH:8000,INDEX:4000 "trim after results"
// Side, quantity and security come first; the rest in any order. Without quantities the funds get equal
// whole parts, what is left over goes to the first.

import type { Fund, Schemas, Security } from "../api/client";
import { fromScaled, scaled, sum } from "../kit/format";

type OrderBody = Schemas["OrderBody"];
/** An order as it is typed, before it has an id of its own. */
export type NewOrder = Omit<OrderBody, "client_order_id">;
/** One in units. */
export type Draft = Omit<NewOrder, "quantity" | "allocations" | "sizing"> & {
  quantity: string;
  allocations: { fund: string; quantity: string }[];
};

export interface Known {
  securities: readonly Security[];
  funds: readonly Fund[];
}

/** The order, or what is wrong with the line. An empty line is neither. */
export type ParsedLine = { draft: Draft; problem: "" } | { draft: null; problem: string };

const SIDES: Readonly<Record<string, Draft["side"]>> = {
  b: "buy", buy: "buy", s: "sell", sell: "sell", ss: "sell_short", short: "sell_short",
  bc: "buy_to_cover", cover: "buy_to_cover",
};
const TIMES: Readonly<Record<string, Draft["time_in_force"]>> = {
  day: "day", gtc: "gtc", ioc: "ioc", fok: "fok", opg: "at_the_opening", cls: "at_the_close",
};
const TYPES: Readonly<Record<string, Draft["order_type"]>> = {
  mkt: "market", market: "market", moc: "market_on_close", moo: "market_on_open",
  loc: "limit_on_close", loo: "limit_on_open",
};
const QUANTITY = /^(\d[\d,]*(?:\.\d+)?)([km]?)$/i;
const DECIMAL = /^\d+(\.\d+)?$/;
const THOUSANDS: Readonly<Record<string, bigint>> = { "": 1n, k: 1_000n, m: 1_000_000n };

/** Read a line. */
export function parseLine(typed: string, known: Known): ParsedLine {
  const reason = /"([^"]*)"?/.exec(typed)?.[1] ?? "";
  const [side = "", quantity = "", ticker = "", ...rest] = typed.replace(/"[^"]*"?/, " ").trim().split(/\s+/);
  if (side === "") return wrong("");
  const at = SIDES[side.toLowerCase()];
  if (at === undefined) return wrong("begin with b, s, ss or bc");
  const units = quantityOf(quantity);
  if (units === null) return wrong("then the quantity: 5000 or 5k");
  const security = securityOf(ticker, known.securities);
  if (typeof security === "string") return wrong(security);
  const draft: Draft = {
    side: at, quantity: units, security: { scheme: "id", value: security.id }, order_type: "market",
    time_in_force: "day", allocations: [], reason, submit: true,
  };
  const problem = takeRest(draft, rest, known.funds);
  return problem ? wrong(problem) : { draft, problem: "" };
}

function wrong(problem: string): ParsedLine {
  return { draft: null, problem };
}

/** 5000, 5,000, 5k or 1.5m as a plain decimal; null where it is none of them. */
export function quantityOf(typed: string): string | null {
  const match = QUANTITY.exec(typed);
  const units = scaled(match?.[1]?.replaceAll(",", ""));
  if (match === null || units === null || units === 0n) return null;
  return fromScaled(units * (THOUSANDS[(match[2] ?? "").toLowerCase()] ?? 1n));
}

/** The security of a ticker, or of ticker.MIC; or what is wrong. */
export function securityOf(typed: string, securities: readonly Security[]): Security | string {
  const wanted = typed.toUpperCase();
  if (wanted === "") return "then the security: AAPL or AAPL.XNAS";
  const found = securities.filter((one) =>
    one.active && (one.symbol.toUpperCase() === wanted || `${one.symbol}.${one.mic}`.toUpperCase() === wanted));
  if (found.length > 1) return `${wanted} is ${found.map((one) => `${one.symbol}.${one.mic}`).join(" and ")}: say which`;
  return found[0] ?? `no security ${wanted}`;
}

function takeRest(draft: Draft, rest: readonly string[], funds: readonly Fund[]): string {
  let named = "";
  for (let at = 0; at < rest.length; at += 1) {
    const word = rest[at] ?? "";
    const small = word.toLowerCase();
    const price = word === "@" || small === "stop" ? rest[(at += 1)] ?? "" : word.slice(1);
    if (word.startsWith("@") || small === "stop") {
      if (!DECIMAL.test(price)) return `${price || word} is no price`;
      if (small === "stop") draft.stop_price = price;
      else draft.limit_price = price;
    } else if (TIMES[small] !== undefined) draft.time_in_force = TIMES[small];
    else if (TYPES[small] !== undefined) draft.order_type = TYPES[small];
    else if (named) return `what is ${word}?`;
    else named = word;
  }
  if (draft.order_type === "market" && draft.limit_price) draft.order_type = draft.stop_price ? "stop_limit" : "limit";
  else if (draft.order_type === "market" && draft.stop_price) draft.order_type = "stop";
  return takeFunds(draft, named, funds);
}

function takeFunds(draft: Draft, named: string, funds: readonly Fund[]): string {
  const only = funds.length === 1 ? funds[0]?.code ?? "" : "";
  const parts = (named || only).split(",").filter(Boolean).map((part) => part.split(":"));
  if (parts.length === 0) return "then the funds: GROWTH,INDEX";
  const codes: string[] = [];
  for (const [typed = ""] of parts) {
    const fund = funds.find((one) => one.code.toUpperCase() === typed.toUpperCase());
    if (fund === undefined) return `no fund ${typed}`;
    codes.push(fund.code);
  }
  if (parts.some((part) => part.length > 1)) {
    const given = parts.map((part) => quantityOf(part[1] ?? ""));
    if (sum(given) !== draft.quantity) return `the funds do not add up to ${draft.quantity}`;
    draft.allocations = codes.map((fund, at) => ({ fund, quantity: given[at] ?? "0" }));
  } else draft.allocations = equalParts(draft.quantity, codes);
  return "";
}

/** Whole parts, and what is left over to the first. */
export function equalParts(quantity: string, funds: readonly string[]): Draft["allocations"] {
  const total = scaled(quantity) ?? 0n;
  const whole = 10n ** 10n;
  const part = (total / whole / BigInt(funds.length)) * whole;
  return funds
    .map((fund, at) => ({ fund, quantity: fromScaled(at === 0 ? total - part * BigInt(funds.length - 1) : part) }))
    .filter((leg) => leg.quantity !== "0");
}
