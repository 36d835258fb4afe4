// Bars that compare shares: a table to a screen reader, bars to the eye. The width is set through the
// style object, which the content policy allows; the number always stands beside it.

import { type Child, h } from "../../kit/dom";

export interface Bar {
  name: Child;
  /** Share of the full width, 0 to 1; below 0 the bar is drawn to the left of zero. */
  share: number;
  text: string;
  tone?: "good" | "warn" | "bad" | "info";
  /** Where a mark is drawn, e.g. a limit; share of the full width. */
  mark?: number;
  note?: string;
}

/** A table of bars. */
export function bars(label: string, heads: readonly [string, string], rows: readonly Bar[]): HTMLElement {
  if (rows.length === 0) return h("p", { class: "soft" }, "None.");
  return h("table", { class: "bars" }, h("caption", { class: "unseen" }, label),
    h("thead", { class: "unseen" }, h("tr", {}, h("th", { scope: "col" }, heads[0]), h("th", { scope: "col" }, heads[1]), h("th", {}, "Bar"))),
    h("tbody", {}, rows.map((row) => h("tr", {},
      h("th", { scope: "row" }, row.name, row.note ? h("span", { class: "soft bar-note" }, row.note) : null),
      h("td", { class: "num" }, row.text),
      h("td", { class: "bar-cell" }, track(row))))));
}

function track(row: Bar): HTMLElement {
  const bar = h("span", { class: `bar-fill fill-${row.tone ?? "info"} ${row.share < 0 ? "below" : ""}` });
  bar.style.setProperty("--share", String(Math.min(Math.abs(row.share), 1)));
  const inside = h("span", { class: "bar-track", "aria-hidden": "true" }, bar);
  if (row.mark !== undefined) {
    const mark = h("span", { class: "bar-mark" });
    mark.style.setProperty("--share", String(Math.min(row.mark, 1)));
    inside.append(mark);
  }
  return inside;
}

/** Counts by name as bars, the largest first. */
export function counts(label: string, found: Readonly<Record<string, number>>, name: (word: string) => string): HTMLElement {
  const rows = Object.entries(found).sort(([, a], [, b]) => b - a);
  const most = Math.max(1, ...rows.map(([, count]) => count));
  return bars(label, ["What", "Count"], rows.map(([word, count]) => ({
    name: name(word), share: count / most, text: String(count),
  })));
}
