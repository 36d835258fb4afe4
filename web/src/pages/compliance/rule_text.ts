// A rule as the text that people edit: YAML, as `tradeoms load rules` reads it. Scalars are written as JSON
// writes them, which YAML reads the same, so that no number or date changes on the way.

import type { Security } from "../../api/client";
import type { Rule } from "./rules";

const FIRST = ["id", "version", "title", "kind", "severity", "when", "scope", "text", "source"];
const WORD = /^[a-z][a-z_]*([.-][a-z_]+)*$/;
const NOT_WORDS = new Set(["true", "false", "null"]);

/** What a new rule begins with. */
export const NEW_RULE = `- id: my.rule
  version: 1
  title: "No issuer above five percent"
  kind: ratio
  severity: soft
  when: both
  group_by: issuer
  max: "0.05"
  scope:
    funds: []
  text: ""
  source: ""
  cases:
    - {id: fits, mode: fit, fund: FUND, expect: {outcome: PASS}}
`;

/** The next version of a rule, to be edited; what says nothing stands at the end. */
export function draftText(rule: Rule, version: number, securities: readonly Security[]): string {
  const names = new Map(securities.map((one) => [one.id, `${one.symbol}.${one.mic}`]));
  const said = { ...(rule.definition as Record<string, unknown>), version };
  const list = (said as { list?: unknown }).list;
  if (Array.isArray(list)) Object.assign(said, { list: list.map((id) => names.get(String(id)) ?? id) });
  const fields = Object.entries(said).toSorted(([a], [b]) => place(a) - place(b));
  const loud = fields.filter(([, value]) => !silent(value));
  const quiet = fields.filter(([, value]) => silent(value));
  const lines = [
    ...loud.flatMap(([name, value]) => entry(name, value)),
    ...entry("cases", rule.cases),
    ...(quiet.length > 0 ? ["# Not used so far:", ...quiet.flatMap(([name, value]) => entry(name, value))] : []),
  ];
  return lines.map((line, at) => `${at === 0 ? "- " : "  "}${line}\n`).join("");
}

function place(name: string): number {
  const at = FIRST.indexOf(name);
  return at < 0 ? FIRST.length : at;
}

function silent(value: unknown): boolean {
  return value === null || value === "" || value === false || (Array.isArray(value) && value.length === 0);
}

/** The lines of `name: value`. */
function entry(name: string, value: unknown): string[] {
  if (Array.isArray(value) && value.some(isMapping)) return [`${name}:`, ...value.map((one) => `  - ${JSON.stringify(one)}`)];
  if (isMapping(value) && Object.keys(value).length > 0) {
    return [`${name}:`, ...Object.entries(value).flatMap(([key, one]) => entry(key, one)).map((line) => `  ${line}`)];
  }
  return [`${name}: ${scalar(value)}`];
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function scalar(value: unknown): string {
  if (typeof value === "string" && WORD.test(value) && !NOT_WORDS.has(value)) return value;
  if (Array.isArray(value)) return `[${value.map((one) => scalar(one)).join(", ")}]`;
  return JSON.stringify(value);
}
