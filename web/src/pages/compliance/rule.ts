// One rule: its versions and who stands for them, what it says, what changed, its cases, and what it would
// have done to the orders and positions of the last days.

import { api, newKey, keyed, told, type Schemas } from "../../api/client";
import { may, me } from "../../api/person";
import { tellProblem } from "../../api/problem";
import { ask, choice, field, textInput } from "../../kit/dialog";
import { badge, button, type Child, fill, h } from "../../kit/dom";
import { clock, words } from "../../kit/format";
import { note } from "../../kit/notes";
import type { View } from "../page";
import { pairs, panel, Region } from "../parts/page";
import { Table } from "../parts/table";
import { terms } from "./rule_words";
import { definition, retirementWaits, ruleVersions, scopeText, type Rule } from "./rules";
import { outcomeBadge } from "../../orders/verdicts";
import { ruleBadge, severityBadge } from "./signs";

const DAYS = [5, 30, 90, 365];
type Change = Schemas["ChangeResource"];
type BackTest = Schemas["BackTestResource"];
type PositionChange = Schemas["PositionChangeResource"];

export class RulePage implements View {
  readonly element = h("div", { class: "page" });
  private id = "";
  private version = 0;
  private readonly region = new Region<Rule[]>(() => this.load(), (found) => this.paint(found));
  private readonly results = h("div", { "aria-live": "polite" });

  constructor() {
    fill(this.element, this.region.element);
  }

  shown(path: readonly string[]): void {
    const [id = "", version = "0"] = path;
    if (id !== this.id) {
      this.region.clear();
      fill(this.results);
    }
    this.id = id;
    this.version = Number(version);
    void this.region.refresh();
  }

  private async load(): Promise<Rule[]> {
    const rows = (await ruleVersions()).filter((one) => one.id === this.id);
    return rows.toSorted((a, b) => b.version - a.version);
  }

  private paint(versions: Rule[]): Child {
    const shown = versions.find((one) => one.version === this.version) ??
      versions.find((one) => one.status === "active") ?? versions[0];
    if (shown === undefined) return h("p", { class: "soft pad" }, "There is no such rule.");
    const said = definition(shown);
    return [
      h("header", { class: "case-head" },
        h("a", { href: "#/compliance/rules" }, "← Rules"), h("h2", {}, `${shown.id}@${shown.version}`),
        ruleBadge(shown.status), severityBadge(said.severity ?? ""), h("span", { class: "soft" }, said.title ?? ""),
        h("span", { class: "fills" }), this.buttons(shown)),
      standing(shown),
      h("div", { class: "columns" },
        h("div", { class: "column" },
          panel("What it says", said.text ? h("p", { class: "quote" }, said.text) : null, pairs([
            ["Kind", words(said.kind ?? "")], ["Severity", words(said.severity ?? "")],
            ["For", scopeText(shown)], ["Source", said.source ?? ""], ...terms(shown),
          ])),
          panel("Cases", cases(shown))),
        h("div", { class: "column" },
          panel("Versions", this.table(versions)),
          versions.length > 1 ? panel("What changed", this.diff(versions, shown)) : null,
          may("TestRule") ? panel("Back-test", this.backtest(shown), this.results) : null)),
    ];
  }

  private table(versions: readonly Rule[]): HTMLElement {
    const table = new Table<Rule>({
      label: "Versions", empty: "None.", href: (row) => `#/compliance/rules/${row.id}/${row.version}`,
      columns: [
        { title: "Version", cell: (row) => String(row.version) },
        { title: "Status", cell: (row) => ruleBadge(row.status) },
        { title: "Author", cell: (row) => row.defined_by },
        { title: "Tested", cell: (row) => row.tested_by ?? "" },
        { title: "Approved", cell: (row) => row.approved_by ?? "" },
        { title: "In force", cell: (row) => [row.activated_by, row.active_from && `from ${row.active_from}`].filter(Boolean).join(" ") },
        { title: "Changed", cell: (row) => clock(row.updated_at) },
      ],
    });
    table.show(versions);
    return table.element;
  }

