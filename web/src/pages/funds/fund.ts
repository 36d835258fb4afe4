// One fund as it stands: what it is worth, where its money is, and how near each limit is.

import { all, api, told, type Schemas } from "../../api/client";
import { choice } from "../../kit/dialog";
import { calmly, type Child, fill, h } from "../../kit/dom";
import { grouped, words } from "../../kit/format";
import { store } from "../../stream/store";
import type { View } from "../page";
import { bars } from "../parts/bars";
import { drawn, limited, measured, money, share } from "../parts/numbers";
import { figure, figures, panel, Region } from "../parts/page";
import { Table } from "../parts/table";

type Exposures = Schemas["ExposuresResource"];
type Limits = Schemas["LimitsResource"];
type Position = Schemas["PositionResource"];
type Cash = Schemas["CashResource"];

const BY = ["sector", "industry", "country", "currency", "asset_type", "issuer", "security"] as const;
type By = (typeof BY)[number];
const SHOWN = 12;
const NEAR = 0.9;
/** Bars of limits end at this share of the limit, so that what is over it can be seen. */
const FULL = 1.25;

export class FundPage implements View {
  readonly element = h("div", { class: "page" });
  private code = "";
  private by: By = "sector";
  private readonly head = h("div", { class: "region" });
  private readonly exposure = new Region<Exposures>(() => this.exposures(this.by), groups);
  private readonly country = new Region<Exposures>(() => this.exposures("country"), groups);
  private readonly weights = new Region<Exposures>(() => this.exposures("security"), (found) => {
    this.paintHead(found);
    return groups(found);
  });
  private readonly room = new Region<Limits>(
    () => told(api.GET("/api/v1/funds/{code}/limits", { params: { path: { code: this.code }, query: { limit: SHOWN } } })), headroom);
  private readonly cash = new Region<Cash[]>(() => this.balances(), cashBars);
  private readonly held = new Region<Position[]>(() => this.positions(), (found) => positions(this.code, found));
  private readonly regions = [this.exposure, this.country, this.weights, this.room, this.cash, this.held];
  private readonly unlisten: () => void;

  constructor() {
    const by = choice(BY.map((one) => [one, `By ${words(one).toLowerCase()}`] as const), this.by);
    by.setAttribute("aria-label", "Exposure by");
    by.addEventListener("change", () => {
      this.by = by.value as By;
      void this.exposure.refresh();
    });
    fill(this.element, this.head,
      h("div", { class: "columns" },
        h("div", { class: "column" }, panel("Room under the limits", this.room.element), panel("Cash", this.cash.element)),
        h("div", { class: "column" },
          panel("Exposure", by, this.exposure.element), panel("By country", this.country.element),
          panel("Largest weights", this.weights.element))),
      panel("Positions", this.held.element));
    const refresh = calmly(() => this.refresh(), 5000);
    this.unlisten = store.listen((changed) => {
      if (this.element.isConnected && (changed === null || changed.executions.size > 0)) refresh();
    });
  }

  shown(path: readonly string[]): void {
    const [code = ""] = path;
    if (code !== this.code) {
      for (const one of this.regions) one.clear();
      fill(this.head, this.title(code));
    }
    this.code = code;
    this.refresh();
  }

  destroy(): void {
    this.unlisten();
  }

  private refresh(): void {
    for (const one of this.regions) void one.refresh();
  }

  private exposures(by: By): Promise<Exposures> {
    return told(api.GET("/api/v1/funds/{code}/exposures", { params: { path: { code: this.code }, query: { by } } }));
  }

  private async balances(): Promise<Cash[]> {
    const { rows } = await all((page) => api.GET("/api/v1/cash", { params: { query: { ...page, fund: this.code } } }));
    return rows;
  }

  private async positions(): Promise<Position[]> {
    const { rows } = await all((page) => api.GET("/api/v1/positions", { params: { query: { ...page, fund: this.code } } }));
    return rows.filter((row) => drawn(row.quantity) !== 0);
  }

