// Dialogs and notes. A dialog is a form of a few fields with one button that acts; it stays open with
// what went wrong beside the field until the server says yes or the person leaves.

import { add, button, byId, fill, h } from "./dom.js";
import { words } from "./format.js";

const NOTE_MS = 6000;

/** Tell what was done (`good`), or what went wrong (`bad`, which stays until it is put away). */
export function note(text, tone = "good") {
  const close = button("×", () => item.remove(), { kind: "quiet", title: "Put away" });
  close.setAttribute("aria-label", "Put away");
  const mark = tone === "bad" ? "✕" : "✓";
  const item = h("div", { class: `toast tone-${tone}`, role: tone === "bad" ? "alert" : null },
    h("span", { class: "mark", "aria-hidden": "true" }, mark), h("span", {}, text), close);
  byId("toasts").append(item);
  if (tone !== "bad") setTimeout(() => item.remove(), NOTE_MS);
}

/** Put away all notes, as when another person signs in. */
export function clearNotes() {
  fill(byId("toasts"));
}

/** What a problem says, with what to do where that is known. */
export function tellProblem(problem) {
  const unknown = problem.outcome === "unknown" ? " Whether it was done is not known." : "";
  const trace = problem.status >= 500 && problem.instance ? ` (request ${problem.instance})` : "";
  return `${problem.detail ?? problem.message}${problem.status ? unknown : ""}${trace}`;
}

/** A label with its control and a place for what is wrong with it. */
export function field(id, label, control, { hint = "", wide = false } = {}) {
  control.id = id;
  const error = h("p", { class: "error", id: `${id}-error`, hidden: true });
  const help = hint ? h("p", { class: "hint", id: `${id}-hint` }, hint) : null;
  control.setAttribute("aria-describedby", `${id}-error${hint ? ` ${id}-hint` : ""}`);
  return h("div", { class: wide ? "field wide" : "field", data: { field: id } },
    h("label", { for: id }, label), control, help, error);
}

/** A list of choices: words, or pairs of value and text. */
export function choice(values, chosen, props = {}) {
  const options = values.map((value) => {
    const [one, text] = Array.isArray(value) ? value : [value, words(value)];
    return h("option", { value: one, selected: one === chosen }, text);
  });
  return h("select", props, options);
}

/** Show what is wrong with a control, or that nothing is. */
export function setError(control, text) {
  const error = byId(`${control.id}-error`);
  control.setAttribute("aria-invalid", text ? "true" : "false");
  if (error) {
    error.textContent = text;
    error.hidden = !text;
  }
}

/** Open a modal dialog around `content`; answers the element. It removes itself when closed. */
export function modal(title, content, { kind = "", onClose } = {}) {
  const heading = h("h2", { id: "dialog-title" }, title);
  const dialog = h("dialog", { class: `dialog ${kind}`, "aria-labelledby": "dialog-title" });
  const close = button("×", () => dialog.close(), { kind: "quiet" });
  close.setAttribute("aria-label", "Close");
  add(dialog, h("div", { class: "dialog-head" }, heading, close), content);
  const back = document.activeElement;
  dialog.addEventListener("close", () => {
    dialog.remove();
    onClose?.();
    if (back?.isConnected) back.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/**
 * Ask before acting. `fields` are made by `field`; `act()` does it and answers the note to show.
 * `places` finds the control for a pointer of the server's errors.
 */
export function ask({ title, lines = [], fields = [], verb, danger = false, act, places = {} }) {
  const wrong = h("div", { class: "problem", role: "alert", hidden: true });
  const go = h("button", { type: "submit", class: danger ? "danger" : "primary" }, verb);
  const leave = button("Leave it", () => dialog.close());
  const form = h("form", { class: "form", novalidate: true },
    lines.map((line) => h("p", { class: "line" }, line)), fields, wrong,
    h("div", { class: "buttons" }, leave, go));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (go.disabled) return;
    go.disabled = true;
    wrong.hidden = true;
    Object.values(places).forEach((control) => setError(control, ""));
    try {
      const told = await act();
      dialog.close();
      if (told) note(told);
    } catch (problem) {
      showProblem(problem, places, wrong);
    } finally {
      go.disabled = false;
    }
  });
  const dialog = modal(title, form);
  const first = form.querySelector("input") ?? form.querySelector("select") ?? go;
  first.focus(); // Enter in a field acts; in a list of choices it would only open the list
  first.select?.();
}

/** Put each error at its field, and the rest into `rest`; focus the first. */
export function showProblem(problem, places, rest) {
  if (problem.errors === undefined) console.error(problem);
  const left = [];
  const marked = [];
  for (const error of problem.errors ?? []) {
    const control = places[error.pointer];
    if (control === undefined) left.push(error.detail);
    else {
      setError(control, advice(error, control));
      marked.push(control);
    }
  }
  if (marked.length === 0 || left.length > 0 || problem.outcome === "unknown") {
    const text = left.length > 0 ? [...new Set(left)].join("; ") : tellProblem(problem);
    rest.textContent = text;
    rest.hidden = false;
  }
  marked.sort((a, b) => (a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1));
  marked[0]?.focus();
}

/** The server's words, but for those that are about the form of a text: they are for programs. */
function advice(error, control) {
  if (["field_missing", "too_short", "format_invalid"].includes(error.code) && !control.value.trim()) {
    return "Fill this in.";
  }
  if (error.code !== "format_invalid") return error.detail;
  return control.inputMode === "decimal"
    ? "A plain number, such as 1000 or 250.10."
    : "Only letters, digits and . _ : / -";
}