  private buttons(rule: Rule): Child {
    const other = rule.defined_by !== me()?.id;
    const has = (...states: string[]): boolean => states.includes(rule.status);
    const path = { rule_id: rule.id, version: String(rule.version) };
    const header = (): { "Idempotency-Key": string } => keyed(newKey());
    return [
      may("DefineRules") ? h("a", { class: "button", href: `#/compliance/rules/${rule.id}/${rule.version}/draft` }, "New version") : null,
      has("draft", "tested") && may("TestRule") ? button("Run its cases", () => this.change("Run its cases", rule, [], () =>
        told(api.POST("/api/v1/rules/{rule_id}/versions/{version}/test", { params: { path, header: header() }, body: {} })))) : null,
      has("tested") && other && may("ApproveRule") ? button("Approve", () => this.approve(rule)) : null,
      has("draft", "tested", "approved", "held") && other && may("ActivateRule")
        ? button("Put in force", () => this.activate(rule), { kind: "primary" }) : null,
      has("active", "scheduled") && may("RetireRule") && rule.retirement_requested_by !== me()?.id
        ? button("Retire", () => this.retire(rule), { kind: "danger" }) : null,
      retirementWaits(rule) && may("KeepRule") ? button("Keep", () => this.change("Keep", rule,
        [`${rule.retirement_requested_by} asked to retire it.`], () =>
          told(api.POST("/api/v1/rules/{rule_id}/versions/{version}/keep", { params: { path, header: header() }, body: {} })))) : null,
    ];
  }

  private retire(rule: Rule): void {
    const by = rule.retirement_requested_by;
    const header = keyed(newKey());
    const path = { rule_id: rule.id, version: String(rule.version) };
    this.change("Retire", rule, by === null
      ? ["It takes two: the version stays as it is until another officer retires it too."]
      : [`${by} asked for it. The version no longer stops or reports anything. To bring it back, a new version is needed.`],
    () => told(api.POST("/api/v1/rules/{rule_id}/versions/{version}/retire", { params: { path, header }, body: {} })), true);
  }

  private change(verb: string, rule: Rule, lines: string[], send: () => Promise<Rule>, danger = false): void {
    ask({
      title: `${verb}: ${rule.id}@${rule.version}`, lines, verb, danger,
      act: async () => this.changed(await send()),
    });
  }

  private changed(rule: Rule): string {
    void this.region.refresh();
    const failed = rule.failures.length > 0 ? `: ${rule.failures.length} cases failed` : "";
    const waits = retirementWaits(rule) ? "; its retirement waits for another person" : "";
    return `${rule.id}@${rule.version} is ${words(rule.status).toLowerCase()}${failed}${waits}.`;
  }

  private approve(rule: Rule): void {
    const remark = textInput();
    const header = keyed(newKey());
    const path = { rule_id: rule.id, version: String(rule.version) };
    ask({
      title: `Approve ${rule.id}@${rule.version}`, fields: [field("rule-note", "Note", remark, { hint: "May be empty." })],
      places: { "/note": remark }, verb: "Approve",
      act: async () => this.changed(await told(api.POST("/api/v1/rules/{rule_id}/versions/{version}/approve",
        { params: { path, header }, body: { note: remark.value.trim() } }))),
    });
  }

  private activate(rule: Rule): void {
    const day = h("input", { type: "date" });
    const header = keyed(newKey());
    const path = { rule_id: rule.id, version: String(rule.version) };
    ask({
      title: `Put ${rule.id}@${rule.version} in force`,
      lines: ["The version that is in force now is retired with it. Open orders are checked again at release."],
      fields: [field("rule-day", "From", day, { hint: "Empty is now." })], places: { "/effective_on": day }, verb: "Put in force",
      act: async () => this.changed(await told(api.POST("/api/v1/rules/{rule_id}/versions/{version}/activate",
        { params: { path, header }, body: day.value ? { effective_on: day.value } : {} }))),
    });
  }

  private diff(versions: readonly Rule[], shown: Rule): Child {
    const others = versions.filter((one) => one.version !== shown.version);
    const before = choice(others.map((one) => [String(one.version), `from version ${one.version}`] as const));
    before.setAttribute("aria-label", "Compare with");
    const region = new Region<Child>(async () => {
      const query = { from: before.value, to: String(shown.version) } as unknown as { from: number; to: number };
      const { data } = await told(api.GET("/api/v1/rules/{rule_id}/diff", { params: { path: { rule_id: this.id }, query } }));
      if (data.length === 0) return h("p", { class: "soft" }, "Nothing.");
      return h("dl", { class: "diff" }, data.map((one) => h("div", {}, h("dt", {}, one.field),
        h("dd", {}, h("del", {}, json(one.from)), " ", h("ins", {}, json(one.to))))));
    }, (found) => found);
    before.addEventListener("change", () => void region.refresh());
    void region.refresh();
    return [before, region.element];
  }

