// The one wrapper around the grid library: rows in, deltas in, what people do out. Nothing else in the
// app knows the library.

import {
  SlickDataView, SlickGrid, SlickGroupItemMetadataProvider, SlickHybridSelectionModel,
  type Column, type FormatterResultWithHtml, type GridOption, type GroupingFormatterItem,
} from "@slickgrid-universal/common";

import { h } from "../kit/dom";
import { fromScaled, grouped } from "../kit/format";
import { currentDensity, whenLookChanges } from "../shell/look";
import type { BlotterColumn } from "./column";
import { Held, Sums } from "./held";
import { Highlights, LOOKS, soundHighlights, type Highlight } from "./highlight";

const RESORT_MS = 1000;
const FLASH_MS = 1200;
const ROW_HEIGHT = { compact: 24, roomy: 32 } as const;

interface Group<T extends { id: string }> {
  value: string;
  rows: readonly Held<T>[];
  groupingKey: string;
}

export interface GridState {
  columns: { id: string; width: number }[];
  sort: { id: string; ascending: boolean }[];
  group: string[];
  pinned: number;
  highlights?: readonly Highlight[];
}

export interface GridEvents<T> {
  /** The row under the cursor has changed; null where there is none. */
  onActive?: (row: T | null) => void;
  onOpen?: (row: T) => void;
  onChosen?: (rows: T[]) => void;
  onMenu?: (row: T, columnId: string, at: { x: number; y: number }) => void;
  onEdit?: (row: T, columnId: string, cell: HTMLElement) => void;
  onState?: () => void;
}

interface Options<T> extends GridEvents<T> {
  label: string;
  columns: readonly BlotterColumn<T>[];
  /** What to say where no row is shown. */
  empty: () => string;
  /** A class for the row: conditional formatting. */
  rowClass?: (row: T) => string;
  pinned?: number;
}

export class BlotterGrid<T extends { id: string }> {
  readonly element: HTMLElement;
  private readonly host: HTMLElement;
  private readonly nothing = h("p", { class: "grid-empty", role: "status" });
  private readonly view: SlickDataView<Held<T>>;
  private readonly grid: SlickGrid<Held<T>, Column<Held<T>>, GridOption<Column<Held<T>>>>;
  private readonly held = new Map<string, Held<T>>();
  private readonly sums = new Sums<T>();
  private keeps: (row: T) => boolean = () => true;
  private readonly byId: Map<string, BlotterColumn<T>>;
  private shown: string[];
  private widths = new Map<string, number>();
  private sorted: GridState["sort"] = [];
  /** What the keys of the rows were made for. */
  private keyed = "";
  private grouping: string[] = [];
  private pinned: number;
  private highlights = new Highlights<T>([], (id) => this.column(id));
  private resort: ReturnType<typeof setTimeout> | null = null;
  private begun = false;
  private readonly unlook: () => void;
  private readonly sized: ResizeObserver;

  constructor(private readonly options: Options<T>) {
    this.byId = new Map(options.columns.map((column) => [column.id, column]));
    this.shown = options.columns.filter((column) => !column.hidden).map((column) => column.id);
    this.pinned = options.pinned ?? 0;
    this.host = h("div", { class: "grid-host" });
    this.element = h("div", { class: "grid-frame" }, this.host, this.nothing);
    const groups = new SlickGroupItemMetadataProvider();
    this.view = new SlickDataView<Held<T>>({ groupItemMetadataProvider: groups, inlineFilters: false, useCSPSafeFilter: true });
    this.grid = new SlickGrid(this.host, this.view, this.slickColumns(), this.slickOptions());
    this.grid.setSelectionModel(new SlickHybridSelectionModel({ selectionType: "row", selectActiveRow: true, dragToSelect: false }));
    this.grid.registerPlugin(groups);
    this.rowClasses();
    this.view.syncGridSelection(this.grid, true, true);
    this.listen();
    this.unlook = whenLookChanges(() => this.grid.setOptions({ rowHeight: ROW_HEIGHT[currentDensity()] }));
    this.sized = new ResizeObserver(() => this.fit());
    this.sized.observe(this.element);
    this.host.setAttribute("role", "grid");
    this.host.setAttribute("aria-label", options.label);
  }

