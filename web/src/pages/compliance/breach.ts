// One breach: what was measured against which limit, whose doing it is, the holdings behind it, what was
// said and done, and the next steps.

import { api, told, type Breach } from "../../api/client";
import { badge, button, calmly, type Child, fill, h } from "../../kit/dom";
import { clock, words } from "../../kit/format";
import { command } from "../../shell/keys";
import { store } from "../../stream/store";
import type { View } from "../page";
import { bars } from "../parts/bars";
import { amount, drawn, limited, measured, money, room } from "../parts/numbers";
import { figure, figures, pairs, panel, Region } from "../parts/page";
import { actOn, actionsOn, BREACH_ACTIONS, type BreachAction } from "./breach_actions";
import { contributions } from "./contributions";
import { breachBadge, severityBadge } from "./signs";

const CAUSES: Readonly<Record<string, string>> = {
  rule: "The rule changed", data: "Data changed", price: "Prices moved", fx: "Rates moved",
  flow: "Money came or went", trade: "We traded",
};

const NOT_MEASURED: Readonly<Record<string, string>> = {
  unknown: "something is missing that the newest run would need",
  exempt: "an exception takes it out of the rule for a time",
  on_trial: "the rule only informs now, or is on trial",
  no_rule: "no rule in force tests it any more",
};

export class BreachCase implements View {
  readonly element = h("div", { class: "page" });
  private id = "";
  private breach: Breach | null = null;
  private readonly region = new Region<Breach>(() => this.load(), (found) => this.paint(found));
  private readonly unlisten: () => void;

  constructor() {
    fill(this.element, this.region.element);
    const refresh = calmly(() => void this.region.refresh(), 400);
    this.unlisten = store.listen((changed) => {
      if (this.element.isConnected && (changed === null || changed.breaches.has(this.id))) refresh();
    });
    for (const [name, { key, title }] of Object.entries(BREACH_ACTIONS)) {
      command({
        key, group: "A breach", title,
        when: () => this.element.isConnected && this.breach !== null && actionsOn(this.breach).includes(name as BreachAction),
        run: () => this.act(name as BreachAction),
      });
    }
  }

  shown(path: readonly string[]): void {
    const [id = ""] = path;
    if (id !== this.id) {
      this.region.clear();
      this.breach = null;
    }
    this.id = id;
    void this.region.refresh();
  }

  destroy(): void {
    this.unlisten();
  }

  private act(name: BreachAction): void {
    if (this.breach !== null) actOn(this.breach, name, () => void this.region.refresh());
  }

  private async load(): Promise<Breach> {
    this.breach = await told(api.GET("/api/v1/breaches/{breach_id}", { params: { path: { breach_id: this.id } } }));
    return this.breach;
  }

  private paint(breach: Breach): Child {
    const holdings = contributions(breach);
    void holdings.refresh();
    const over = room(breach);
    return [
      h("header", { class: "case-head" },
        h("a", { href: "#/compliance/breaches" }, "← Register"),
        h("h2", {}, `${breach.fund} · ${breach.rule}@${breach.rule_version}`), breachBadge(breach.status),
        severityBadge(breach.severity), breach.kind ? badge(words(breach.kind)) : null,
        h("span", { class: "fills" }),
        actionsOn(breach).map((name) => button(BREACH_ACTIONS[name].label, () => this.act(name),
          { key: BREACH_ACTIONS[name].key, kind: name === "override" ? "danger" : "" }))),
      figures(
        figure("Measured", measured(breach)), figure("Limit", limited(breach)),
        figure(breach.bound === "min" ? "Short by" : "Over by",
          over === null ? money(breach.excess) : amount(over[0] < 0n ? [-over[0], over[1]] : [0n, 1n]), "bad"),
        figure("Found on", breach.found_on), figure("Due on", breach.due_on ?? "–"),
        figure("With", breach.assignee ?? "nobody", breach.assignee ? "" : "warn")),
      h("div", { class: "columns" },
        h("div", { class: "column" },
          panel("The arithmetic", h("p", {}, breach.explanation), pairs([
            ["Cell", breach.cell], ["Numerator", money(breach.numerator)], ["Denominator", money(breach.denominator)],
            ["Limit", limited(breach)], ["Rule kind", words(breach.rule_kind)],
            ["Found by", breach.run_id], ["Before that", breach.base_run ?? ""],
            ["Over by then", breach.base_excess ? money(breach.base_excess) : ""], ["Times found", String(breach.times)],
          ])),
          panel("Whose doing", breach.note ? h("p", { class: "soft" }, breach.note) : null, causes(breach))),
        h("div", { class: "column" },
          panel("Holdings behind it now", holdings.element),
          panel("History", history(breach)),
          escalation(breach))),
    ];
  }
}

function causes(breach: Breach): HTMLElement {
  const most = Math.max(1e-9, ...breach.attribution.map((one) => Math.abs(drawn(one.amount))));
  return bars("Causes", ["Cause", "Amount"], breach.attribution
    .filter((one) => drawn(one.amount) !== 0)
    .map((one) => ({
      name: CAUSES[one.cause] ?? words(one.cause), share: drawn(one.amount) / most, text: money(one.amount),
      tone: drawn(one.amount) > 0 ? "bad" : "good",
    })));
}

interface Line {
  at: string;
  who: string;
  what: string;
  text: string;
}

function history(breach: Breach): HTMLElement {
  const lines: Line[] = [{ at: breach.created_at, who: "", what: "Found", text: breach.explanation }];
  const said = (what: string, one: { author: string; text: string; at: string } | null | undefined): void => {
    if (one) lines.push({ at: one.at, who: one.author, what, text: one.text });
  };
  breach.comments.forEach((one) => said("Comment", one));
  said("Explained", breach.cause_explained);
  said("Remedy", breach.remediation);
  said("Resolved", breach.resolution);
  const { override } = breach;
  if (override) {
    const text = `${override.reason} (until ${override.until}${override.lapsed ? `, lapsed${override.why ? `: ${override.why}` : ""}` : ""})`;
    lines.push({ at: override.at, who: override.by, what: "Overridden", text });
  }
  lines.sort((a, b) => (a.at < b.at ? -1 : 1));
  if (breach.unmeasured) lines.push({ at: breach.updated_at, who: "", what: "Not measured", text: NOT_MEASURED[breach.unmeasured] ?? "" });
  if (breach.cured_on) lines.push({ at: breach.cured_on, who: "", what: "Cured", text: `confirmed by ${breach.cured_by_run ?? ""}` });
  if (breach.closed_by) lines.push({ at: breach.updated_at, who: breach.closed_by, what: "Signed off", text: breach.evidence });
  return h("ol", { class: "events" }, lines.map((line) => h("li", {},
    h("div", { class: "event-head" }, h("time", { datetime: line.at }, line.at.length > 10 ? clock(line.at) : line.at), h("strong", {}, line.what),
      h("span", { class: "soft" }, line.who)),
    h("p", {}, line.text))));
}

function escalation(breach: Breach): HTMLElement | null {
  if (breach.escalation.length === 0) return null;
  return panel("If it stays", h("ol", { class: "events" }, breach.escalation.map((step) => h("li", {},
    h("div", { class: "event-head" }, h("strong", {}, words(step.to)), h("span", { class: "soft" }, `after ${step.after}`),
      step.told ? badge("told", "✓", "warn") : null)))));
}
