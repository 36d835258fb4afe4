// The register of breaches: all there ever were, with what they have in common.

import { all, api, told, type Breach } from "../../api/client";
import { calmly, type Child, fill, h } from "../../kit/dom";
import { words } from "../../kit/format";
import { store } from "../../stream/store";
import type { View } from "../page";
import { bars, counts } from "../parts/bars";
import { daysBetween, limited, measured, money } from "../parts/numbers";
import { figure, figures, panel, Region } from "../parts/page";
import { Table } from "../parts/table";
import { BREACH_SIGNS, breachBadge, severityBadge } from "./signs";

interface Statistics {
  cases: number;
  open: number;
  overdue: number;
  by_status: Record<string, number>;
  by_kind: Record<string, number>;
  by_cause: Record<string, number>;
  by_fund: Record<string, number>;
  by_rule: Record<string, number>;
  days_to_cure: { cured: number; median: number | null; longest: number | null };
}

const AGES = [["up to 1 day", 1], ["2 to 5 days", 5], ["6 to 20 days", 20], ["longer", Infinity]] as const;

export class Register implements View {
  readonly element = h("div", { class: "page" });
  private readonly region = new Region<Child>(() => this.load(), (found) => found);
  private readonly unlisten: () => void;
  private readonly table = new Table<Breach>({
    label: "Register of breaches",
    empty: "No limit has been exceeded after a trade.",
    href: (row) => `#/compliance/breaches/${row.id}`,
    csv: "/api/v1/breaches.csv",
    text: (row) => `${row.fund} ${row.rule} ${row.cell} ${row.status} ${row.kind ?? ""} ${row.assignee ?? ""} ${row.severity}`,
    columns: [
      { title: "Status", cell: (row) => breachBadge(row.status), sort: (row) => Object.keys(BREACH_SIGNS).indexOf(row.status) },
      { title: "Fund", cell: (row) => row.fund, sort: (row) => row.fund },
      { title: "Rule", cell: (row) => `${row.rule}@${row.rule_version}`, sort: (row) => row.rule },
      { title: "Severity", cell: (row) => severityBadge(row.severity), sort: (row) => row.severity },
      { title: "Cell", cell: (row) => row.cell, sort: (row) => row.cell },
      { title: "Kind", cell: (row) => words(row.kind), sort: (row) => row.kind ?? "" },
      { title: "Measured", num: true, cell: (row) => measured(row) },
      { title: "Limit", num: true, cell: (row) => limited(row) },
      { title: "Over by", num: true, cell: (row) => money(row.excess) },
      { title: "Found on", cell: (row) => row.found_on, sort: (row) => row.found_on },
      { title: "Due", cell: (row) => row.due_on ?? "", sort: (row) => row.due_on ?? "9" },
      { title: "Cured", cell: (row) => row.cured_on ?? "", sort: (row) => row.cured_on ?? "9" },
      { title: "With", cell: (row) => row.assignee ?? "", sort: (row) => row.assignee ?? "" },
    ],
    first: [9, true],
  });

  constructor() {
    fill(this.element, this.region.element);
    const refresh = calmly(() => void this.region.refresh(), 1000);
    this.unlisten = store.listen((changed) => {
      if (this.element.isConnected && (changed === null || changed.breaches.size > 0)) refresh();
    });
  }

  shown(): void {
    void this.region.refresh();
  }

  destroy(): void {
    this.unlisten();
  }

  private async load(): Promise<Child> {
    const [{ rows }, found] = await Promise.all([
      all((page) => api.GET("/api/v1/breaches", { params: { query: page } })),
      told(api.GET("/api/v1/compliance/statistics", { params: { query: {} } })),
    ]);
    const known = found as unknown as Statistics; // the OpenAPI calls it an object
    this.table.show(rows);
    return [
      figures(
        figure("Breaches", known.cases), figure("Open", known.open, known.open > 0 ? "warn" : ""),
        figure("Overdue", known.overdue, known.overdue > 0 ? "bad" : ""),
        figure("Median days to cure", known.days_to_cure.median ?? "–"),
        figure("Longest", known.days_to_cure.longest ?? "–")),
      rows.length === 0 ? null : h("div", { class: "panels" },
        panel("By fund", counts("Breaches by fund", known.by_fund, (one) => one)),
        panel("By rule", counts("Breaches by rule", known.by_rule, (one) => one)),
        panel("By main cause", counts("Breaches by cause", known.by_cause, words)),
        panel("By kind", counts("Breaches by kind", known.by_kind, words)),
        panel("Open ones by age", ages(rows))),
      this.table.element,
    ];
  }
}

function ages(rows: readonly Breach[]): HTMLElement {
  const open = rows.filter((row) => !["cured", "closed"].includes(row.status));
  const newest = rows.map((row) => row.found_on).sort().at(-1) ?? "";
  let from = -1;
  const found = AGES.map(([name, to]) => {
    const count = open.filter((row) => {
      const days = daysBetween(row.found_on, newest);
      return days > from && days <= to;
    }).length;
    from = to;
    return { name, count };
  });
  const most = Math.max(1, ...found.map((one) => one.count));
  return bars("Open breaches by age", ["Age", "Count"],
    found.map(({ name, count }) => ({ name, share: count / most, text: String(count), tone: "warn" as const })));
}
