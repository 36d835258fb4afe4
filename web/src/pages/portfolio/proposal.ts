// One proposal: what was asked, what compliance says to the set, the orders it would become, every line.

import { all, api, keyed, newKey, told, type Schemas } from "../../api/client";
import { may } from "../../api/person";
import { ask, field, textInput } from "../../kit/dialog";
import { button, type Child, fill, h } from "../../kit/dom";
import { clock, grouped, words } from "../../kit/format";
import { outcomeBadge } from "../../orders/verdicts";
import { sideText } from "../../orders/words";
import { command } from "../../shell/keys";
import { parts } from "../../shell/router";
import type { View } from "../page";
import { money } from "../parts/numbers";
import { figure, figures, pairs, panel, Region } from "../parts/page";
import { Table } from "../parts/table";
import { aim, modeText, proposalBadge, type Proposal } from "./proposals";

type Line = Schemas["LineResource"];
type Proposed = Schemas["ProposedOrderResource"];
interface Found {
  proposal: Proposal;
  lines: Line[];
}

export class ProposalPage implements View {
  readonly element = h("div", { class: "page" });
  private id = "";
  private found: Proposal | null = null;
  private readonly region = new Region<Found>(() => this.load(), (found) => this.paint(found));
  private readonly lines = lineTable();

  constructor() {
    fill(this.element, this.region.element);
    const here = (): boolean => parts()[0] === "proposals" && parts()[1] === this.id && this.found?.status === "open";
    command({ key: "a", group: "The proposal", title: "Approve", when: () => here() && may("ApproveProposal"), run: () => this.approve() });
    command({ key: "x", group: "The proposal", title: "Discard", when: () => here() && may("DiscardProposal"), run: () => this.discard() });
  }

  shown([id = ""]: readonly string[]): void {
    if (id !== this.id) {
      this.region.clear();
      this.found = null;
    }
    this.id = id;
    void this.region.refresh();
  }

  private async load(): Promise<Found> {
    const path = { proposal_id: this.id };
    const [proposal, lines] = await Promise.all([
      told(api.GET("/api/v1/proposals/{proposal_id}", { params: { path } })),
      all((query) => api.GET("/api/v1/proposals/{proposal_id}/lines", { params: { path, query } })),
    ]);
    this.found = proposal;
    return { proposal, lines: lines.rows };
  }

  private paint({ proposal, lines }: Found): Child {
    this.lines.show(lines);
    const open = proposal.status === "open";
    return [
      h("header", { class: "case-head" },
        h("a", { href: "#/proposals" }, "← Proposals"), h("h2", {}, `${proposal.funds.join(", ")} to ${aim(proposal)}`),
        proposalBadge(proposal.status), h("span", { class: "soft" }, `by ${proposal.made_by}, ${clock(proposal.created_at)}`),
        h("span", { class: "fills" }),
        open && may("DiscardProposal") ? button("Discard", () => this.discard(), { key: "x" }) : null,
        open && may("ApproveProposal") ? button("Approve", () => this.approve(), { key: "a", kind: "primary" }) : null),
      figures(
        figure("Lines", lines.length), figure("Traded", lines.filter((one) => one.quantity !== "0").length),
        figure("Orders", proposal.orders.length || proposal.order_ids.length),
        figure("Left out", lines.filter((one) => one.left_out !== null).length)),
      h("div", { class: "columns" },
        h("div", { class: "column" }, panel("What was asked", pairs(asked(proposal))), panel("Cash", cashTable(proposal))),
        h("div", { class: "column" }, panel("Compliance, all of it together", verdict(proposal)))),
      panel("Orders", orderTable(proposal)), panel("Lines", this.lines.element),
    ];
  }

  private approve(): void {
    const { found } = this;
    if (found === null) return;
    const reason = textInput();
    const params = { path: { proposal_id: found.id }, header: keyed(newKey()) };
    ask({
      title: "Make orders of it",
      lines: [`${found.orders.length} orders, all of them or none. Each is checked again as it is entered.`],
      fields: [field("proposal-reason", "Reason", reason, { hint: "May be empty." })], places: { "/reason": reason }, verb: "Approve",
      act: async () => {
        const body = { reason: reason.value.trim(), submit: true };
        const done = await told(api.POST("/api/v1/proposals/{proposal_id}/approve", { params, body }));
        await this.region.refresh();
        return `${done.order_ids.length} orders were entered.`;
      },
    });
  }

  private discard(): void {
    const { found } = this;
    if (found === null) return;
    const reason = textInput();
    const params = { path: { proposal_id: found.id }, header: keyed(newKey()) };
    ask({
      title: "Discard the proposal", lines: ["It stays on record."],
      fields: [field("proposal-reason", "Reason", reason, { hint: "May be empty." })], places: { "/reason": reason }, verb: "Discard", danger: true,
      act: async () => {
        await told(api.POST("/api/v1/proposals/{proposal_id}/discard", { params, body: { reason: reason.value.trim() } }));
        await this.region.refresh();
        return "The proposal is discarded.";
      },
    });
  }
}

