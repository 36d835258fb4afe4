// The whole history of an order: who did what and when, what it was before and what it became, with the
// prices it got and how far it had come.

import { all, api, told, type Execution, type JournalEvent, type Listed, type Order, type Schemas } from "../../api/client";
import { may } from "../../api/person";
import { badge, type Child, fill, h } from "../../kit/dom";
import { clock, compare, eventWords, grouped, percent, places, positive, words } from "../../kit/format";
import { STATUSES } from "../../orders/rules";
import { cutNote } from "../../orders/timeline";
import { inWords, priceText, sideText, timeText } from "../../orders/words";
import type { View } from "../page";
import { share } from "../parts/numbers";
import { figure, figures, pairs, panel, Region } from "../parts/page";
import { changesOf } from "./changes";
import { marksChart, priceChart, progressChart } from "./charts";

type Security = Schemas["SecurityResource"];

interface Story {
  order: Order;
  events: Listed<JournalEvent>;
  versions: readonly Order[];
  executions: readonly Execution[];
  security: Security | null;
  marks: Schemas["HistoryResource"] | null;
}

const TONES: readonly (readonly [RegExp, string, string])[] = [
  [/Rejected|Refused|Breach|Hit|Busted|Blocked/, "✕", "bad"],
  [/Held|Waiver|Cancel|Hold/, "‖", "warn"],
  [/Execution|Allocated|Filled/, "●", "good"],
  [/Placement|Sent|Routed|Released/, "▶", "live"],
];

export class StoryPage implements View {
  readonly element = h("div", { class: "page" });
  private id = "";
  private readonly region = new Region<Story>(() => this.load(), paint);

  constructor() {
    fill(this.element, this.region.element);
  }

  shown(path: readonly string[]): void {
    const [id = ""] = path;
    if (id !== this.id) this.region.clear();
    this.id = id;
    void this.region.refresh();
  }

  private async load(): Promise<Story> {
    const path = { order_id: this.id };
    const [order, events, versions, executions] = await Promise.all([
      told(api.GET("/api/v1/orders/{order_id}", { params: { path } })),
      all((page) => api.GET("/api/v1/orders/{order_id}/events", { params: { path, query: page } })),
      all((page) => api.GET("/api/v1/orders/{order_id}/versions", { params: { path, query: page } })),
      all((page) => api.GET("/api/v1/executions", { params: { query: { ...page, order: this.id } } })),
    ]);
    const security_id = order.security.id;
    const [security, marks] = await Promise.all([
      told(api.GET("/api/v1/securities/{security_id}", { params: { path: { security_id } } })),
      told(api.GET("/api/v1/prices/{security_id}/history", { params: { path: { security_id }, query: {} } })),
    ]);
    return { order, events, versions: versions.rows, executions: executions.rows, security, marks };
  }
}

function paint(story: Story): Child {
  const { order, executions, security, marks } = story;
  const live = executions.filter((one) => one.status !== "busted" && positive(one.last_qty)).toSorted((a, b) => (a.received_at < b.received_at ? -1 : 1));
  const { mark, tone } = STATUSES[order.status] ?? { mark: "?", tone: "idle" };
  return [
    h("header", { class: "case-head" }, h("a", { href: "#/history" }, "← Orders"), h("h2", {}, inWords(order)),
      badge(words(order.status), mark, tone), h("span", { class: "soft" }, order.id), h("span", { class: "fills" }),
      h("a", { class: "button", href: `#/orders/${order.id}` }, "In the blotter")),
    figures(
      figure("Filled", `${grouped(order.cum_qty)} of ${grouped(order.quantity)}`), figure("Done", percent(order.cum_qty, order.quantity)),
      figure("Average price", positive(order.cum_qty) ? places(order.avg_px) : "–"), figure("Price asked", priceText(order)),
      figure("Of an average day's volume", participation(order, security) || "–"),
      figure("Time in force", timeText(order))),
    h("div", { class: "columns" },
      h("div", { class: "column" }, panel("Who, what, when",
        cutNote(story.events.rows.length, story.events.complete),
        h("ol", { class: "story" }, story.events.rows.map((one) => line(one, story))))),
      h("div", { class: "column" },
        live.length > 0 ? panel("Our fills", priceChart(order, live)) : null,
        live.length > 0 ? panel("Progress", progressChart(order, live)) : null,
        marks !== null && marks.data.length > 1 ? panel("Marks of the last days", marksChart(marks, order)) : null,
        panel("The order", pairs([
          ["Manager", order.portfolio_manager], ["Entered by", order.placed_by], ["Approved by", order.approved_by ?? ""],
          ["Trader", order.trader ?? ""], ["Side", sideText(order.side)], ["Reason", order.reason],
          ["Instructions", order.instructions],
          ...order.allocations.map((leg) => [leg.fund,
            `${grouped(leg.quantity)}${leg.booked_quantity ? `, ${grouped(leg.booked_quantity)} booked` : ""}`] as const),
        ])))),
  ];
}

/** What the order is of an average day's volume. */
function participation(order: Order, security: Security | null): string {
  if (!security?.adv || compare(security.adv, "0") <= 0) return "";
  const of = (quantity: string): string => share(`${quantity}/${security.adv ?? "1"}`);
  const whole = of(order.quantity);
  return compare(order.cum_qty, order.quantity) === 0 ? whole : `${of(order.cum_qty)} of ${whole}`;
}

function line(event: JournalEvent, story: Story): HTMLElement {
  const [, mark = "○", tone = "idle"] = TONES.find(([pattern]) => pattern.test(event.type)) ?? [];
  const changes = changesOf(event, story.versions);
  return h("li", {},
    h("time", { datetime: event.at, title: event.at }, clock(event.at)),
    h("span", { class: `dot tone-${tone}`, "aria-hidden": "true" }, mark),
    h("div", {},
      h("p", {}, h("strong", {}, eventWords(event.type)), " ", h("span", { class: "soft" }, who(event))),
      changes.length > 0 ? h("dl", { class: "changes" }, changes.map((one) => h("div", {}, h("dt", {}, one.name),
        h("dd", {}, one.before === null ? null : h("del", {}, one.before), one.before === null ? null : " → ",
          one.before === null ? one.after : h("ins", {}, one.after))))) : null,
      may("read_audit") ? h("details", {}, h("summary", {}, `journal ${event.seq}`),
        h("p", { class: "proof" }, `${event.subject} · epoch ${event.epoch} · ${event.build} · ${event.chain}`)) : null));
}

function who(event: JournalEvent): string {
  return event.on_behalf_of ? `${event.actor} for ${event.on_behalf_of}` : event.actor;
}