  private backtest(rule: Rule): Child {
    const days = choice(DAYS.map((count) => [String(count), `last ${count} days`] as const), "30");
    days.setAttribute("aria-label", "How far back");
    const go = button("Run", () => {
      go.disabled = true;
      fill(this.results, h("p", { class: "soft" }, "Testing every order and every day's end again…"));
      const path = { rule_id: rule.id, version: String(rule.version) };
      told(api.POST("/api/v1/rules/{rule_id}/versions/{version}/backtest", { params: { path }, body: { days: Number(days.value) } }))
        .then((found) => fill(this.results, backtested(found)))
        .catch((error: unknown) => {
          fill(this.results);
          note(tellProblem(error), "bad");
        })
        .finally(() => {
          go.disabled = false;
        });
    });
    return h("div", { class: "buttons left backtest" }, days, go);
  }
}

function backtested(found: BackTest): Child {
  const table = new Table<Change>({
    label: "Checks that would have come out otherwise",
    empty: "Nothing would have come out otherwise.",
    href: (row) => `#/orders/${row.order_id}`,
    columns: [
      { title: "Order", cell: (row) => row.order_id },
      { title: "At", cell: (row) => clock(row.at), sort: (row) => row.at },
      { title: "Then", cell: (row) => words(row.then) },
      { title: "With this", cell: (row) => words(row.with_draft) },
      { title: "Outcome", cell: (row) => outcomeBadge(row.outcome) },
      { title: "Why", wide: true, cell: (row) => row.explanation },
    ],
  });
  table.show(found.changes);
  const since = found.since.slice(0, 10);
  return [
    h("p", {}, `${found.checks} checks since ${since}, ${found.changes.length} would have come out otherwise.`), table.element,
    h("p", {}, `${found.cells} cells of positions at the ends of ${found.days} days, ${found.positions_differing} would have come out otherwise.`),
    positions(found.positions),
  ];
}

function positions(changes: readonly PositionChange[]): HTMLElement {
  const table = new Table<PositionChange>({
    label: "Positions that would have come out otherwise",
    empty: "No position would have come out otherwise.",
    columns: [
      { title: "Day", cell: (row) => row.day, sort: (row) => row.day },
      { title: "Fund", cell: (row) => row.fund, sort: (row) => row.fund },
      { title: "Cell", cell: (row) => row.cell },
      { title: "Then", cell: (row) => outcomeBadge(row.then) },
      { title: "With this", cell: (row) => outcomeBadge(row.with_draft) },
      { title: "Why", wide: true, cell: (row) => row.explanation },
    ],
  });
  table.show(changes);
  return table.element;
}

/** What a reader of the version must know at once: that it was held back, or is to be retired. */
function standing(rule: Rule): Child {
  if (rule.status === "held")
    return h("p", { class: "wrong" }, `It did not take effect on ${rule.active_from}: cases of it failed. The version before it stays in force.`);
  if (!retirementWaits(rule)) return null;
  return h("p", { class: "wrong" }, `${rule.retirement_requested_by} asked to retire it; another person must agree.`);
}

function json(value: unknown): string {
  return value === undefined || value === null ? "none" : typeof value === "string" ? value : JSON.stringify(value);
}

interface Case {
  id: string;
  expect: { outcome?: string };
}

/** Each case with how it came out; a failure begins with the id of its case. */
function cases(rule: Rule): Child {
  const all = rule.cases as readonly Case[];
  if (all.length === 0) return h("p", { class: "soft" }, "It carries no cases, orders with known outcomes that it meets, and cannot be put in force without.");
  const failed = rule.failures.length;
  const failure = ({ id }: Case): string | undefined =>
    rule.failures.find((text) => text.startsWith(`${id}: `))?.slice(id.length + 2);
  const table = new Table<Case>({
    label: "Cases", empty: "None.",
    columns: [
      { title: "Case", cell: (one) => one.id },
      { title: "Expects", cell: (one) => json(one.expect.outcome ?? one.expect) },
      { title: "Result", cell: (one) => result(rule, failure(one)) },
      { title: "Why", wide: true, cell: (one) => failure(one) ?? "" },
    ],
  });
  table.show(all);
  return [
    h("p", { class: failed > 0 ? "wrong" : null }, rule.tested_by
      ? `${all.length - failed} of ${all.length} passed when ${rule.tested_by} ran them.`
      : `${all.length} cases, not run yet.`),
    table.element,
  ];
}

function result(rule: Rule, failure: string | undefined): HTMLElement {
  if (!rule.tested_by) return badge("Not run", "○", "idle");
  return failure === undefined ? badge("Passed", "✓", "good") : badge("Failed", "✕", "bad");
}
