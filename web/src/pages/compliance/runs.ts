// Runs after the trade: every fund against every rule as it stands. Starting one, and what each came to.

import { all, api, newKey, keyed, told, type Schemas } from "../../api/client";
import { may } from "../../api/person";
import { tellProblem } from "../../api/problem";
import { badge, button, calmly, type Child, fill, h } from "../../kit/dom";
import { clock, words } from "../../kit/format";
import { note } from "../../kit/notes";
import { outcomeBadge } from "../../orders/verdicts";
import { store } from "../../stream/store";
import type { View } from "../page";
import { limited, measured, money } from "../parts/numbers";
import { figure, figures, panel, Region } from "../parts/page";
import { Table } from "../parts/table";
import { severityBadge } from "./signs";

type Run = Schemas["RunResource"];
type Details = Schemas["RunDetails"];
type Finding = Schemas["FindingResource"];
const LOOK_AGAIN_MS = 1000;

function runBadge(status: string): HTMLElement {
  if (status === "finished") return badge("Finished", "✓", "good");
  return status === "overdue" ? badge("Overdue", "!", "bad") : badge("Running", "◌", "live");
}

export class Runs implements View {
  readonly element = h("div", { class: "page" });
  private readonly region = new Region<Child>(() => this.load(), (found) => found);
  private readonly unlisten: () => void;
  private again: ReturnType<typeof setTimeout> | undefined;
  private readonly table = new Table<Run>({
    label: "Runs", empty: "No run yet. A run tests every fund against every rule after the trade; start one here, or wait for the schedule.", href: (row) => `#/compliance/runs/${row.id}`,
    tools: may("StartRun") ? button("Test all funds now", () => void this.start(), { kind: "primary" }) : null,
    columns: [
      { title: "Started", cell: (row) => clock(row.created_at), sort: (row) => row.created_at },
      { title: "Status", cell: (row) => runBadge(row.status) },
      { title: "Trading day", cell: (row) => row.trade_on, sort: (row) => row.trade_on },
      { title: "By", cell: (row) => (row.scheduled ? "the schedule" : row.requested_by) },
      { title: "Funds", num: true, cell: (row) => `${row.done} of ${row.funds}` },
      { title: "Cells", num: true, cell: (row) => row.cells, sort: (row) => row.cells },
      { title: "Findings", num: true, cell: (row) => row.findings, sort: (row) => row.findings },
      { title: "New", num: true, cell: (row) => row.new, sort: (row) => row.new },
      { title: "Worse", num: true, cell: (row) => row.worsened },
      { title: "Better", num: true, cell: (row) => row.improved },
      { title: "Cured", num: true, cell: (row) => row.cured },
    ],
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

  hidden(): void {
    clearTimeout(this.again);
  }

  destroy(): void {
    this.hidden();
    this.unlisten();
  }

  private async load(): Promise<Child> {
    const { rows } = await all((page) => api.GET("/api/v1/compliance/runs", { params: { query: page } }));
    this.table.show(rows);
    clearTimeout(this.again); // a run is not streamed; look again while one works
    if (rows.some((one) => one.status === "running")) {
      this.again = setTimeout(() => void this.region.refresh(), LOOK_AGAIN_MS);
    }
    return this.table.element;
  }

  private async start(): Promise<void> {
    try {
      await told(api.POST("/api/v1/compliance/runs", { params: { header: keyed(newKey()) }, body: { funds: [] } }));
      note("The run has started.");
    } catch (error) {
      note(tellProblem(error), "bad");
    }
    await this.region.refresh();
  }
}

export class RunPage implements View {
  readonly element = h("div", { class: "page" });
  private id = "";
  private readonly region = new Region<Details>(
    () => told(api.GET("/api/v1/compliance/runs/{run_id}", { params: { path: { run_id: this.id } } })),
    (found) => this.paint(found));

  constructor() {
    fill(this.element, this.region.element);
  }

  shown(path: readonly string[]): void {
    const [id = ""] = path;
    if (id !== this.id) this.region.clear();
    this.id = id;
    void this.region.refresh();
  }

  private paint({ run, results }: Details): Child {
    return [
      h("header", { class: "case-head" }, h("a", { href: "#/compliance/runs" }, "← Runs"),
        h("h2", {}, `Run of ${run.trade_on}`), runBadge(run.status), h("span", { class: "soft" }, clock(run.created_at))),
      figures(figure("Cells tested", run.cells), figure("Findings", run.findings), figure("New", run.new, run.new > 0 ? "bad" : ""),
        figure("Worse", run.worsened), figure("Better", run.improved), figure("Unchanged", run.unchanged), figure("Cured", run.cured)),
      results.map((one) => panel(
        `${one.fund}: ${one.cells} cells, ${Object.entries(one.outcomes).map(([word, count]) => `${count} ${words(word).toLowerCase()}`).join(", ") || "all pass"}`,
        one.findings.length > 0 ? findings(one.findings) : null)),
    ];
  }
}

function findings(rows: readonly Finding[]): HTMLElement {
  const table = new Table<Finding>({
    label: "Findings", empty: "None.",
    columns: [
      { title: "Outcome", cell: (row) => outcomeBadge(row.outcome) },
      { title: "Rule", cell: (row) => `${row.rule}@${row.rule_version}` },
      { title: "Severity", cell: (row) => severityBadge(row.severity) },
      { title: "Cell", cell: (row) => row.cell },
      { title: "Measured", num: true, cell: (row) => measured(row) },
      { title: "Limit", num: true, cell: (row) => limited(row) },
      { title: "Over by", num: true, cell: (row) => money(row.excess) },
      { title: "Kind", cell: (row) => words(row.kind) },
      { title: "Why", wide: true, cell: (row) => row.explanation },
    ],
  });
  table.show(rows);
  return table.element;
}
