// Keyboard shortcuts, the sheet that lists them, and what the command palette offers. Single keys act
// only while nobody is typing and no dialog is open, and can be switched off.

import { modal } from "../kit/dialog";
import { h } from "../kit/dom";
import { keepStored, stored } from "../kit/stored";

/** Something a person can do. Without a key it is only in the palette, without a group only a key. */
export interface Command {
  key?: string;
  group: string;
  title: string;
  /** False where it cannot be done now; it is then not offered. */
  when?: () => boolean;
  /** Answers false where nothing was done. */
  run: () => unknown;
}

const commands: Command[] = [];
let single = stored("single_keys") !== "off";

/** Offer something. */
export function command(one: Command): void {
  commands.push(one);
}

/** What can be done now. */
export function offered(): readonly Command[] {
  return commands.filter((one) => one.group && (one.when?.() ?? true));
}

/** Forget all, as when another person signs in. */
export function forgetCommands(): void {
  commands.length = 0;
}

/** Listen to keys for as long as the page lives. */
export function listenToKeys(active: () => boolean, palette: () => void): void {
  document.addEventListener("keydown", (event) => {
    if (!active()) return;
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      if (document.querySelector("dialog[open]") === null) palette();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.defaultPrevented) return;
    if (document.querySelector("dialog[open]") || typing(event.target)) return;
    const found = commands.find((one) => one.key === event.key && (one.when?.() ?? true));
    if (found === undefined || (!single && event.key.length === 1 && event.key !== "?")) return;
    if (found.run() !== false) event.preventDefault();
  });
}

function typing(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("input, textarea, select, [contenteditable]") !== null;
}

function entry(keys: string, title: string): HTMLElement {
  const marks = keys.split(" ").map((key) => h("kbd", {}, key));
  return h("div", {}, h("dt", {}, marks), h("dd", {}, title));
}

/** Show all shortcuts. */
export function showSheet(): void {
  const groups = new Map<string, Command[]>();
  for (const one of offeredOrNot()) groups.set(one.group, [...(groups.get(one.group) ?? []), one]);
  const lists = [...groups].map(([name, members]) =>
    h("section", {}, h("h3", {}, name), h("dl", { class: "keys" },
      members.map((one) => entry(one.key ?? "", one.title)))));
  const fixed = h("section", {}, h("h3", {}, "In a list"), h("dl", { class: "keys" },
    entry("↑ ↓", "Move"), entry("Space", "Choose or leave the row"), entry("Enter", "Open; in a price or quantity: edit"),
    entry("Ctrl+C", "Copy the chosen rows for a spreadsheet"), entry("Ctrl+K", "Everything by name")));
  const box = h("input", { type: "checkbox", id: "single-keys", checked: single });
  box.addEventListener("change", () => {
    single = box.checked;
    keepStored("single_keys", single ? "on" : "off");
  });
  const off = h("label", { class: "check" }, box, "Single keys act");
  modal("Keyboard", [h("div", { class: "sheet" }, fixed, lists), off], { kind: "wide" });
}

function offeredOrNot(): readonly Command[] {
  return commands.filter((one) => one.group && one.key !== undefined);
}