function asked(row: Proposal): (readonly [string, Child])[] {
  return [
    ["Towards", aim(row)], ["How", modeText(row.mode)], ["Trading day", row.trade_on],
    ["Left alone up to", row.tolerance === "0" ? "" : `${row.tolerance} ${row.band === "absolute" ? "points of NAV" : "% of the target"}`],
    ["Kept in cash", row.cash_buffer === "0" ? "" : `${row.cash_buffer} % of NAV`],
    ["Smallest trade", row.minimum_trade === "0" ? "" : money(row.minimum_trade)],
    ["Not traded", row.do_not_trade.map((one) => one.value ?? one.id).join(", ")],
    ["Flows", row.flows.map((one) => `${one.fund} ${money(one.amount)}`).join(", ")],
    ["Order type", words(row.order_type)], ["Cut to what passes", row.fit ? "yes" : "no"],
    ["Settled by", row.settled_by ?? ""], ["Reason", row.reason],
  ];
}

function verdict({ compliance }: Proposal): Child {
  return [
    h("p", {}, outcomeBadge(compliance.outcome), ` ${words(compliance.action)}`,
      compliance.scale === "1" ? "" : `; it fits at ${compliance.scale} of its size`),
    compliance.stops.length === 0 ? h("p", { class: "soft" }, "No rule stops it.") : h("ul", { class: "verdicts" },
      compliance.stops.map((one) => h("li", {},
        h("div", { class: "verdict-head" }, outcomeBadge(one.outcome), h("strong", {}, one.rule),
          h("span", { class: "soft" }, [one.fund, one.cell].filter(Boolean).join(" · "))),
        h("p", { class: "soft" }, one.explanation)))),
  ];
}

function cashTable({ cash }: Proposal): HTMLElement {
  const table = new Table<Schemas["FundCashResource"]>({
    label: "Cash before and after", empty: "None.",
    columns: [
      { title: "Fund", cell: (row) => row.fund },
      { title: "Before", num: true, cell: (row) => money(row.before) },
      { title: "After", num: true, cell: (row) => money(row.after) },
    ],
  });
  table.show(cash);
  return table.element;
}

function orderTable({ orders, order_ids: ids }: Proposal): HTMLElement {
  if (ids.length > 0) {
    return h("p", {}, `${ids.length} orders: `, ids.map((id, at) => [at > 0 ? ", " : "", h("a", { href: `#/orders/${id}` }, id)]));
  }
  const table = new Table<Proposed>({
    label: "Orders it becomes", empty: "None that you may see.", text: (row) => `${row.security.value ?? ""} ${row.side} ${row.action}`,
    columns: [
      { title: "Security", cell: (row) => row.security.value ?? row.security.id, sort: (row) => row.security.value ?? "" },
      { title: "Side", cell: (row) => h("span", { class: row.side.startsWith("buy") ? "tone-buy" : "tone-sell" }, sideText(row.side)), sort: (row) => row.side },
      { title: "Quantity", num: true, cell: (row) => grouped(row.quantity) },
      { title: "Alone", cell: (row) => words(row.action), sort: (row) => row.action },
      { title: "Most that passes", num: true, cell: (row) => (row.max_quantity === null ? "" : grouped(row.max_quantity)) },
      { title: "Rule", cell: (row) => row.binding_rule ?? "" },
      { title: "Worsens the set", cell: (row) => (row.culprit ? h("span", { class: "tone-bad" }, "✕ yes") : "") },
    ],
  });
  table.show(orders);
  return table.element;
}

function lineTable(): Table<Line> {
  return new Table<Line>({
    label: "Lines", empty: "Nothing has to be traded.", id: (row) => row.id,
    text: (row) => `${row.fund} ${row.security.value ?? ""} ${row.security.name ?? ""} ${row.side ?? ""} ${words(row.left_out ?? "")}`,
    columns: [
      { title: "Fund", cell: (row) => row.fund, sort: (row) => row.fund },
      { title: "Security", cell: (row) => row.security.value ?? row.security.id, sort: (row) => row.security.value ?? "" },
      { title: "Side", cell: (row) => (row.side === null ? "" : h("span", { class: row.side.startsWith("buy") ? "tone-buy" : "tone-sell" }, sideText(row.side))), sort: (row) => row.side ?? "" },
      { title: "Quantity", num: true, cell: (row) => (row.quantity === "0" ? "" : grouped(row.quantity)), sort: (row) => Number(row.quantity) },
      { title: "Weight", num: true, cell: (row) => weight(row.weight), sort: (row) => Number(row.weight ?? 0) },
      { title: "Target", num: true, cell: (row) => weight(row.target), sort: (row) => Number(row.target) },
      { title: "After", num: true, cell: (row) => weight(row.after), sort: (row) => Number(row.after ?? 0) },
      { title: "Left out", wide: true, cell: (row) => words(row.left_out ?? "") },
    ],
  });
}

/** Points of NAV with two places. */
function weight(text: string | null): string {
  return text === null ? "" : `${money(text)} %`;
}
