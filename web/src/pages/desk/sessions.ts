// The FIX sessions: how each gateway is, and what operations may do to it.

import { all, api, newKey, keyed, told, type Schemas } from "../../api/client";
import { may, me } from "../../api/person";
import { ask, type Control, field, textInput } from "../../kit/dialog";
import { badge, button, type Child, fill, h } from "../../kit/dom";
import { clock, words } from "../../kit/format";
import type { View } from "../page";
import { pairs, panel, Region } from "../parts/page";
import { Table } from "../parts/table";

type Session = Schemas["SessionResource"];
type Asked = Schemas["SessionActionResource"];
interface Found {
  sessions: readonly Session[];
  actions: readonly Asked[];
}
const ACTIONS_SHOWN = 20;
type Send = (session: string, key: string, reason: string, number: number) => Promise<unknown>;
const LOOK_MS = 3000;

interface Action {
  verb: string;
  title: string;
  line: string;
  number?: string;
  danger?: boolean;
  when?: (one: Session) => boolean;
  send: Send;
}

const at = (session: string, key: string) => ({ path: { session }, header: keyed(key) });

const ACTIONS: readonly Action[] = [
  {
    verb: "Log on", title: "Log the session on", line: "Orders that wait for it go out as soon as both sides agree on the numbers.",
    when: (one) => !one.logged_on,
    send: (session, key, reason) => told(api.POST("/api/v1/fix/sessions/{session}/logon", { params: at(session, key), body: { reason } })),
  },
  {
    verb: "Log out", title: "Log the session out", line: "What is with the counterparty stays there; nothing new goes out.", danger: true,
    when: (one) => one.logged_on,
    send: (session, key, reason) => told(api.POST("/api/v1/fix/sessions/{session}/logout", { params: at(session, key), body: { reason } })),
  },
  {
    verb: "Ask for a resend", title: "Ask the counterparty for its messages again", line: "From this number on; what we have already is not booked twice.",
    number: "From number", when: (one) => one.logged_on,
    send: (session, key, reason, number) => told(api.POST("/api/v1/fix/sessions/{session}/request-resend", { params: at(session, key), body: { reason, number } })),
  },
  {
    verb: "Hold orders", title: "Have new orders and replacements wait", line: "Cancels still leave.",
    when: (one) => !one.held,
    send: (session, key, reason) => told(api.POST("/api/v1/fix/sessions/{session}/hold-outbound", { params: at(session, key), body: { reason } })),
  },
  {
    verb: "Let orders go", title: "Let waiting orders and replacements leave", line: "What waits goes out at once.",
    when: (one) => Boolean(one.held),
    send: (session, key, reason) => told(api.POST("/api/v1/fix/sessions/{session}/release-outbound", { params: at(session, key), body: { reason } })),
  },
  {
    verb: "Set the next number", title: "Set the number of the next incoming message",
    line: "Only after agreeing it with the counterparty: a wrong number loses messages or asks for all of them again. Another person approves.",
    number: "Next incoming number", danger: true,
    send: (session, key, reason, number) => told(api.POST("/api/v1/fix/sessions/{session}/set-sequence", { params: at(session, key), body: { reason, number, direction: "in" } })),
  },
];

export class Sessions implements View {
  readonly element = h("div", { class: "page" });
  private readonly region = new Region<Found>(() => this.load(), (found) => this.paint(found));
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor() {
    fill(this.element, this.region.element);
  }

  /** How sessions are is not journaled and so not streamed: it is looked up while in front. */
  shown(): void {
    clearInterval(this.timer);
    this.timer = setInterval(() => {
      if (document.visibilityState === "visible" && !this.element.contains(document.activeElement)) void this.region.refresh();
    }, LOOK_MS);
    void this.region.refresh();
  }

  hidden(): void {
    clearInterval(this.timer);
  }

  destroy(): void {
    this.hidden();
  }

  private async load(): Promise<Found> {
    const [sessions, actions] = await Promise.all([
      all((page) => api.GET("/api/v1/fix/sessions", { params: { query: page } })),
      told(api.GET("/api/v1/fix/actions", { params: { query: { limit: ACTIONS_SHOWN } } })),
    ]);
    return { sessions: sessions.rows, actions: actions.data };
  }

  private paint({ sessions, actions }: Found): Child {
    if (sessions.length === 0) return h("p", { class: "soft pad" }, "No FIX session is configured.");
    return [
      h("p", { class: "soft" }, `As the gateways told at ${clock(new Date().toISOString())}.`),
      h("div", { class: "sessions" }, sessions.map((one) => this.card(one))),
      actions.length > 0 ? panel("What was done", this.asked(actions)) : null,
    ];
  }

