// A grid that paints only the rows in sight, so that thousands cost no more than fifty. One row is
// selected; the arrow keys move it, Enter opens it. Cells that change flash once.

import { add, calmly, h, visible } from "./dom.js";
import { scaled } from "./format.js";

const ROW = 26; // pixels; grid.css has the same
const SPARE = 8; // rows painted beyond each edge
const SORT_MS = 200;

let grids = 0;

export class Grid {
  /**
   * columns: {id, title, width, text(row), sort: "text"|"decimal", num, tone(row), title_of(row)}
   * rows(): all rows; keep(row): whether the filter lets it through; onOpen(row), onSelect(row).
   */
  constructor({ label, columns, rows, keep = () => true, onOpen, onSelect, onCount, empty }) {
    this.source = rows;
    this.keep = keep;
    this.columns = columns;
    this.on = { onOpen, onSelect, onCount };
    this.empty = empty;
    this.prefix = `g${(grids += 1)}`;
    this.sorted = { column: null, descending: false };
    this.keys = new WeakMap();
    this.order = [];
    this.painted = new Map();
    this.selected = null;
    this.changed = new Set();
    this.#build(label);
    this.soon = calmly(() => this.refresh(), SORT_MS);
    this.resized = new ResizeObserver(() => this.#paint());
    this.resized.observe(this.element);
  }

  #build(label) {
    this.head = h("div", { role: "row", class: "grid-head", "aria-rowindex": "1" },
      this.columns.map((column) => this.#header(column)));
    this.body = h("div", { role: "rowgroup", class: "grid-body" });
    this.note = h("p", { class: "grid-empty", hidden: true });
    this.element = h("div",
      {
        role: "grid", class: "grid", tabindex: "0", "aria-label": label,
        "aria-colcount": this.columns.length,
        onscroll: () => this.#paint(),
        onkeydown: (event) => this.#key(event),
        onclick: (event) => this.#click(event),
        ondblclick: () => this.open(),
      },
      h("div", { role: "rowgroup", class: "grid-top" }, this.head),
      this.body,
    );
    this.holder = h("div", { class: "grid-holder" }, this.element, this.note);
    const widths = this.columns.map((column) => column.width);
    const least = widths.map((width) => width.replace(/^minmax\((.+?),.*$/, "$1"));
    this.element.style.setProperty("--columns", widths.join(" "));
    this.element.style.setProperty("--least", `calc(${least.join(" + ")})`);
  }

  #header(column) {
    const arrow = h("span", { class: "arrow", "aria-hidden": "true" });
    const sort = h("button",
      { type: "button", tabindex: "-1", onclick: () => this.sortBy(column.id) },
      column.title, arrow);
    const kind = column.num ? "num" : "";
    return h("div", { role: "columnheader", class: kind, data: { column: column.id } }, sort);
  }

  /** Sort by a column: upwards, downwards, then as the rows come. */
  sortBy(id) {
    const { column, descending } = this.sorted;
    if (column !== id) this.sorted = { column: id, descending: false };
    else if (!descending) this.sorted = { column: id, descending: true };
    else this.sorted = { column: null, descending: false };
    this.keys = new WeakMap();
    for (const cell of this.head.children) {
      const here = cell.dataset.column === this.sorted.column;
      const way = this.sorted.descending ? "descending" : "ascending";
      if (here) cell.setAttribute("aria-sort", way);
      else cell.removeAttribute("aria-sort");
      cell.querySelector(".arrow").textContent = here ? { ascending: "▲", descending: "▼" }[way] : "";
    }
    this.refresh();
  }

  /** These rows have changed: look again before long, and let the cells flash. */
  touch(ids) {
    for (const id of ids) this.changed.add(id);
    this.soon();
  }

  /** Filter, sort and paint anew. */
  refresh() {
    const all = [...this.source()];
    this.order = all.filter(this.keep);
    if (this.sorted.column !== null) this.#sort();
    this.index = new Map(this.order.map((row, at) => [row.id, at]));
    this.body.style.height = `${this.order.length * ROW}px`;
    this.element.setAttribute("aria-rowcount", this.order.length + 1);
    this.note.hidden = this.order.length > 0;
    this.note.textContent = this.order.length > 0 ? "" : this.empty(all.length);
    this.on.onCount?.(this.order.length, all.length);
    this.#paint(true);
  }

  #sort() {
    const column = this.columns.find((one) => one.id === this.sorted.column);
    const way = this.sorted.descending ? -1 : 1;
    const key = (row) => {
      let found = this.keys.get(row);
      if (found === undefined) {
        found = column.sort === "decimal" ? scaled(column.key(row)) : column.key(row).toLowerCase();
        this.keys.set(row, found);
      }
      return found;
    };
    this.order.sort((left, right) => {
      const [a, b] = [key(left), key(right)];
      if (a === b) return 0;
      if (a === null || a === "") return 1; // nothing stands last, whichever way
      if (b === null || b === "") return -1;
      return (a < b ? -1 : 1) * way;
    });
  }

  #paint(fresh = false) {
    const top = this.element.scrollTop;
    const first = Math.max(0, Math.floor(top / ROW) - SPARE);
    const last = Math.min(this.order.length, Math.ceil((top + this.element.clientHeight) / ROW) + SPARE);
    const wanted = new Set();
    for (let at = first; at < last; at += 1) {
      const row = this.order[at];
      wanted.add(row.id);
      const seen = this.painted.get(row.id);
      if (seen === undefined) this.#create(row, at);
      else if (fresh || seen.at !== at) this.#update(seen, row, at);
    }
    for (const [id, seen] of this.painted) {
      if (wanted.has(id)) continue;
      seen.element.remove();
      this.painted.delete(id);
    }
    if (fresh) this.changed.clear();
    this.#mark();
  }

