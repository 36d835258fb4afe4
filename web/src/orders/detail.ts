// One order in full: terms, funds, compliance with its arithmetic, placements, executions, events.
// What streams is taken from the store; the check and the events are asked for when the order changes.

import { all, api, told, type Check, type Execution, type JournalEvent, type Listed, type Order, type Placement, type Waiver } from "../api/client";
import { tellProblem } from "../api/problem";
import { button, calmly, fill, h, type Child } from "../kit/dom";
import { words } from "../kit/format";
import { store, type Changed } from "../stream/store";
import { compliance, executionTable, legs, placementList, summary, terms } from "./sections";
import { timeline } from "./timeline";

const EVENTS_MS = 400;
const PARTS = ["terms", "funds", "compliance", "placements", "executions", "events"] as const;
type Part = (typeof PARTS)[number];

interface Fetched {
  placements: Placement[];
  executions: Execution[];
  waivers: Waiver[];
}

const noEvents = (): Listed<JournalEvent> => ({ rows: [], complete: true });
const nothing = (): Fetched => ({ placements: [], executions: [], waivers: [] });

export class Detail {
  orderId: string | null = null;
  readonly element: HTMLElement;
  private order: Order | null = null;
  private check: Check | null = null;
  private events = noEvents();
  private fetched = nothing();
  private shown: Record<string, string> = {};
  private readonly wrong = h("p", { class: "problem", role: "alert", hidden: true });
  private readonly top = h("div", { class: "detail-top" });
  private readonly parts: Record<Part, HTMLElement>;
  private readonly refetch: () => void;
  private readonly unlisten: () => void;

  constructor({ onClose }: { onClose: () => void }) {
    this.parts = Object.fromEntries(PARTS.map((name) =>
      [name, h("section", { "aria-label": words(name) })])) as Record<Part, HTMLElement>;
    const close = button("×", onClose, { kind: "quiet close", title: "Close (Esc)" });
    close.setAttribute("aria-label", "Close the order");
    this.element = h("aside", { class: "detail", "aria-label": "Order", hidden: true },
      close, this.top, this.wrong,
      h("div", { class: "detail-body", tabindex: "0", role: "group", "aria-label": "Order in full" },
        Object.values(this.parts)));
    this.refetch = calmly(() => void this.fetch(), EVENTS_MS);
    this.unlisten = store.listen((changed) => this.changed(changed));
  }

  /** Show an order; null shows none. */
  async show(orderId: string | null): Promise<void> {
    if (orderId === this.orderId) return;
    this.orderId = orderId;
    this.element.hidden = orderId === null;
    this.order = null;
    this.check = null;
    this.events = noEvents();
    this.fetched = nothing();
    this.shown = {};
    this.say("");
    fill(this.top, h("p", { class: "soft" }, "Loading…"));
    Object.values(this.parts).forEach((part) => fill(part));
    if (orderId === null) return;
    this.paint();
    await this.fetch();
  }

  /** The order as the store has it, or as it was fetched where it is older than the live set. */
  current(): Order | null {
    const live = store.topics.orders.get(this.orderId ?? "");
    return live && live.seq >= (this.order?.seq ?? -1) ? live : this.order;
  }

  destroy(): void {
    this.orderId = null;
    this.unlisten();
  }

  private changed(changed: Changed): void {
    const id = this.orderId;
    if (id === null) return;
    const ours = changed === null || changed.orders.has(id) ||
      (["placements", "executions", "waivers", "hits"] as const).some((topic) =>
        changed[topic].size > 0 && store.of(topic, id).some((row) => changed[topic].has(row.id)));
    if (!ours) return;
    this.paint();
    this.refetch();
  }

  /** Ask for what does not stream. Rows that have left the live set come from here, too. */
  private async fetch(): Promise<void> {
    const id = this.orderId;
    if (id === null) return;
    try {
      const params = { path: { order_id: id } };
      const [order, events, placements, executions, waivers] = await Promise.all([
        told(api.GET("/api/v1/orders/{order_id}", { params })),
        all((page) => api.GET("/api/v1/orders/{order_id}/events", { params: { ...params, query: page } })),
        all((page) => api.GET("/api/v1/placements", { params: { query: { ...page, order: id } } })),
        all((page) => api.GET("/api/v1/executions", { params: { query: { ...page, order: id } } })),
        all((page) => api.GET("/api/v1/waivers", { params: { query: { ...page, order: id } } })),
      ]);
      if (id !== this.orderId) return;
      this.order = order;
      this.events = events;
      this.fetched = { placements: placements.rows, executions: executions.rows, waivers: waivers.rows };
      this.paint();
      await this.fetchCheck(order);
      this.say("");
    } catch (error) {
      if (id === this.orderId) this.say(tellProblem(error));
    }
  }

  private async fetchCheck(order: Order): Promise<void> {
    const checkId = order.compliance.check_id;
    if (!checkId || this.check?.id === checkId) return;
    const check = await told(api.GET("/api/v1/checks/{check_id}", { params: { path: { check_id: checkId } } }));
    if (order.id !== this.orderId) return;
    this.check = check;
    this.paint();
  }

  private say(text: string): void {
    this.wrong.textContent = text;
    this.wrong.hidden = !text;
  }

  /** The newest of what was fetched and what streamed, oldest first. */
  private newest<T extends { id: string; seq: number }>(fetched: readonly T[], streamed: readonly T[]): T[] {
    const found = new Map(fetched.map((row) => [row.id, row]));
    for (const row of streamed) if ((found.get(row.id)?.seq ?? -1) <= row.seq) found.set(row.id, row);
    return [...found.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  private paint(): void {
    const order = this.current();
    if (order === null) return;
    const { parts, fetched, check } = this;
    this.part("top", this.top, [order], () => summary(order));
    this.part("terms", parts.terms, [order], () => terms(order));
    this.part("funds", parts.funds, [order], () => legs(order));
    const hits = store.of("hits", order.id);
    const waivers = this.newest(fetched.waivers, store.of("waivers", order.id));
    this.part("compliance", parts.compliance, [order, check, hits, waivers], () => compliance(order, check, hits, waivers));
    const placements = this.newest(fetched.placements, store.of("placements", order.id));
    this.part("placements", parts.placements, [order, placements], () => placementList(placements, order));
    const executions = this.newest(fetched.executions, store.of("executions", order.id));
    this.part("executions", parts.executions, [executions], () => executionTable(executions));
    this.part("events", parts.events, [this.events.rows.length, this.events.complete], () => timeline(this.events));
  }

  /** Make a part anew only where what it shows has changed, so that focus and open folds stay. */
  private part(name: string, element: HTMLElement, inputs: unknown, make: () => Child): void {
    const now = JSON.stringify(inputs);
    if (this.shown[name] === now) return;
    const active = document.activeElement;
    const focused = active instanceof HTMLElement && element.contains(active) ? active.dataset.action : undefined;
    this.shown[name] = now;
    fill(element, make());
    if (focused) element.querySelector<HTMLElement>(`[data-action="${CSS.escape(focused)}"]`)?.focus();
  }
}
