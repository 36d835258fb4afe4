// Where a person says what is highlighted: a line a highlight, the first that holds counts.

import { choice, modal, setError, textInput } from "../kit/dialog";
import { button, h } from "../kit/dom";
import type { BlotterGrid } from "./blotter-grid";
import type { BlotterColumn } from "./column";
import { highlightProblem, LOOKS, TESTS, type Highlight, type Look, type Operator } from "./highlight";

interface Line {
  element: HTMLElement;
  value: HTMLInputElement;
  read: () => Highlight;
}

/** Open the dialog; what is chosen goes into the grid's state. */
export function chooseHighlights<T extends { id: string }>(grid: BlotterGrid<T>, columns: readonly BlotterColumn<T>[]): void {
  const list = h("ol", { class: "highlights" });
  const none = h("p", { class: "soft" }, "Nothing is highlighted.");
  let lines: Line[] = [];
  let made = 0;
  const count = (): void => {
    none.hidden = lines.length > 0;
  };
  const addLine = (given: Highlight): Line => {
    made += 1;
    const line = highlightLine(given, columns, made, () => {
      lines = lines.filter((one) => one !== line);
      line.element.remove();
      count();
    });
    lines.push(line);
    list.append(line.element);
    count();
    return line;
  };
  const first = columns[0]?.id ?? "";
  const more = button("Add", () => addLine({ column: first, test: ":", value: "", look: "amber", row: false }).value.focus());
  const form = h("form", { class: "form", novalidate: true }, none, list,
    h("div", { class: "buttons" }, h("span", { class: "check" }, more), h("button", { type: "submit", class: "primary" }, "Highlight these")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const wanted = lines.map((line) => line.read());
    const wrong = lines.filter((line, at) => {
      const column = columns.find((one) => one.id === wanted[at]?.column);
      const problem = column && wanted[at] ? highlightProblem(wanted[at], column) : "";
      setError(line.value, problem);
      return problem !== "";
    });
    if (wrong[0] !== undefined) {
      wrong[0].value.focus();
      return;
    }
    dialog.close();
    grid.setState({ highlights: wanted });
  });
  const dialog = modal("Highlight", form, { kind: "wide" });
  for (const one of grid.getState().highlights ?? []) addLine(one);
  count();
  (lines[0]?.value ?? more).focus();
}

function highlightLine<T>(given: Highlight, columns: readonly BlotterColumn<T>[], number: number, onGone: () => void): Line {
  const column = choice(columns.map((one) => [one.id, one.title] as const), given.column);
  const test = choice(Object.entries(TESTS), given.test);
  const value = textInput({ value: given.value, id: `highlight-${number}` });
  const look = choice(Object.entries(LOOKS).map(([name, { title }]) => [name, title] as const), given.look);
  const row = h("input", { type: "checkbox", checked: given.row });
  const named: readonly (readonly [HTMLElement, string])[] = [[column, "Column"], [test, "Test"], [value, "Value"], [look, "Look"]];
  for (const [control, name] of named) control.setAttribute("aria-label", name);
  const gone = button("×", onGone, { kind: "icon", title: "Remove this highlight" });
  gone.setAttribute("aria-label", "Remove this highlight");
  const element = h("li", {}, column, test,
    h("div", {}, value, h("p", { class: "error", id: `${value.id}-error`, hidden: true })), look,
    h("label", { class: "check" }, row, "whole row"), gone);
  const read = (): Highlight => ({
    column: column.value, test: test.value as Operator, value: value.value.trim(), look: look.value as Look, row: row.checked,
  });
  return { element, value, read };
}