  private card(one: Session): HTMLElement {
    const offered = may("ActOnSession") ? ACTIONS.filter((action) => action.when?.(one) ?? true) : [];
    return h("section", { class: "panel", "aria-label": one.id },
      h("div", { class: "case-head" }, h("h2", {}, one.id), state(one), h("span", { class: "soft" }, one.detail ?? "")),
      pairs([
        ["Next number out", String(one.next_out)], ["Next number in", String(one.next_in)], ["Epoch", String(one.epoch)],
        ["Unacknowledged", warned(one.unacknowledged)], ["Behind", warned(one.lag)], ["In quarantine", warned(one.quarantine)],
        ["Missing", warned(one.gap ?? 0)], ["Duplicates", one.duplicates ? `${one.duplicates} left out` : "none"],
        ["Halted", one.halted ?? ""], ["Held", one.held ?? ""],
        ["Last in", one.last_in_at ? clock(one.last_in_at) : ""], ["Last out", one.last_out_at ? clock(one.last_out_at) : ""],
      ]),
      offered.length > 0 ? h("div", { class: "buttons left" }, offered.map((action) =>
        button(action.verb, () => this.act(one, action), { kind: action.danger ? "danger" : "" }))) : null);
  }

  private asked(actions: readonly Asked[]): HTMLElement {
    const table = new Table<Asked>({
      label: "What people did to sessions", empty: "Nothing.",
      columns: [
        { title: "At", cell: (row) => clock(row.created_at) },
        { title: "Session", cell: (row) => row.session },
        { title: "What", cell: (row) => words(row.action) },
        { title: "Status", cell: (row) => words(row.status) },
        { title: "By", cell: (row) => row.requested_by },
        { title: "Reason", wide: true, cell: (row) => row.reason },
        { title: "", cell: (row) => this.decisions(row) },
      ],
    });
    table.show(actions);
    return table.element;
  }

  private decisions(row: Asked): HTMLElement | null {
    if (row.status !== "waiting") return null;
    const other = row.requested_by !== me()?.id;
    return h("div", { class: "row-actions" },
      other && may("ApproveSessionAction") ? button("Approve", () => this.decide(row, true), { kind: "primary" }) : null,
      may("RefuseSessionAction") ? button("Refuse", () => this.decide(row, false)) : null);
  }

  private decide(row: Asked, giving: boolean): void {
    const reason = textInput();
    const params = { path: { action_id: row.id }, header: keyed(newKey()) };
    ask({
      title: `${giving ? "Approve" : "Refuse"}: ${words(row.action).toLowerCase()} of ${row.session}`,
      lines: [`${row.requested_by}: ${row.reason}`], fields: [field("decide-reason", "Reason", reason)], places: { "/reason": reason },
      verb: giving ? "Approve" : "Refuse", danger: !giving,
      act: async () => {
        const body = { reason: reason.value.trim() };
        await told(giving
          ? api.POST("/api/v1/fix/actions/{action_id}/approve", { params, body })
          : api.POST("/api/v1/fix/actions/{action_id}/refuse", { params, body }));
        await this.region.refresh();
        return giving ? "It goes ahead." : "It was refused.";
      },
    });
  }

  private act(one: Session, action: Action): void {
    const reason = textInput();
    const number = action.number ? textInput({ inputmode: "numeric", value: String(one.next_in) }) : null;
    const key = newKey();
    const places: Record<string, Control> = { "/reason": reason };
    if (number) places["/number"] = number;
    ask({
      title: `${action.title}: ${one.id}`, lines: [action.line], danger: action.danger ?? false, verb: action.verb, places,
      fields: [number ? field("session-number", action.number ?? "", number) : null, field("session-reason", "Reason", reason)],
      act: async () => {
        await action.send(one.id, key, reason.value.trim(), Number(number?.value ?? 0));
        await this.region.refresh();
        return `${one.id}: ${action.verb.toLowerCase()} was asked for.`;
      },
    });
  }
}

function state(one: Session): HTMLElement {
  if (one.halted) return badge("Halted", "✕", "bad");
  if (one.held) return badge("Orders wait", "‖", "warn");
  if (one.ready) return badge("Ready", "●", "good");
  return one.logged_on ? badge("Logged on, not ready", "◐", "warn") : badge("Logged out", "✕", "bad");
}

function warned(count: number): Child {
  return count > 0 ? h("strong", { class: "tone-warn" }, `! ${count} ${count === 1 ? "message" : "messages"}`) : "none";
}