  private title(code: string): HTMLElement {
    return h("header", { class: "case-head" }, h("a", { href: "#/funds" }, "← Funds"), h("h2", {}, code));
  }

  private paintHead(found: Exposures): void {
    const short = found.data.filter((one) => drawn(one.net) < 0).length;
    fill(this.head, this.title(this.code), figures(
      figure(`NAV, ${found.currency}`, found.nav ? money(found.nav) : "not known", found.nav ? "" : "bad"),
      figure(`Cash, ${found.currency}`, found.cash ? money(found.cash) : "not known"), figure("Cash weight", share(found.cash_weight) || "–"),
      figure("Holdings", found.data.length), short > 0 ? figure("Short positions", short) : null,
      found.unpriced.length > 0 ? figure("Without a price", found.unpriced.length, "bad") : null));
  }
}

function groups(found: Exposures): Child {
  const most = Math.max(1e-9, ...found.data.map((one) => Math.abs(drawn(one.net))));
  const rest = found.data.length - SHOWN;
  return [
    bars(`Exposure of ${found.fund} by ${found.by}`, [words(found.by), "Value"], found.data.slice(0, SHOWN).map((one) => ({
      name: one.group || "(none)", share: drawn(one.net) / most, note: money(one.net),
      text: one.weight === null ? "" : share(one.weight), tone: drawn(one.net) < 0 ? "warn" : "info",
    }))),
    rest > 0 ? h("p", { class: "soft" }, `and ${rest} smaller ones`) : null,
    found.unpriced.length > 0 ? h("p", { class: "wrong" }, `No price: ${found.unpriced.slice(0, 10).join(", ")}`) : null,
  ];
}

function headroom(found: Limits): Child {
  const shown = found.data.filter((one) => one.used !== null || one.outcome !== "pass");
  return [
    bars(`Limits of ${found.fund}`, ["Limit", "Used"], shown.map((one) => {
      const used = drawn(one.used);
      const over = ["breach", "unknown"].includes(one.outcome);
      return {
        name: [one.cell, h("span", { class: "soft under" }, h("a", { href: `#/compliance/rules/${one.rule}` }, one.rule),
          ` ${measured(one)}, ${limited(one)}${over ? ` · ${words(one.outcome)}` : ""}`)],
        share: used / FULL, mark: 1 / FULL, text: one.used === null ? words(one.outcome) : share(one.used),
        tone: over ? "bad" as const : used >= NEAR ? "warn" as const : "good" as const,
      };
    })),
    h("p", { class: "soft" },
      `The nearest of ${found.cells} limits on ${found.as_of}. A bar is the share of the limit that is used, the mark is the limit. Open orders are not counted.`),
  ];
}

function cashBars(rows: readonly Cash[]): Child {
  const most = Math.max(1e-9, ...rows.map((row) => Math.abs(drawn(row.amount))));
  return bars("Cash by currency", ["Currency", "Amount"], rows.map((row) => ({
    name: row.currency, share: drawn(row.amount) / most, text: money(row.amount),
    tone: drawn(row.amount) < 0 ? "bad" : "good",
  })));
}

function positions(code: string, rows: readonly Position[]): Child {
  const table = new Table<Position>({
    label: "Positions", empty: "Nothing is held.", csv: `/api/v1/positions?format=csv&fund=${encodeURIComponent(code)}`,
    text: (row) => `${row.security.value ?? ""} ${row.security.name ?? ""}`,
    columns: [
      { title: "Security", cell: (row) => row.security.value ?? row.security.id, sort: (row) => row.security.value ?? "" },
      { title: "Name", wide: true, cell: (row) => row.security.name ?? "", sort: (row) => row.security.name ?? "" },
      { title: "Quantity", num: true, cell: (row) => grouped(row.quantity), sort: (row) => drawn(row.quantity) },
      { title: "Cost", num: true, cell: (row) => money(row.cost), sort: (row) => drawn(row.cost) },
      { title: "Currency", cell: (row) => row.currency },
    ],
    first: [3, true],
  });
  table.show(rows);
  return table.element;
}
