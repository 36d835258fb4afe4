// The events of an order, newest first, each with what it says; all of it on demand.

import type { JournalEvent, Listed } from "../api/client";
import { h, type Child } from "../kit/dom";
import { clock, eventWords, grouped } from "../kit/format";

/** Fields that the heading or another line of the event already tells. */
const TOLD = new Set(["at", "evidence", "received_at", "sent_at", "row", "legs", "split"]);
/** Fields whose values are words of ours. */
const CODED = new Set(["action", "outcome", "order_type", "stage", "side", "time_in_force"]);
const SHOWN = 5;

/** A list of events. */
export function timeline({ rows, complete }: Listed<JournalEvent>): Child[] {
  const title = h("h3", {}, "Events");
  if (rows.length === 0) return [title, h("p", { class: "soft" }, "None.")];
  return [title, cutNote(rows.length, complete), h("ol", { class: "events" }, [...rows].reverse().map(line))];
}

/** Says that later events are not shown, where that is so. */
export function cutNote(shown: number, complete: boolean): Child {
  return complete ? null : h("p", { class: "problem", role: "note" }, `Only the first ${grouped(String(shown))} events are shown; there are more.`);
}

function line(event: JournalEvent): HTMLElement {
  return h("li", {},
    h("div", { class: "event-head" },
      h("time", { datetime: event.at, title: event.at }, clock(event.at)),
      h("strong", {}, eventWords(event.type)),
      h("span", { class: "soft" }, event.actor)),
    h("p", {}, brief(event)),
    h("details", {},
      h("summary", {}, `seq ${event.seq} · ${event.subject}`),
      h("pre", { tabindex: "0" }, ...pretty(event.data))));
}

/** A few fields in one line: those that say something, ids and empty ones left out. */
function brief(event: JournalEvent): string {
  const parts: string[] = [];
  for (const [name, value] of Object.entries(event.data as Record<string, unknown>)) {
    if (TOLD.has(name) || name.endsWith("_id") || name.endsWith("_ids")) continue;
    if (value === "" || value === null || value === "0" || value === false || (typeof value === "object" && !Array.isArray(value))) continue;
    if (Array.isArray(value) && (value.length === 0 || typeof value[0] === "object")) continue;
    const text = Array.isArray(value) ? value.join(", ") : String(value);
    parts.push(`${name.replaceAll("_", " ")} ${readable(name, text)}`);
  }
  return parts.slice(0, SHOWN).join(" · ");
}

/** A value as people read it; what a person wrote stays as it was written. */
function readable(name: string, text: string): string {
  if (/^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/.test(text)) return clock(text);
  if (CODED.has(name)) return text.replaceAll("_", " ");
  return /^-?\d+(\.\d+)?$/.test(text) ? grouped(text) : text;
}

/** Lines of JSON; each is a text of its own, since line ends are not let through elsewhere. */
function pretty(data: unknown): HTMLElement[] {
  return JSON.stringify(data, null, 2).split("\n").flatMap((text): HTMLElement[] => [h("span", {}, text), h("br")]);
}