  #create(row, at) {
    const cells = this.columns.map((column) => {
      const cell = h("div", { role: "gridcell" });
      paintCell(cell, column, row);
      return cell;
    });
    const element = h("div",
      { role: "row", class: "grid-row", id: `${this.prefix}-${row.id}`, data: { id: row.id } }, cells);
    const seen = { element, cells, row, at };
    this.#place(seen, at);
    this.painted.set(row.id, seen);
    this.body.append(element);
  }

  #update(seen, row, at) {
    if (seen.row !== row) {
      const flash = this.changed.has(row.id);
      this.columns.forEach((column, number) => {
        const cell = seen.cells[number];
        const before = cell.textContent;
        paintCell(cell, column, row);
        if (flash && !column.still && before !== cell.textContent) flashCell(cell);
      });
      seen.row = row;
    }
    this.#place(seen, at);
  }

  #place(seen, at) {
    seen.at = at;
    seen.element.style.transform = `translateY(${at * ROW}px)`;
    seen.element.setAttribute("aria-rowindex", at + 2);
  }

  #mark() {
    for (const [id, seen] of this.painted) {
      seen.element.setAttribute("aria-selected", String(id === this.selected));
    }
    const here = this.selected !== null && this.painted.has(this.selected);
    if (here) this.element.setAttribute("aria-activedescendant", `${this.prefix}-${this.selected}`);
    else this.element.removeAttribute("aria-activedescendant");
  }

  /** Select a row by id, scroll it into sight where `show`, and tell. */
  select(id, { show = true, tell = true } = {}) {
    this.selected = id;
    const at = this.index?.get(id);
    if (show && at !== undefined) this.#reveal(at);
    this.#paint();
    if (tell) this.on.onSelect?.(at === undefined ? null : this.order[at]);
  }

  #reveal(at) {
    const head = this.head.offsetHeight;
    const [top, bottom] = [at * ROW, (at + 1) * ROW];
    const height = this.element.clientHeight - head;
    if (top < this.element.scrollTop) this.element.scrollTop = top;
    else if (bottom > this.element.scrollTop + height) this.element.scrollTop = bottom - height;
  }

  /** Move the selection by so many rows. */
  move(by) {
    if (this.order.length === 0) return;
    const at = this.index.get(this.selected);
    const start = at === undefined ? (by > 0 ? -1 : this.order.length) : at;
    const next = Math.min(this.order.length - 1, Math.max(0, start + by));
    this.select(this.order[next].id);
  }

  /** Open the selected row. */
  open() {
    const at = this.index?.get(this.selected);
    if (at !== undefined) this.on.onOpen?.(this.order[at]);
  }

  #key(event) {
    if (event.target !== this.element || event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(this.element.clientHeight / ROW) - 2);
    const moves = {
      ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity,
    };
    if (event.key in moves) this.move(moves[event.key]);
    else if (event.key === "Enter") this.open();
    else return;
    event.preventDefault();
  }

  #click(event) {
    const row = event.target.closest(".grid-row");
    if (row) this.select(row.dataset.id, { show: false });
  }
}

/** What a column shows of a row: text, a mark before it, a tone, and the full text on hover. */
function paintCell(cell, column, row) {
  const text = visible(column.text(row));
  const mark = column.mark?.(row);
  const tone = column.tone?.(row);
  const kind = [column.num ? "num" : "", tone ? `tone-${tone}` : ""].join(" ").trim();
  cell.className = kind;
  cell.title = visible(column.hover?.(row) ?? text);
  cell.textContent = "";
  if (mark) add(cell, h("span", { class: "mark", "aria-hidden": "true" }, mark));
  cell.append(text);
}

function flashCell(cell) {
  cell.classList.remove("flash");
  void cell.offsetWidth; // begin the animation anew
  cell.classList.add("flash");
}
