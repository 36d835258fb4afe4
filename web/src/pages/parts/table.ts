// A table of things that can be sorted, searched and opened. For some hundred rows; the blotter has a
// grid of its own.

import { type Child, button, fill, h } from "../../kit/dom";
import { command } from "../../shell/keys";

type Sortable = string | number | bigint;

export interface Column<T> {
  title: string;
  cell: (row: T) => Child;
  /** What it sorts by; without it the column cannot be sorted. */
  sort?: (row: T) => Sortable;
  num?: boolean;
  /** Takes what room is left, and wraps. */
  wide?: boolean;
}

interface Options<T> {
  label: string;
  columns: readonly Column<T>[];
  empty: string;
  /** Address that a row opens; its first cell becomes the link. */
  href?: (row: T) => string;
  /** Name of a row that opens nothing: the arrows then move to it, and keys act on it. */
  id?: (row: T) => string;
  /** Text that the search box looks into; without it there is none. */
  text?: (row: T) => string;
  /** Column that sorts at first, and whether the largest comes first. */
  first?: readonly [number, boolean];
  /** Address of the whole list as a file. */
  csv?: string;
  /** More controls beside the search box. */
  tools?: Child;
}

/** A key that acts on the row with the focus. */
export interface RowKey<T> {
  key: string;
  title: string;
  when: (row: T) => boolean;
  run: (row: T) => void;
}

const SHOWN = 200;

export class Table<T> {
  readonly element: HTMLElement;
  private rows: readonly T[] = [];
  private sorting: readonly [number, boolean] | null;
  private shown = SHOWN;
  private readonly byKey = new Map<string, T>();
  private readonly search: HTMLInputElement;
  private readonly counted = h("span", { class: "soft count", role: "status" });
  private readonly file: HTMLElement | null;
  private readonly scroll: HTMLElement;

  constructor(private readonly options: Options<T>) {
    this.sorting = options.first ?? null;
    this.search = h("input", { type: "search", placeholder: "Search", "aria-label": `Search ${options.label}` });
    this.search.addEventListener("input", () => this.paint());
    this.scroll = h("div", { class: "table-scroll", tabindex: "0", role: "region", "aria-label": options.label });
    this.scroll.addEventListener("keydown", (event) => this.onKey(event));
    this.file = options.csv ? h("a", { class: "button", href: options.csv, download: "" }, "CSV") : null;
    const bar = h("div", { class: "table-tools" },
      options.text ? this.search : null, options.tools, this.counted, this.file);
    this.element = h("div", { class: "table" }, bar, this.scroll);
  }

  /** Show these rows. */
  show(rows: readonly T[]): void {
    this.rows = rows;
    this.paint();
  }

  /** The row that has the focus; null where none has. */
  current(): T | null {
    return this.byKey.get(this.focused()?.dataset.row ?? "") ?? null;
  }

  /** Offer single keys that act on the row with the focus. */
  offerKeys(group: string, keys: readonly RowKey<T>[]): void {
    for (const { key, title, when, run } of keys) {
      const able = (): T | null => {
        const row = this.current();
        return row !== null && when(row) ? row : null;
      };
      command({ key, group, title, when: () => able() !== null, run: () => {
        const row = able();
        if (row !== null) run(row);
      } });
    }
  }

  private focused(): HTMLElement | null {
    const active = document.activeElement;
    return this.scroll.contains(active) ? active?.closest<HTMLElement>("tr[data-row]") ?? null : null;
  }

