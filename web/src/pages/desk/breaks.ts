// Disagreements with counterparties: what they said, and how each was settled.

import { all, api, newKey, keyed, told, type Schemas } from "../../api/client";
import { may } from "../../api/person";
import { ask, field, textInput } from "../../kit/dialog";
import { badge, button, calmly, type Child, fill, h } from "../../kit/dom";
import { ageOf, clock, grouped, places, positive, words } from "../../kit/format";
import { store } from "../../stream/store";
import type { View } from "../page";
import { figure, figures, Region } from "../parts/page";
import { Table } from "../parts/table";

type Break = Schemas["BreakResource"];

export class Breaks implements View {
  readonly element = h("div", { class: "page" });
  private readonly region = new Region<Child>(() => this.load(), (found) => found);
  private readonly unlisten: () => void;
  private readonly table = new Table<Break>({
    label: "Breaks",
    empty: "Our record and the counterparties' agree.",
    csv: "/api/v1/breaks?format=csv",
    text: (row) => `${row.kind} ${words(row.kind)} ${row.session} ${row.detail} ${row.cl_ord_id} ${row.exec_id} ${row.status}`,
    columns: [
      { title: "Status", cell: (row) => (row.status === "open" ? badge("Open", "✕", "bad") : badge("Resolved", "✓", "good")), sort: (row) => row.status },
      { title: "Kind", cell: (row) => words(row.kind), sort: (row) => row.kind },
      { title: "Session", cell: (row) => row.session, sort: (row) => row.session },
      { title: "Quantity", num: true, cell: (row) => (positive(row.quantity) ? grouped(row.quantity) : "") },
      { title: "Price", num: true, cell: (row) => (positive(row.price) ? places(row.price) : "") },
      { title: "Age", num: true, cell: (row) => ageOf(row.created_at), sort: (row) => row.created_at },
      { title: "What they said", wide: true, cell: (row) => [row.detail, raw(row)] },
      { title: "Settled", wide: true, cell: (row) => settled(row) },
      { title: "", cell: (row) => this.button(row) },
    ],
    first: [0, false],
  });

  constructor() {
    fill(this.element, this.region.element);
    const refresh = calmly(() => void this.region.refresh(), 1500);
    this.unlisten = store.listen((changed) => {
      const moved = changed === null || changed.placements.size > 0 || changed.executions.size > 0;
      if (this.element.isConnected && moved) refresh();
    });
  }

  shown(): void {
    void this.region.refresh();
  }

  destroy(): void {
    this.unlisten();
  }

  private async load(): Promise<Child> {
    const { rows } = await all((page) => api.GET("/api/v1/breaks", { params: { query: page } }));
    this.table.show(rows);
    const open = rows.filter((row) => row.status === "open");
    return [
      figures(figure("Open", open.length, open.length > 0 ? "bad" : "good"), figure("Resolved", rows.length - open.length)),
      this.table.element,
    ];
  }

  private button(row: Break): HTMLElement | null {
    if (row.status !== "open" || !may("ResolveBreak")) return null;
    const control = button("Resolve", () => this.resolve(row));
    control.setAttribute("aria-label", `Resolve the break ${words(row.kind)} at ${row.session}`);
    return control;
  }

  private resolve(row: Break): void {
    const text = textInput();
    const key = newKey();
    ask({
      title: "How was it settled?",
      lines: [`${words(row.kind)} at ${row.session}: ${row.detail}`],
      fields: [field("break-resolution", "Settled by", text)],
      places: { "/resolution": text },
      verb: "Resolve",
      act: async () => {
        await told(api.POST("/api/v1/breaks/{break_id}/resolve", {
          params: { path: { break_id: row.id }, header: keyed(key) }, body: { resolution: text.value.trim() },
        }));
        await this.region.refresh();
        return "The break is resolved.";
      },
    });
  }
}

function raw(row: Break): Child {
  return row.raw ? h("details", {}, h("summary", {}, "message"), h("p", { class: "raw" }, row.raw)) : null;
}

function settled(row: Break): string {
  return row.resolved_by ? `${row.resolution ?? ""} (${row.resolved_by}, ${clock(row.updated_at)})` : "";
}