  /** Replace all rows. */
  setRows(rows: readonly T[]): void {
    this.held.clear();
    for (const row of rows) this.held.set(row.id, new Held(row, this.keeps(row)));
    this.view.beginUpdate(true);
    this.view.setItems([...this.held.values()]);
    this.applySort();
    this.view.endUpdate();
    this.sums.clear();
    this.grid.invalidate();
    this.tellEmpty();
  }

  /** Take over rows that are new or have changed, and ids of rows that are gone. The library sorts, filters
   * and groups anew only where a row comes, goes or moves; else only what is in sight is painted. */
  applyDelta(upserts: readonly T[], gone: readonly string[] = []): void {
    const changes = new Map<string, readonly string[]>();
    const fresh: Held<T>[] = [];
    const left = gone.filter((id) => this.held.delete(id));
    let moved = false;
    let disordered = false;
    for (const row of upserts) {
      const held = this.held.get(row.id);
      if (held === undefined) {
        const made = new Held(row, this.keeps(row));
        this.held.set(row.id, made);
        fresh.push(made);
        changes.set(row.id, ["*"]);
      } else if (held.row !== row) {
        changes.set(row.id, this.different(held.row, row));
        const told = this.replace(held, row);
        moved ||= told.moved;
        disordered ||= told.disordered;
      }
    }
    if (fresh.length > 0 || left.length > 0 || moved) this.restructure(fresh, left);
    if ((disordered || fresh.length > 0) && this.sorted.length > 0) this.sortSoon();
    this.repaint(changes);
    this.tellEmpty();
  }

  /** Put `row` in the place of what is held, and tell what that changes. */
  private replace(held: Held<T>, row: T): { moved: boolean; disordered: boolean } {
    const { passes, groups, keys } = held;
    const inGroup = this.grouping.length > 0 && passes;
    const old = inGroup ? held.amountsOf(this.totals()) : [];
    held.take(row, this.keeps(row));
    const moved = held.passes !== passes || (inGroup && !same(groups, held.groupsOf(this.grouped())));
    if (inGroup && !moved) this.sums.add(groups, held.amountsOf(this.totals()), old);
    return { moved, disordered: this.sorted.length > 0 && !same(keys, held.keysOf(this.sorting())) };
  }

  private restructure(fresh: readonly Held<T>[], left: readonly string[]): void {
    this.view.beginUpdate();
    for (const id of left) this.view.deleteItem(id);
    for (const held of fresh) this.view.insertItem(0, held);
    this.view.endUpdate();
    this.sums.clear();
  }

  /** Paint what has changed of what is in sight, and the titles of its groups. */
  private repaint(changes: ReadonlyMap<string, readonly string[]>): void {
    if (!this.begun || changes.size === 0) return;
    const { top, bottom } = this.grid.getRenderedRange();
    const stale: number[] = [];
    for (let at = Math.max(0, top); at <= bottom; at += 1) {
      const item = this.view.getItem(at) as (Held<T> & { __group?: boolean }) | undefined;
      if (item?.__group || (item && changes.has(item.id))) stale.push(at);
    }
    if (stale.length === 0) return;
    this.grid.invalidateRows(stale);
    this.grid.render();
    for (const at of stale) {
      const row = this.item(at);
      if (row !== null) this.flash(at, changes.get(row.id) ?? []);
    }
  }

  private totals(): readonly BlotterColumn<T>[] {
    return this.options.columns.filter((one) => one.total);
  }

  private grouped(): readonly BlotterColumn<T>[] {
    return this.grouping.map((id) => this.column(id));
  }

  private sorting(): readonly BlotterColumn<T>[] {
    return this.sorted.map(({ id }) => this.column(id));
  }

  /** Keep only rows that pass. */
  setFilter(test: (row: T) => boolean): void {
    this.keeps = test;
    for (const held of this.held.values()) held.passes = test(held.row);
    this.sums.clear();
    this.view.setFilter((held) => held.passes);
    this.tellEmpty();
  }

  get counts(): { shown: number; all: number } {
    return { shown: this.view.getFilteredItemCount(), all: this.view.getItemCount() };
  }

  /** Rows that pass the filter, in the order shown. */
  rows(): T[] {
    return this.view.getFilteredItems<Held<T>>().map((held) => held.row);
  }

  /** The rows a person has chosen, or the one under the cursor. */
  chosen(): T[] {
    const rows = this.grid.getSelectedRows().map((row) => this.item(row)).filter((row): row is T => row !== null);
    const active = this.active();
    return rows.length > 0 || active === null ? rows : [active];
  }

