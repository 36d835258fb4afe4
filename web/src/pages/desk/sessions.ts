// The FIX sessions: how each gateway is, and what operations may do to it.

import { api, newKey, keyed, told, type Schemas } from "../../api/client";
import { may } from "../../api/person";
import { ask, type Control, field, textInput } from "../../kit/dialog";
import { badge, button, type Child, fill, h } from "../../kit/dom";
import { clock } from "../../kit/format";
import type { View } from "../page";
import { pairs, Region } from "../parts/page";

type Session = Schemas["SessionResource"];
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
    verb: "Set the next number", title: "Set the number of the next incoming message",
    line: "Only after agreeing it with the counterparty: a wrong number loses messages or asks for all of them again.",
    number: "Next incoming number", danger: true,
    send: (session, key, reason, number) => told(api.POST("/api/v1/fix/sessions/{session}/set-sequence", { params: at(session, key), body: { reason, number } })),
  },
];

export class Sessions implements View {
  readonly element = h("div", { class: "page" });
  private readonly region = new Region<Session[]>(() => this.load(), (found) => this.paint(found));
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

  private async load(): Promise<Session[]> {
    return (await told(api.GET("/api/v1/fix/sessions"))).data;
  }

  private paint(sessions: readonly Session[]): Child {
    if (sessions.length === 0) return h("p", { class: "soft pad" }, "No FIX session is configured.");
    return [
      h("p", { class: "soft" }, `As the gateways told at ${clock(new Date().toISOString())}.`),
      h("div", { class: "sessions" }, sessions.map((one) => this.card(one))),
    ];
  }

  private card(one: Session): HTMLElement {
    const offered = may("ActOnSession") ? ACTIONS.filter((action) => action.when?.(one) ?? true) : [];
    return h("section", { class: "panel", "aria-label": one.id },
      h("div", { class: "case-head" }, h("h2", {}, one.id), state(one), h("span", { class: "soft" }, one.detail ?? "")),
      pairs([
        ["Next out", String(one.next_out)], ["Next in", String(one.next_in)], ["Epoch", String(one.epoch)],
        ["Unacknowledged", warned(one.unacknowledged)], ["Lag", warned(one.lag)], ["Quarantine", warned(one.quarantine)],
      ]),
      offered.length > 0 ? h("div", { class: "buttons left" }, offered.map((action) =>
        button(action.verb, () => this.act(one, action), { kind: action.danger ? "danger" : "" }))) : null);
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
  if (one.ready) return badge("Ready", "●", "good");
  return one.logged_on ? badge("Logged on, not ready", "◐", "warn") : badge("Logged out", "✕", "bad");
}

function warned(count: number): Child {
  return count > 0 ? h("strong", { class: "tone-warn" }, `${count} !`) : "0";
}