  private paint(): void {
    const { columns, empty, label } = this.options;
    const focused = this.focused()?.dataset.row;
    this.byKey.clear();
    const rows = this.sorted(this.matching());
    this.counted.textContent = tally(rows.length, this.rows.length);
    for (const control of [this.search, this.counted, this.file]) if (control !== null) control.hidden = this.rows.length === 0;
    if (rows.length === 0) {
      fill(this.scroll, h("p", { class: "soft pad" }, this.rows.length === 0 ? empty : "Nothing matches the search."));
      return;
    }
    const more = rows.length > this.shown
      ? button(`Show all ${rows.length}`, () => {
        this.shown = Infinity;
        this.paint();
      })
      : null;
    fill(this.scroll,
      h("table", {}, h("caption", { class: "unseen" }, label),
        h("thead", {}, h("tr", {}, columns.map((column, at) => this.head(column, at)))),
        h("tbody", {}, rows.slice(0, this.shown).map((row) => this.line(row)))),
      more && h("p", { class: "pad" }, more));
    if (focused) stop(this.scroll.querySelector<HTMLElement>(`tr[data-row="${CSS.escape(focused)}"]`))?.focus();
  }

  private matching(): readonly T[] {
    const { text } = this.options;
    const wanted = this.search.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    if (text === undefined || wanted.length === 0) return this.rows;
    return this.rows.filter((row) => {
      const found = text(row).toLowerCase();
      return wanted.every((word) => found.includes(word));
    });
  }

  private sorted(rows: readonly T[]): readonly T[] {
    if (this.sorting === null) return rows;
    const [at, down] = this.sorting;
    const by = this.options.columns[at]?.sort;
    if (by === undefined) return rows;
    return rows.toSorted((a, b) => {
      const [x, y] = [by(a), by(b)];
      return (x < y ? -1 : Number(x > y)) * (down ? -1 : 1);
    });
  }

  private head(column: Column<T>, at: number): HTMLElement {
    const [sorted, down] = this.sorting ?? [-1, false];
    const state = sorted === at ? (down ? "descending" : "ascending") : null;
    const mark = state === null ? "" : down ? " ▾" : " ▴";
    const title = column.sort === undefined
      ? column.title
      : button(column.title + mark, () => {
        this.sorting = [at, sorted === at ? !down : column.num === true];
        this.paint();
        this.scroll.querySelectorAll("th")[at]?.querySelector("button")?.focus();
      }, { kind: "quiet" });
    return h("th", { scope: "col", class: column.num ? "num" : "", "aria-sort": state }, title);
  }

  private line(row: T): HTMLElement {
    const href = this.options.href?.(row);
    const key = this.options.id?.(row) ?? href;
    if (key) this.byKey.set(key, row);
    const data: Record<string, string> = key ? { row: key } : {};
    const line = h("tr", { class: href ? "opens" : "", data, tabindex: key && !href ? "-1" : null }, this.options.columns.map((column, at) => {
      const content = column.cell(row);
      const inner = at === 0 && href ? h("a", { href }, content) : content;
      return h("td", { class: [column.num && "num", column.wide && "wide"].filter(Boolean).join(" ") }, inner);
    }));
    if (href) {
      line.addEventListener("click", (event) => {
        const chosen = getSelection()?.toString() ?? "";
        if (event.target instanceof Element && event.target.closest("a, button, input, select") === null && !chosen) {
          location.hash = href;
        }
      });
    }
    return line;
  }

  /** Up and down move between the rows that open something. */
  private onKey(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    const rows = [...this.scroll.querySelectorAll<HTMLElement>("tr[data-row]")];
    if (rows.length === 0) return;
    const focused = this.focused();
    const at = focused === null ? -1 : rows.indexOf(focused);
    stop(rows[Math.min(Math.max(at + step, 0), rows.length - 1)])?.focus();
    event.preventDefault();
  }
}

/** How many rows are shown of how many there are. */
function tally(shown: number, all: number): string {
  const rows = all === 1 ? "row" : "rows";
  return shown === all ? `${all} ${rows}` : `${shown} of ${all} ${rows}`;
}

/** Where the focus stands in a row: its link, or the row itself. */
function stop(row: HTMLElement | null | undefined): HTMLElement | null | undefined {
  return row?.querySelector<HTMLElement>("td:first-child a") ?? row;
}