  active(): T | null {
    const cell = this.grid.getActiveCell();
    return cell ? this.item(cell.row) : null;
  }

  /** Put the cursor on a row, if it is shown. */
  select(id: string | null): void {
    if (id === null) {
      this.grid.resetActiveCell();
      return;
    }
    const row = this.view.getRowById(id);
    if (row === undefined || this.active()?.id === id) return;
    this.grid.setActiveCell(row, this.grid.getActiveCell()?.cell ?? 0);
    this.grid.scrollRowIntoView(row, false);
  }

  /** Move the cursor. */
  move(by: number): void {
    const cell = this.grid.getActiveCell();
    const row = Math.min(Math.max(0, cell ? cell.row + by : 0), this.grid.getDataLength() - 1);
    if (row >= 0) this.grid.setActiveCell(row, cell?.cell ?? 0);
    this.grid.focus();
  }

  focus(): void {
    if (this.grid.getActiveCell()) this.grid.focus();
    else this.move(0);
  }

  getState(): GridState {
    const columns = this.shown.map((id) => ({ id, width: this.widths.get(id) ?? this.column(id).width }));
    return { columns, sort: [...this.sorted], group: [...this.grouping], pinned: this.pinned, highlights: this.highlights.all };
  }

  /** Columns that are no more are left out, so that a layout survives an upgrade. */
  setState(state: Partial<GridState>): void {
    if (state.columns !== undefined) {
      const known = state.columns.filter(({ id }) => this.byId.has(id));
      if (known.length > 0) this.shown = known.map(({ id }) => id);
      this.widths = new Map(known.map(({ id, width }) => [id, width]));
    }
    this.pinned = state.pinned ?? this.pinned;
    this.sorted = (state.sort ?? this.sorted).filter(({ id }) => this.byId.has(id));
    this.grouping = (state.group ?? this.grouping).filter((id) => this.byId.has(id));
    if (state.highlights !== undefined) {
      const sound = soundHighlights(state.highlights, (id) => this.byId.has(id));
      this.highlights = new Highlights(sound, (id) => this.column(id));
    }
    if (this.begun) this.applyState();
  }

  /** The library takes most of it only once it has begun. */
  private applyState(): void {
    this.grid.setOptions({ frozenColumn: this.frozen() });
    this.grid.setColumns(this.slickColumns());
    this.grid.setSortColumns(this.sorted.map(({ id, ascending }) => ({ columnId: id, sortAsc: ascending })));
    this.applyGrouping();
    this.applySort();
    this.grid.invalidate();
    this.describe();
    this.options.onState?.();
  }

  /** The chosen rows as text that a spreadsheet takes: plain numbers, tabs between. */
  copyText(): string {
    const columns = this.shown.map((id) => this.column(id));
    const clean = (text: string): string => text.replace(/[\t\r\n]+/g, " ").replace(/^[=+@]|^-(?!\d)/, "'$&");
    const lines = this.chosen().map((row) => columns.map((one) => clean(one.decimal ? one.raw(row) : one.text(row))).join("\t"));
    return [columns.map((one) => one.title).join("\t"), ...lines].join("\r\n");
  }

  destroy(): void {
    if (this.resort !== null) clearTimeout(this.resort);
    this.sized.disconnect();
    this.unlook();
    this.grid.destroy(true);
  }

  /** The library measures, so it begins when the grid is first in the page. */
  private fit(): void {
    if (!this.element.isConnected || this.element.clientHeight === 0) return;
    if (this.begun) this.grid.resizeCanvas();
    else {
      this.begun = true;
      this.grid.init();
      this.applyState();
      this.grid.resizeCanvas();
    }
  }

  /** What the library leaves out for screen readers: header cells and what takes the focus stand in rows. */
  private describe(): void {
    for (const sink of this.host.querySelectorAll(":scope > div[tabindex]:not([role])")) {
      sink.setAttribute("role", "row");
      sink.append(h("div", { role: "gridcell" }));
    }
    for (const head of this.host.querySelectorAll(".slick-header-columns")) {
      if (head.childElementCount > 0) head.setAttribute("role", "row");
      else head.removeAttribute("role");
    }
  }

  private slickOptions(): GridOption<Column<Held<T>>> {
    return {
      rowHeight: ROW_HEIGHT[currentDensity()], enableCellNavigation: true, enableColumnReorder: true,
      enableHtmlRendering: false, multiColumnSort: true, tristateMultiColumnSort: true, editable: false,
      frozenColumn: this.frozen(), enableTextSelectionOnCells: false, forceFitColumns: false,
      enableMouseWheelScrollHandler: true, explicitInitialization: true, skipFreezeColumnValidation: true,
    } as GridOption<Column<Held<T>>>;
  }

