// What a rule says, in words: the names of its fields and values, shares of one as per cent. The text that is
// edited keeps the words of the file.

import { exact, percentage } from "../../kit/exact";
import { grouped, words } from "../../kit/format";
import { definition, type Rule } from "./rules";

/** Fields that the head of the page tells. */
const HEADED = new Set(["id", "version", "title", "text", "source", "severity", "kind", "scope"]);
const NAMES: Readonly<Record<string, string>> = {
  den: "Against", measure: "What is measured", group_by: "For each", level: "Counted by", max: "At most", min: "At least", warn: "Warns above",
  when: "Tested", test: "Judges", on_missing: "Data missing", on_missing_key: "Group missing", pending: "Open orders",
  reducing: "Reducing orders", overrides: "But", exclude: "Left out", select: "Only", cure: "To be cured", list: "Securities",
  max_adv: "Of a day's volume", max_value: "Largest value", max_qty: "Largest quantity", collar: "From the price", fee: "Fees",
  through_underlying: "Derivatives too", include_cash: "Counts cash", lookthrough: "Looks into funds", waiver_approvers: "Approvals of a waiver",
  duplicate_seconds: "Repeated within, s", per_seconds: "In so many seconds", max_messages: "Most messages", max_age_days: "Oldest data, days",
  effective_from: "From", effective_to: "Until", sides: "Sides", strict: "The limit itself passes", schedule: "Changes on", exceptions: "Exceptions",
};
const VALUES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  den: { nav: "net asset value", one: "nothing, as it is", nav_plus_borrowings: "net asset value and borrowings" },
  measure: { mv: "market value", mv_long: "market value of long holdings", mv_abs: "market value, long and short", qty: "quantity", par: "par amount" },
  when: { pre: "before the trade", post: "after the trade", both: "before and after the trade" },
  test: { always: "every holding", acquisition: "acquisitions only" },
  on_missing: { block: "stops the order", warn: "warns", disregard: "is left out" },
  on_missing_key: { bound: "counts towards every group", block: "stops the order" },
  pending: { worst: "counted at the worst", all: "counted as filled", none: "not counted" },
  reducing: { allow: "pass", deny: "are judged too" },
  strict: { true: "no" },
};
const SHARE_KINDS = new Set(["ratio", "bucket", "topn", "issues", "gross", "ownership"]);
const SHARES = new Set(["max", "min", "warn", "threshold", "bucket_max", "per_group_max", "own_threshold", "when_above", "per_issue_max", "max_over_benchmark"]);
const ALWAYS_SHARES = new Set(["max_adv", "collar", "blocked_owner_share"]);

/** The fields of the rule's kind that say something, as people read them. */
export function terms(rule: Rule): (readonly [string, string])[] {
  const said = definition(rule);
  const sharing = SHARE_KINDS.has(said.kind ?? "") && typeof said["den"] !== "object" && said["den"] !== "one";
  return Object.entries(said)
    .filter(([name, value]) => !HEADED.has(name) && !empty(value))
    .map(([name, value]) => [NAMES[name] ?? words(name), name === "cure" ? cured(value as Cure) : told(name, value, sharing)] as const);
}

interface Cure {
  kind: string;
  n?: number | null;
  but?: readonly string[];
  calendar?: string;
  escalation?: readonly { to: string; after: number }[];
}

/** How long a breach may last, and who is told after how many days. */
function cured(cure: Cure): string {
  const { n: days = 0, but = [], escalation = [] } = cure;
  const within: Readonly<Record<string, string>> = {
    priority: "as a priority", days: `within ${days} days`, business_days: `within ${days} business days${cure.calendar ? ` of ${cure.calendar}` : ""}`,
    quarter_end_plus: `within ${days} days of the end of the quarter`,
  };
  const except = but.length > 0 ? `, not counting ${but.join(" and ")}` : "";
  const steps = escalation.map(({ to, after }) => `${to} ${after === 0 ? "at once" : `after ${after} days`}`);
  return `${within[cure.kind] ?? words(cure.kind)}${except}${steps.length > 0 ? `; told: ${steps.join(", ")}` : ""}`;
}

/** A value without brackets and quotes; what is empty in it is left out. */
function told(name: string, value: unknown, sharing: boolean): string {
  if (Array.isArray(value)) return value.map((one) => told(name, one, sharing)).join(", ");
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).filter(([, one]) => !empty(one))
      .map(([key, one]) => `${(NAMES[key] ?? words(key)).replace(/^[A-Z](?=[a-z])/, (first) => first.toLowerCase())} ${told(key, one, sharing)}`).join(", ");
  }
  const plain = String(value);
  if (ALWAYS_SHARES.has(name) || (sharing && SHARES.has(name))) return shareOf(plain);
  return VALUES[name]?.[plain] ?? (value === true ? "yes" : grouped(plain).replaceAll("_", " "));
}

function shareOf(plain: string): string {
  const number = exact(plain);
  return number === null ? plain : percentage(number);
}

function empty(value: unknown): boolean {
  return value === null || value === "" || value === false || (Array.isArray(value) && value.length === 0) ||
    (typeof value === "object" && value !== null && Object.keys(value).length === 0);
}
