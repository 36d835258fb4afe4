// How evenly funds and managers were served: for each, how far its prices were from the house's average of the
// same security, side and day.

import { api, told, type Schemas } from "../../api/client";
import { field } from "../../kit/dialog";
import { badge, button, type Child, fill, h } from "../../kit/dom";
import { places } from "../../kit/format";
import { sideText } from "../../orders/words";
import type { View } from "../page";
import { panel, Region } from "../parts/page";
import { Table } from "../parts/table";

type Report = Schemas["FairnessReport"];
type Total = Schemas["TotalResource"];
type Market = Schemas["MarketResource"];

export class Fairness implements View {
  readonly element = h("div", { class: "page" });
  private readonly from = h("input", { type: "date" });
  private readonly to = h("input", { type: "date" });
  private readonly region = new Region<Report>(() => this.load(), paint);

  constructor() {
    const show = button("Show", () => void this.region.refresh(), { kind: "primary" });
    fill(this.element,
      h("form", { class: "tools days", onsubmit: (event: Event) => event.preventDefault() },
        field("fair-from", "From", this.from), field("fair-to", "To", this.to), show,
        h("p", { class: "soft" }, "Basis points from the house's average price of the same security, side and day; positive is worse.")),
      this.region.element);
  }

  shown(): void {
    void this.region.refresh();
  }

  /** Without days the server takes those up to its trading day, which is not always the calendar's. */
  private async load(): Promise<Report> {
    const query = { from: this.from.value || undefined, to: this.to.value || undefined };
    const report = await told(api.GET("/api/v1/reports/fairness", { params: { query } }));
    this.from.value ||= report.from; // a day that was typed meanwhile stays
    this.to.value ||= report.to;
    return report;
  }
}

function paint(report: Report): Child {
  return [
    h("div", { class: "columns" }, panel("Funds", totals("Funds", report.funds)), panel("Portfolio managers", totals("Portfolio managers", report.portfolio_managers))),
    panel("Securities and days", markets(report.markets)),
  ];
}

function totals(label: string, rows: readonly Total[]): HTMLElement {
  const table = new Table<Total>({
    label, empty: "Nothing was executed on these days.",
    columns: [
      { title: "Name", cell: (row) => row.name, sort: (row) => row.name },
      { title: "Currency", cell: (row) => row.currency },
      { title: "Fills", num: true, cell: (row) => String(row.fills), sort: (row) => row.fills },
      { title: "Compared", num: true, cell: (row) => String(row.compared) },
      { title: "Mean bps", num: true, cell: (row) => bps(row.mean_bps) },
      { title: "Error bps", num: true, cell: (row) => bps(row.standard_error_bps) },
      { title: "Spread bps", num: true, cell: (row) => bps(row.dispersion_bps) },
      { title: "", cell: (row) => (row.unusual ? badge("Unusual", "!", "warn") : "") },
    ],
    first: [0, false],
  });
  table.show(rows);
  return table.element;
}

function markets(rows: readonly Market[]): HTMLElement {
  const table = new Table<Market>({
    label: "Securities and days", empty: "Nothing was executed on these days.", text: (row) => `${row.security.value ?? ""} ${row.trade_on} ${row.side}`,
    columns: [
      { title: "Day", cell: (row) => row.trade_on, sort: (row) => row.trade_on },
      { title: "Security", cell: (row) => row.security.value ?? row.security.id, sort: (row) => row.security.value ?? "" },
      { title: "Side", cell: (row) => sideText(row.side), sort: (row) => row.side },
      { title: "House price", num: true, cell: (row) => places(row.price) },
      { title: "Funds", wide: true, cell: (row) => row.funds.map((one) => `${one.name} ${places(one.price)}`).join(", ") },
      { title: "Orders", num: true, cell: (row) => String(row.orders.length) },
    ],
    first: [0, true],
  });
  table.show(rows);
  return table.element;
}

function bps(text: string | null): string {
  return text === null ? "" : places(text, 1, 1);
}
