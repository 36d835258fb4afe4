// Short notes in the corner: what was done, or what went wrong.

import { button, byId, fill, h } from "./dom";

const NOTE_MS = 6000;

/** Tell what was done (`good`), or what went wrong (`bad`, which stays until it is put away). */
export function note(text: string, tone: "good" | "bad" = "good"): void {
  const close = button("×", () => item.remove(), { kind: "quiet", title: "Put away" });
  close.setAttribute("aria-label", "Put away");
  const mark = tone === "bad" ? "✕" : "✓";
  const item = h("div", { class: `toast tone-${tone}`, role: tone === "bad" ? "alert" : null },
    h("span", { class: "mark", "aria-hidden": "true" }, mark), h("span", {}, text), close);
  byId("toasts").append(item);
  if (tone !== "bad") setTimeout(() => item.remove(), NOTE_MS);
}

/** Put away all notes, as when another person signs in. */
export function clearNotes(): void {
  fill(byId("toasts"));
}
