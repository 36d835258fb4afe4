// One request for a waiver: what the order would do to the limit, whose holdings are behind it, what has
// happened so far, and the decision.

import { all, api, told, type Check, type Hit, type JournalEvent, type Listed, type Order, type Waiver } from "../../api/client";
import { badge, button, calmly, type Child, fill, h } from "../../kit/dom";
import { ageOf, clock, grouped, words } from "../../kit/format";
import { decideWaiver } from "../../orders/actions";
import { mayDecide } from "../../orders/rules";
import { timeline } from "../../orders/timeline";
import { cellOfHit, outcomeBadge, readable, verdictList } from "../../orders/verdicts";
import { inWords, priceText, timeText } from "../../orders/words";
import { command } from "../../shell/keys";
import { store } from "../../stream/store";
import type { View } from "../page";
import { money } from "../parts/numbers";
import { pairs, panel, Region } from "../parts/page";
import { contributions } from "./contributions";
import { severityBadge, waiverBadge } from "./signs";

interface Case {
  waiver: Waiver;
  order: Order;
  check: Check | null;
  hits: Hit[];
  events: Listed<JournalEvent>;
}

export class WaiverCase implements View {
  readonly element = h("div", { class: "page" });
  private id = "";
  private found: Case | null = null;
  private readonly region = new Region<Case>(() => this.load(), (found) => this.paint(found));
  private readonly unlisten: () => void;

  constructor() {
    fill(this.element, this.region.element);
    const refresh = calmly(() => void this.region.refresh(), 400);
    this.unlisten = store.listen((changed) => {
      if (this.element.isConnected && (changed === null || changed.waivers.has(this.id))) refresh();
    });
    const inFront = (): boolean => this.element.isConnected && this.found !== null;
    command({ key: "a", group: "A waiver", title: "Approve the waiver", when: inFront, run: () => this.decide(true) });
    command({ key: "x", group: "A waiver", title: "Refuse the waiver", when: inFront, run: () => this.decide(false) });
  }

  shown(path: readonly string[]): void {
    const [id = ""] = path;
    if (id !== this.id) {
      this.region.clear();
      this.found = null;
    }
    this.id = id;
    void this.region.refresh();
  }

  destroy(): void {
    this.unlisten();
  }

  private decide(giving: boolean): boolean {
    if (this.found === null || !mayDecide(this.found.waiver, this.found.order, giving)) return false;
    decideWaiver(this.found.waiver, this.found.order, giving);
    return true;
  }

  private async load(): Promise<Case> {
    const waiver = await told(api.GET("/api/v1/waivers/{waiver_id}", { params: { path: { waiver_id: this.id } } }));
    const path = { order_id: waiver.order_id };
    const [order, hits, events] = await Promise.all([
      told(api.GET("/api/v1/orders/{order_id}", { params: { path } })),
      all((page) => api.GET("/api/v1/hits", { params: { query: { ...page, order: waiver.order_id } } })),
      all((page) => api.GET("/api/v1/orders/{order_id}/events", { params: { path, query: page } })),
    ]);
    const check = order.compliance.check_id
      ? await told(api.GET("/api/v1/checks/{check_id}", { params: { path: { check_id: order.compliance.check_id } } }))
      : null;
    this.found = { waiver, order, check, hits: hits.rows, events };
    return this.found;
  }

  private paint(found: Case): Child {
    const { waiver, order, check, events } = found;
    const rule = waiver.rule.split("@")[0] ?? "";
    const cells = ((check?.cells ?? []) as readonly unknown[]).filter(readable);
    const ours = cells.filter((cell) => cell.rule === rule && cell.outcome !== "pass");
    const hits = found.hits.filter((one) => one.rule === rule);
    const others = cells.filter((cell) => cell.rule !== rule && !["pass", "not_tested"].includes(cell.outcome));
    return [
      this.head(waiver, order),
      h("div", { class: "columns" },
        h("div", { class: "column" },
          panel("The request", pairs([
            ["Order", h("a", { href: `#/orders/${order.id}` }, inWords(order))],
            ["Price", priceText(order)], ["Time in force", timeText(order)],
            ["Funds", order.allocations.map((leg) => `${leg.fund} ${grouped(leg.quantity)}`).join(", ")],
            ["Manager", order.portfolio_manager], ["Why the order", order.reason],
            ["Asked by", waiver.requested_by], ["Why the waiver", waiver.reason],
            ["Covers", `${grouped(waiver.quantity)} units, ${money(waiver.max_excess)} over the limit`],
            ["Ends", clock(waiver.expires_at)],
            ["Approvals", `${waiver.approvals.length} of ${waiver.approvers}`],
            ["Decided by", waiver.decided_by ?? ""], ["Note", waiver.note], ["Lapsed", waiver.lapsed_because ?? ""],
          ])),
          panel("The arithmetic", ours.length > 0 ? verdictList(ours) : verdictList(hits.map(cellOfHit))),
          others.length > 0 ? panel("Other rules that spoke", verdictList(others)) : null),
        h("div", { class: "column" },
          ...this.holdings(rule, ours.length > 0 ? ours : hits),
          h("section", { class: "panel" }, timeline(events)))),
    ];
  }

  private head(waiver: Waiver, order: Order): HTMLElement {
    const may = (giving: boolean): boolean => mayDecide(waiver, order, giving);
    return h("header", { class: "case-head" },
      h("a", { href: "#/compliance/queue" }, "← Queue"),
      h("h2", {}, waiver.rule), waiverBadge(waiver.status), severityBadge("soft"),
      h("span", { class: "soft" }, `asked ${ageOf(waiver.created_at)} ago`), outcomeBadge(order.compliance.outcome),
      h("span", { class: "fills" }),
      may(false) ? button("Refuse", () => this.decide(false), { kind: "danger", key: "x" }) : null,
      may(true) ? button("Approve", () => this.decide(true), { kind: "primary", key: "a" }) : null,
      waiver.status === "requested" && !may(true) ? badge("another person decides", "‖", "idle") : null);
  }

  private holdings(rule: string, cells: readonly { fund?: string | null; cell?: string | null }[]): HTMLElement[] {
    const keys = new Map(cells.filter((one) => one.fund).map((one) => [`${one.fund} ${one.cell ?? ""}`, one]));
    return [...keys.values()].map((one) => {
      const region = contributions({ fund: one.fund ?? "", rule, cell: one.cell ?? "" });
      void region.refresh();
      return panel(`${one.fund} ${words(one.cell ?? "")} now`, region.element);
    });
  }
}
