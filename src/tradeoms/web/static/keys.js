// Keyboard shortcuts and the sheet that lists them. Single keys act only while nobody is typing and no
// dialog is open, and can be switched off.

import { h } from "./dom.js";
import { modal } from "./dialog.js";

const STORED = "tradeoms.single_keys";
const shortcuts = [];
let on = read();

function read() {
  try {
    return localStorage.getItem(STORED) !== "off";
  } catch {
    return true; // storage may be forbidden
  }
}

/** Let `key` run something; the sheet lists it in `group`, or not at all where that is empty. */
export function shortcut(key, group, title, run) {
  shortcuts.push({ key, group, title, run });
}

/** Listen. */
export function listenToKeys(active) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || !active()) return;
    if (document.querySelector("dialog[open]") || typing(event.target)) return;
    const found = shortcuts.find((one) => one.key === event.key);
    if (!found || (!on && found.key.length === 1 && found.key !== "?")) return;
    if (found.run() !== false) event.preventDefault();
  });
}

function typing(target) {
  return target.closest("input, textarea, select, [contenteditable]") !== null;
}

/** Show all shortcuts. */
export function showSheet() {
  const listed = shortcuts.filter((one) => one.group);
  const groups = Map.groupBy
    ? Map.groupBy(listed, (one) => one.group)
    : listed.reduce((all, one) => all.set(one.group, [...(all.get(one.group) ?? []), one]), new Map());
  const lists = [...groups].map(([name, members]) =>
    h("section", {}, h("h3", {}, name), h("dl", { class: "keys" },
      members.map((one) => h("div", {}, h("dt", {}, h("kbd", {}, one.key)), h("dd", {}, one.title))))));
  const fixed = h("section", {}, h("h3", {}, "In a list"), h("dl", { class: "keys" },
    [["↑ ↓ k j", "Move"], ["PgUp PgDn", "Move a page"], ["Home End", "First, last"], ["Enter", "Open"]]
      .map(([key, title]) => h("div", {}, h("dt", {}, h("kbd", {}, key)), h("dd", {}, title)))));
  const box = h("input", { type: "checkbox", id: "single-keys", checked: on });
  box.addEventListener("change", () => {
    on = box.checked;
    try {
      localStorage.setItem(STORED, on ? "on" : "off");
    } catch {
      // as above
    }
  });
  const choice = h("label", { class: "check" }, box, "Single keys act");
  modal("Keyboard", [h("div", { class: "sheet" }, fixed, lists), choice], { kind: "wide" });
}
