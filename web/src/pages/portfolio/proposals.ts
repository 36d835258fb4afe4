// Proposals: trades that bring funds to a model or their benchmarks, computed beside the engine, reviewed
// as a set, and made orders all at once.

import { all, api, keyed, newKey, told, type Schemas } from "../../api/client";
import { may } from "../../api/person";
import { funds } from "../../api/reference";
import { incomplete, tellProblem } from "../../api/problem";
import { ask, choice, field, textInput, type Control } from "../../kit/dialog";
import { badge, button, type Child, fill, h } from "../../kit/dom";
import { clock, words } from "../../kit/format";
import { note } from "../../kit/notes";
import { plain } from "../../orders/plain";
import { outcomeBadge } from "../../orders/verdicts";
import { go } from "../../shell/router";
import type { View } from "../page";
import { Region } from "../parts/page";
import { Table } from "../parts/table";

export type Proposal = Schemas["ProposalResource"];
type Body = Schemas["ProposalBody"];

const MODES = [
  ["full", "Buy and sell"], ["raise_cash", "Sell for cash that leaves"], ["spend_cash", "Buy from cash"], ["sell_only", "Sell only"],
] as const;
const BANDS = [["absolute", "points of NAV"], ["relative", "% of the target"]] as const;
const STATUSES: Readonly<Record<string, readonly [string, string]>> = {
  open: ["◔", "warn"], approved: ["✓", "good"], discarded: ["—", "idle"],
};

/** The status of a proposal. */
export function proposalBadge(status: string): HTMLElement {
  const [mark, tone] = STATUSES[status] ?? ["?", "idle"];
  return badge(words(status), mark, tone);
}

/** What it brings the funds to. */
export function aim(row: Proposal): string {
  return row.model === null ? "their benchmarks" : `${row.model}@${row.model_version ?? ""}`;
}

/** How it trades, in words. */
export function modeText(mode: string): string {
  return MODES.find(([name]) => name === mode)?.[1] ?? words(mode);
}

export class Proposals implements View {
  readonly element = h("div", { class: "page" });
  private readonly region = new Region<Child>(() => this.load(), (found) => found);
  private readonly table = new Table<Proposal>({
    label: "Proposals", empty: "Nothing has been proposed. A proposal brings funds to a model or to weights of your own, and becomes orders once it is approved.", href: (row) => `#/proposals/${row.id}`, csv: "/api/v1/proposals?format=csv",
    tools: may("MakeProposal") ? button("New proposal", () => void propose(), { kind: "primary" }) : null,
    text: (row) => `${row.id} ${row.status} ${row.funds.join(" ")} ${aim(row)} ${row.made_by}`,
    columns: [
      { title: "Made", cell: (row) => clock(row.created_at), sort: (row) => row.created_at },
      { title: "Status", cell: (row) => proposalBadge(row.status), sort: (row) => row.status },
      { title: "Funds", wide: true, cell: (row) => row.funds.join(", ") },
      { title: "Towards", cell: aim, sort: aim },
      { title: "How", cell: (row) => modeText(row.mode) },
      { title: "Lines", num: true, cell: (row) => String(row.lines), sort: (row) => row.lines },
      { title: "Orders", num: true, cell: (row) => String(row.orders.length || row.order_ids.length) },
      { title: "Compliance", cell: (row) => outcomeBadge(row.compliance.outcome) },
      { title: "By", cell: (row) => row.made_by },
      { title: "Trading day", cell: (row) => row.trade_on },
    ],
    first: [0, true],
  });

  constructor() {
    fill(this.element, this.region.element);
  }

  shown(): void {
    void this.region.refresh();
  }

  private async load(): Promise<Child> {
    const { rows } = await all((page) => api.GET("/api/v1/proposals", { params: { query: page } }));
    this.table.show(rows);
    return this.table.element;
  }
}

/** Ask what is to be computed. */
async function propose(): Promise<void> {
  let known: { code: string }[];
  let models: { id: string }[];
  try {
    known = (await funds()).filter((fund) => fund.active && may("MakeProposal", [fund.code]));
    const query = { status: "approved" as const };
    models = (await all((page) => api.GET("/api/v1/models", { params: { query: { ...page, ...query } } }))).rows;
  } catch (error) {
    note(tellProblem(error), "bad");
    return;
  }
  const number = (): HTMLInputElement => textInput({ inputmode: "decimal", class: "num" });
  const boxes = known.map(({ code }) => ({ code, box: h("input", { type: "checkbox", id: `propose-${code}` }) }));
  const model = choice([["", "Their benchmarks"], ...models.map(({ id }) => [id, `Model ${id}`] as const)], models[0]?.id ?? "");
  const mode = choice(MODES, "full");
  const [tolerance, band, buffer, least] = [number(), choice(BANDS), number(), number()];
  const fit = h("input", { type: "checkbox", id: "propose-fit" });
  const key = newKey();
  const places: Record<string, Control> = {
    "/model": model, "/mode": mode, "/tolerance": tolerance, "/tolerance/value": tolerance, "/cash_buffer": buffer, "/minimum_trade": least,
  };
  ask({
    title: "New proposal",
    lines: ["It is computed and shown; nothing is entered before you approve it."],
    fields: [
      h("fieldset", {}, h("legend", {}, "Funds"), boxes.map(({ code, box }) => h("label", { class: "check" }, box, code))),
      h("div", { class: "fields" }, field("propose-model", "Bring them to", model), field("propose-mode", "How", mode),
        field("propose-tolerance", "Leave alone up to", tolerance), field("propose-band", "Measured in", band),
        field("propose-buffer", "Keep in cash, % of NAV", buffer), field("propose-least", "Smallest trade", least)),
      h("label", { class: "check" }, fit, "Cut what compliance stops to what passes"),
    ],
    places, verb: "Compute",
    act: async () => {
      const body: Body = { funds: boxes.filter(({ box }) => box.checked).map(({ code }) => code), mode: mode.value as NonNullable<Body["mode"]>, fit: fit.checked };
      if (body.funds.length === 0) throw incomplete("Tick at least one fund.");
      if (model.value) body.model = model.value;
      if (tolerance.value.trim()) body.tolerance = { value: plain(tolerance.value), band: band.value as NonNullable<NonNullable<Body["tolerance"]>["band"]> };
      if (buffer.value.trim()) body.cash_buffer = plain(buffer.value);
      if (least.value.trim()) body.minimum_trade = plain(least.value);
      const made = await told(api.POST("/api/v1/proposals", { params: { header: keyed(key) }, body }));
      go(`#/proposals/${made.id}`);
      return `${made.lines} lines were computed.`;
    },
  });
}