  private frozen(): number {
    return this.grouping.length > 0 ? -1 : this.pinned - 1; // a group's title is cut at pinned columns
  }

  private column(id: string): BlotterColumn<T> {
    const found = this.byId.get(id);
    if (found === undefined) throw new TypeError(`no column ${id}`);
    return found;
  }

  private slickColumns(): Column<Held<T>>[] {
    return this.shown.map((id) => {
      const column = this.column(id);
      return {
        id, field: id as never, name: column.title, width: this.widths.get(id) ?? column.width, sortable: true,
        cssClass: column.decimal ? "num" : "", headerCssClass: column.decimal ? "num" : null, toolTip: column.title,
        formatter: (_row, _cell, _value, _column, held) => this.cell(column, held.row),
      };
    });
  }

  private cell(column: BlotterColumn<T>, row: T): string | FormatterResultWithHtml {
    const text = column.text(row);
    const look = this.highlights.ofCell(row, column.id, this.shown);
    const mark = look === null ? column.mark?.(row) : LOOKS[look].mark;
    const tone = column.tone?.(row);
    const toolTip = column.hover?.(row) ?? "";
    const bar = column.bar?.(row);
    const classes = [look ? `look look-${look}` : tone ? `tone-${tone}` : "", bar ? `meter meter-${Math.round(bar / 5) * 5}` : "",
      column.editable?.(row) ? "editable" : ""].filter(Boolean).join(" ");
    if (!mark && !classes && !toolTip) return text;
    const html = h("span", { class: "cell" }, mark ? h("span", { class: "mark", "aria-hidden": "true" }, mark) : null, text);
    return { html, addClasses: classes, toolTip };
  }

  private rowClasses(): void {
    const { rowClass } = this.options;
    const original = this.view.getItemMetadata.bind(this.view);
    this.view.getItemMetadata = (row: number) => {
      const item = this.item(row);
      if (item === null) return original(row);
      const look = this.highlights.ofRow(item);
      return { cssClasses: `${rowClass?.(item) ?? ""} ${look ? `look-row look-${look}` : ""}` };
    };
  }

  private item(row: number): T | null {
    const item = this.view.getItem<Held<T> & { __group?: boolean; __groupTotals?: boolean }>(row);
    return !item || item.__group || item.__groupTotals ? null : item.row;
  }

  private listen(): void {
    const { grid, view, options } = this;
    view.onRowCountChanged.subscribe(() => {
      grid.updateRowCount();
      grid.render();
    });
    view.onRowsChanged.subscribe((_event, { rows }) => {
      grid.invalidateRows(rows);
      grid.render();
    });
    grid.onSort.subscribe((_event, args) => {
      const columns = "sortCols" in args ? args.sortCols : [];
      this.sorted = columns.map(({ columnId, sortAsc }) => ({ id: String(columnId), ascending: sortAsc ?? true }));
      this.applySort();
      options.onState?.();
    });
    grid.onColumnsReordered.subscribe(() => {
      this.shown = grid.getColumns().map(({ id }) => String(id));
      options.onState?.();
    });
    grid.onColumnsResized.subscribe(() => {
      this.widths = new Map(grid.getColumns().map(({ id, width }) => [String(id), width ?? 80]));
      options.onState?.();
    });
    grid.onActiveCellChanged.subscribe(() => options.onActive?.(this.active()));
    grid.onSelectedRowsChanged.subscribe(() => options.onChosen?.(this.chosen()));
    grid.onDblClick.subscribe((event, { row, cell }) => {
      event.preventDefault();
      this.openOrEdit(row, cell);
    });
    grid.onContextMenu.subscribe((event) => {
      const at = grid.getCellFromEvent(event);
      const row = at ? this.item(at.row) : null;
      const mouse = event as unknown as MouseEvent;
      mouse.preventDefault();
      if (at === null || row === null) return;
      if (!grid.getSelectedRows().includes(at.row)) grid.setActiveCell(at.row, at.cell);
      options.onMenu?.(row, this.shown[at.cell] ?? "", { x: mouse.clientX, y: mouse.clientY });
    });
    grid.onKeyDown.subscribe((event) => this.keyDown(event as unknown as KeyboardEvent));
  }

