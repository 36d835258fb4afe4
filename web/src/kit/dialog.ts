// Dialogs. A dialog is a form of a few fields with one button that acts; it stays open with what went
// wrong beside the field until the server says yes or the person leaves.

import { Problem, tellProblem, type FieldError } from "../api/problem";
import { add, button, h, type Child } from "./dom";
import { words } from "./format";
import { note } from "./notes";

export type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;
/** The control that a pointer of the server's errors means. */
export type Places = Readonly<Record<string, Control>>;

/** A label with its control and a place for what is wrong with it. */
export function field(id: string, label: string, control: Control, options: { hint?: string; wide?: boolean } = {}): HTMLElement {
  const { hint = "", wide = false } = options;
  control.id = id;
  const error = h("p", { class: "error", id: `${id}-error`, hidden: true });
  const help = hint ? h("p", { class: "hint", id: `${id}-hint` }, hint) : null;
  control.setAttribute("aria-describedby", `${id}-error${hint ? ` ${id}-hint` : ""}`);
  return h("div", { class: wide ? "field wide" : "field", data: { field: id } },
    h("label", { for: id }, label), control, help, error);
}

/** A one-line input for text. */
export function textInput(props: Record<string, string> = {}): HTMLInputElement {
  return h("input", { type: "text", autocomplete: "off", spellcheck: "false", maxlength: "500", ...props });
}

/** A list of choices: words, or pairs of value and text. */
export function choice(values: readonly (string | readonly [string, string])[], chosen?: string): HTMLSelectElement {
  const options = values.map((value) => {
    const [one, text] = typeof value === "string" ? [value, words(value)] : value;
    return h("option", { value: one, selected: one === chosen }, text);
  });
  return h("select", {}, options);
}

/** Show what is wrong with a control, or that nothing is. */
export function setError(control: Control, text: string): void {
  const error = document.getElementById(`${control.id}-error`);
  control.setAttribute("aria-invalid", text ? "true" : "false");
  if (error !== null) {
    error.textContent = text;
    error.hidden = !text;
  }
}

/** Open a modal dialog around `content`. It removes itself when closed and gives the focus back. */
export function modal(title: string, content: Child, options: { kind?: string; onClose?: () => void } = {}): HTMLDialogElement {
  const dialog = h("dialog", { class: `dialog ${options.kind ?? ""}`, "aria-label": title });
  const close = button("×", () => dialog.close(), { kind: "quiet" });
  close.setAttribute("aria-label", "Close");
  add(dialog, h("div", { class: "dialog-head" }, h("h2", {}, title), close), content);
  const back = document.activeElement;
  dialog.addEventListener("close", () => {
    dialog.remove();
    options.onClose?.();
    if (back instanceof HTMLElement && back.isConnected) back.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

interface Question {
  title: string;
  lines?: readonly string[];
  fields?: readonly Child[];
  verb: string;
  danger?: boolean;
  places?: Places;
  /** Does it and answers the note to show. */
  act: () => Promise<string>;
}

/** Ask before acting. */
export function ask({ title, lines = [], fields = [], verb, danger = false, act, places = {} }: Question): void {
  const wrong = h("div", { class: "problem", role: "alert", hidden: true });
  const go = h("button", { type: "submit", class: danger ? "danger" : "primary" }, verb);
  const leave = button("Leave it", () => dialog.close());
  const form = h("form", { class: "form", novalidate: true },
    lines.map((line) => h("p", { class: "line" }, line)), fields, wrong,
    h("div", { class: "buttons" }, leave, go));
  submitting(form, go, wrong, places, async () => {
    const told = await act();
    dialog.close();
    if (told) note(told);
  });
  const dialog = modal(title, form);
  const first = form.querySelector("input") ?? form.querySelector("select") ?? go;
  first.focus(); // Enter in a field acts; in a list of choices it would only open the list
  if (first instanceof HTMLInputElement) first.select();
}

/** Run `act` when `form` is submitted, once at a time, and show at the fields what the server refused. */
export function submitting(
  form: HTMLFormElement, go: HTMLButtonElement, wrong: HTMLElement, places: Places | (() => Places),
  act: () => Promise<void>,
): void {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (go.disabled) return;
    go.disabled = true;
    wrong.hidden = true;
    const at = typeof places === "function" ? places() : places;
    Object.values(at).forEach((control) => setError(control, ""));
    act()
      .catch((error: unknown) => showProblem(error, at, wrong))
      .finally(() => {
        go.disabled = false;
      });
  });
}

/** Put each error at its field, and the rest into `rest`; focus the first. */
export function showProblem(error: unknown, places: Places, rest: HTMLElement): void {
  const left: string[] = [];
  const marked: Control[] = [];
  for (const one of error instanceof Problem ? error.errors : []) {
    const control = places[one.pointer];
    if (control === undefined) left.push(one.detail);
    else {
      setError(control, advice(one, control));
      marked.push(control);
    }
  }
  if (marked.length === 0 || left.length > 0 || (error instanceof Problem && error.outcome === "unknown")) {
    rest.textContent = left.length > 0 ? [...new Set(left)].join("; ") : tellProblem(error);
    rest.hidden = false;
  }
  marked.sort((a, b) => (a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1));
  marked[0]?.focus();
}

/** The server's words, but for those that are about the form of a text: they are for programs. */
function advice(error: FieldError, control: Control): string {
  if (["field_missing", "too_short", "format_invalid"].includes(error.code) && !control.value.trim()) {
    return "Fill this in.";
  }
  if (error.code !== "format_invalid") return error.detail;
  return control.inputMode === "decimal"
    ? "A plain number, such as 1000 or 250.10."
    : "Only letters, digits and . _ : / -";
}
