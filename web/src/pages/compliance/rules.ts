// The rules: one line a rule with the version that counts most, in force before draft.

import { all, api, type Schemas } from "../../api/client";
import { may } from "../../api/person";
import { type Child, fill, h } from "../../kit/dom";
import { words } from "../../kit/format";
import type { View } from "../page";
import { Region } from "../parts/page";
import { Table } from "../parts/table";
import { ruleBadge, severityBadge } from "./signs";

export type Rule = Schemas["RuleResource"];

/** What all definitions have; a kind has more. */
export interface Definition {
  title?: string;
  kind?: string;
  severity?: string;
  text?: string;
  source?: string;
  scope?: Record<string, readonly string[]>;
  [field: string]: unknown;
}

export function definition(rule: Rule): Definition {
  return rule.definition as Definition;
}

/** All versions of all rules. */
export async function ruleVersions(): Promise<Rule[]> {
  const { rows } = await all((page) => api.GET("/api/v1/rules", { params: { query: page } }));
  return rows;
}

/** Whom a rule is for, in a few words. */
export function scopeText(rule: Rule): string {
  const parts = Object.entries(definition(rule).scope ?? {})
    .filter(([, names]) => names.length > 0)
    .map(([name, names]) => `${name.startsWith("exclude_") ? "not " : ""}${names.join(", ")}`);
  return parts.join("; ") || "Every fund";
}

interface Line {
  rule: Rule;
  versions: number;
  work: string;
}

/** What of a rule waits for somebody, in a few words; of several the one that matters most. */
function inWork(versions: readonly Rule[]): string {
  const asked = versions.find((one) => retirementWaits(one));
  if (asked) return `${asked.retirement_requested_by} asks to retire it`;
  if (versions.some((one) => one.status === "held")) return "A version was held back";
  return versions.some((one) => ["draft", "tested", "approved"].includes(one.status)) ? "A new version" : "";
}

/** True while the retirement of a version that somebody asked for waits for another person. */
export function retirementWaits(rule: Rule): boolean {
  return rule.retirement_requested_by !== null && rule.status !== "retired";
}

/** One line a rule: the version in force, else the newest. */
export function ruleLines(rows: readonly Rule[]): Line[] {
  const byId = Map.groupBy(rows, (row) => row.id);
  return [...byId.values()].map((versions) => {
    const newest = versions.toSorted((a, b) => b.version - a.version);
    const rule = newest.find((one) => one.status === "active") ?? newest[0];
    return {
      rule: rule as Rule,
      versions: versions.length,
      work: inWork(newest),
    };
  });
}

export class Rules implements View {
  readonly element = h("div", { class: "page" });
  private readonly region = new Region<Child>(() => this.load(), (found) => found);
  private readonly table = new Table<Line>({
    label: "Rules",
    empty: "No rule has been defined.",
    tools: may("DefineRules") ? h("a", { class: "button", href: "#/compliance/rules/-/0/draft" }, "New rule") : null,
    href: ({ rule }) => `#/compliance/rules/${rule.id}`,
    text: ({ rule }) => `${rule.id} ${definition(rule).title ?? ""} ${definition(rule).kind ?? ""} ${scopeText(rule)} ${rule.status}`,
    columns: [
      { title: "Rule", cell: ({ rule }) => rule.id, sort: ({ rule }) => rule.id },
      { title: "Version", num: true, cell: ({ rule, versions }) => `${rule.version} of ${versions}` },
      { title: "Status", cell: ({ rule }) => ruleBadge(rule.status), sort: ({ rule }) => rule.status },
      { title: "Severity", cell: ({ rule }) => severityBadge(definition(rule).severity ?? ""), sort: ({ rule }) => definition(rule).severity ?? "" },
      { title: "Kind", cell: ({ rule }) => words(definition(rule).kind ?? ""), sort: ({ rule }) => definition(rule).kind ?? "" },
      { title: "For", cell: ({ rule }) => scopeText(rule), sort: ({ rule }) => scopeText(rule) },
      { title: "Title", wide: true, cell: ({ rule }) => definition(rule).title ?? "" },
      { title: "In work", cell: ({ work }) => work },
    ],
    first: [0, false],
  });

  constructor() {
    fill(this.element, this.region.element);
  }

  shown(): void {
    void this.region.refresh();
  }

  private async load(): Promise<Child> {
    this.table.show(ruleLines(await ruleVersions()));
    return this.table.element;
  }
}