  private keyDown(event: KeyboardEvent): void {
    const cell = this.grid.getActiveCell();
    if (event.key === "Enter" && cell) this.openOrEdit(cell.row, cell.cell);
    else if (event.key === " " && cell && this.item(cell.row) !== null) this.toggle(cell.row);
    else if ((event.ctrlKey || event.metaKey) && event.key === "c") void navigator.clipboard.writeText(this.copyText());
    else if ((event.shiftKey && event.key === "F10") || event.key === "ContextMenu") this.menuAtCell();
    else return;
    event.preventDefault();
    event.stopPropagation();
    (event as unknown as { stopImmediatePropagation?: () => void }).stopImmediatePropagation?.();
  }

  private menuAtCell(): void {
    const cell = this.grid.getActiveCell();
    const row = this.active();
    const box = this.grid.getActiveCellNode()?.getBoundingClientRect();
    if (cell && row && box) this.options.onMenu?.(row, this.shown[cell.cell] ?? "", { x: box.left, y: box.bottom });
  }

  private toggle(row: number): void {
    const chosen = this.grid.getSelectedRows();
    this.grid.setSelectedRows(chosen.includes(row) ? chosen.filter((one) => one !== row) : [...chosen, row]);
  }

  private openOrEdit(row: number, cell: number): void {
    const item = this.item(row);
    if (item === null) return;
    const id = this.shown[cell] ?? "";
    const node = this.grid.getCellNode(row, cell);
    if (this.byId.get(id)?.editable?.(item) && node && this.options.onEdit) this.options.onEdit(item, id, node);
    else this.options.onOpen?.(item);
  }

  private applySort(): void {
    if (this.sorted.length === 0) {
      this.view.sort((a, b) => (a.id < b.id ? 1 : a.id > b.id ? -1 : 0)); // newest first
      return;
    }
    const columns = this.sorting();
    const signs = this.sorted.map(({ ascending }) => (ascending ? 1 : -1));
    const names = this.sorted.map(({ id }) => id).join();
    for (const held of this.held.values()) {
      if (names !== this.keyed) held.keys = [];
      held.keysOf(columns);
    }
    this.keyed = names;
    this.view.sort((a, b) => {
      for (let at = 0; at < signs.length; at += 1) {
        const x = a.keys[at] ?? "";
        const y = b.keys[at] ?? "";
        if (x !== y) return x < y ? -(signs[at] ?? 1) : signs[at] ?? 1;
      }
      return a.id < b.id ? 1 : -1;
    });
  }

  private sortSoon(): void {
    this.resort ??= setTimeout(() => {
      this.resort = null;
      this.applySort();
    }, RESORT_MS);
  }

  private applyGrouping(): void {
    const columns = this.grouped();
    for (const held of this.held.values()) held.forget();
    this.sums.clear();
    this.view.setGrouping(columns.map((column, at) => ({
      getter: (held: Held<T>) => held.groupsOf(columns)[at],
      formatter: (group: GroupingFormatterItem) => this.groupTitle(column, group as unknown as Group<T>),
      collapsed: false,
    })));
  }

  private groupTitle(column: BlotterColumn<T>, { value, rows, groupingKey }: Group<T>): string {
    const totals = this.totals();
    const sums = this.sums.of(groupingKey, rows, totals);
    return [`${column.title}: ${value}`, `${rows.length}`,
      ...totals.map((one, at) => `${one.title} ${grouped(fromScaled(sums[at] ?? 0n))}`)].join("  ·  ");
  }

  private different(old: T, row: T): string[] {
    return this.shown.filter((id) => {
      const column = this.column(id);
      return !column.still && column.text(old) !== column.text(row);
    });
  }

  private flash(at: number, ids: readonly string[]): void {
    if (ids.length === 0) return;
    for (const [cell, id] of this.shown.entries()) {
      if (ids[0] !== "*" && !ids.includes(id)) continue;
      const node = this.grid.getCellNode(at, cell) as HTMLElement | undefined | null;
      if (!node) continue;
      node.classList.add("flash");
      setTimeout(() => node.classList.remove("flash"), FLASH_MS);
    }
  }

  private tellEmpty(): void {
    const { shown } = this.counts;
    this.nothing.hidden = shown > 0;
    if (shown === 0) this.nothing.textContent = this.options.empty();
  }
}

function same(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((one, at) => one === b[at]);
}
