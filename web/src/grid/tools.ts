// The grid's own tools: which columns, in which order, how many pinned, grouped by what.

import { button, h } from "../kit/dom";
import { modal } from "../kit/dialog";
import { openMenu } from "../kit/menu";
import type { BlotterGrid, GridState } from "./blotter-grid";
import type { BlotterColumn } from "./column";

/** Choose what rows are grouped by. */
export function groupMenu<T extends { id: string }>(
  grid: BlotterGrid<T>, columns: readonly BlotterColumn<T>[], below: HTMLElement,
): void {
  const now = grid.getState().group;
  const toggled = (id: string): string[] => (now.includes(id) ? now.filter((one) => one !== id) : [...now, id]);
  openMenu([
    ...columns.filter((one) => one.group).map((one) => ({
      label: `${now.includes(one.id) ? "✓ " : "   "}${one.title}`, run: () => grid.setState({ group: toggled(one.id) }),
    })),
    null,
    { label: "No groups", run: () => grid.setState({ group: [] }) },
  ], below, "Group by");
}

/** Choose columns and their order by keyboard or mouse. */
export function chooseColumns<T extends { id: string }>(grid: BlotterGrid<T>, columns: readonly BlotterColumn<T>[]): void {
  const state = grid.getState();
  const shown = new Map(state.columns.map(({ id, width }) => [id, width]));
  const rest = columns.filter((one) => !shown.has(one.id)).map((one) => one.id);
  const list = h("ol", { class: "chooser" });
  for (const id of [...shown.keys(), ...rest]) {
    const column = columns.find((one) => one.id === id);
    if (column === undefined) continue;
    const box = h("input", { type: "checkbox", checked: shown.has(id), id: `column-${id}`, data: { column: id } });
    const item = h("li", {}, h("label", { class: "check" }, box, column.title));
    const move = (by: number, label: string, mark: string): HTMLElement => {
      const made = button(mark, () => {
        const other = by < 0 ? item.previousElementSibling : item.nextElementSibling;
        if (other !== null) other[by < 0 ? "before" : "after"](item);
        made.focus();
      }, { kind: "icon", title: label });
      made.setAttribute("aria-label", `${label}: ${column.title}`);
      return made;
    };
    item.append(move(-1, "Earlier", "↑"), move(1, "Later", "↓"));
    list.append(item);
  }
  const pinned = h("input", { type: "number", min: "0", max: "6", value: state.pinned, id: "pinned" });
  const go = h("button", { type: "submit", class: "primary" }, "Show these");
  const form = h("form", { class: "form" }, list,
    h("label", { class: "check", for: "pinned" }, "Pinned at the left", pinned),
    h("div", { class: "buttons" }, go));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const wanted = [...list.querySelectorAll("input")].filter((box) => box.checked).map((box) => box.dataset.column ?? "");
    if (wanted.length === 0) return;
    const width = (id: string): number => shown.get(id) ?? columns.find((one) => one.id === id)?.width ?? 80;
    const next: Partial<GridState> = { columns: wanted.map((id) => ({ id, width: width(id) })), pinned: Number(pinned.value) };
    dialog.close();
    grid.setState(next);
  });
  const dialog = modal("Columns", form);
  list.querySelector("input")?.focus();
}
