// Named views of the orders grid: columns, order, widths, pinning, sorting, groups, filter. The server keeps
// them for each person and shows the shared ones to their roles; a link carries one to anybody. Only what
// was in use last stays in this browser.

import { all, api, told, type Schemas } from "../api/client";
import { me } from "../api/person";
import { tellProblem } from "../api/problem";
import type { GridState } from "../grid/blotter-grid";
import { note } from "../kit/notes";
import { keepStored, stored } from "../kit/stored";

export interface Layout {
  grid: GridState;
  filter: string;
  statuses: string[];
}

export type Role = Schemas["Role"];

/** A layout as the server keeps it. */
export interface SavedLayout {
  readonly id: string;
  readonly name: string;
  readonly owner: string;
  readonly sharedWith: readonly Role[];
  readonly layout: Layout;
}

const PAGE = "orders";
let saved: readonly SavedLayout[] = [];

function place(): string {
  return `layouts.orders.${me()?.id ?? ""}`;
}

/** The person's own layouts and those shared with him, by name, as they were last loaded. */
export function layouts(): readonly SavedLayout[] {
  return saved;
}

/** True where the layout is the person's own. */
export function isOwn(one: SavedLayout): boolean {
  return one.owner === me()?.id;
}

/** Ask the server for the layouts. */
export async function loadLayouts(): Promise<void> {
  const who = me()?.id;
  const { rows } = await all((cut) => api.GET("/api/v1/layouts", { params: { query: { ...cut, page: PAGE } } }));
  if (me()?.id !== who) return; // another person has signed in meanwhile
  const read = rows.flatMap(({ id, name, owner, shared_with: sharedWith, state }) => {
    const layout = asLayout(state);
    return layout === null ? [] : [{ id, name, owner, sharedWith, layout }];
  });
  saved = read.sort((a, b) => a.name.localeCompare(b.name));
}

/** Load the layouts when a person signs in; what this browser kept for him goes to the server. */
export async function beginLayouts(): Promise<void> {
  try {
    await loadLayouts();
    await moveFromBrowser();
  } catch (error) {
    if (me() !== null) note(`Layouts: ${tellProblem(error)}`, "bad");
  }
}

/** Forget them, as when the person signs out. */
export function endLayouts(): void {
  saved = [];
}

/** Keep a layout on the server, in place of the person's own of that name. */
export async function saveLayout(name: string, layout: Layout, sharedWith: Role[]): Promise<void> {
  await told(api.POST("/api/v1/layouts", { body: { name, page: PAGE, state: { ...layout }, shared_with: sharedWith } }));
  await loadLayouts();
}

/** Delete one of the person's own. */
export async function deleteLayout(id: string): Promise<void> {
  await told(api.DELETE("/api/v1/layouts/{layout_id}", { params: { path: { layout_id: id } } }));
  await loadLayouts();
}

/** Each layout leaves the browser only once the server has it; none takes the place of another. */
async function moveFromBrowser(): Promise<void> {
  const here = place();
  const kept = parsed(stored(here));
  if (typeof kept !== "object" || kept === null) return;
  const left = { ...kept } as Record<string, unknown>;
  for (const [name, value] of Object.entries(left)) {
    const layout = asLayout(value);
    if (layout === null) continue;
    const own = new Map(saved.filter(isOwn).map((one) => [one.name, one.layout]));
    if (JSON.stringify(own.get(name)) !== JSON.stringify(layout)) await saveLayout(freeName(name, own), layout, []);
    if (place() !== here) return;
    delete left[name];
    keepStored(here, JSON.stringify(left));
  }
}

function freeName(name: string, taken: ReadonlyMap<string, Layout>): string {
  let free = name;
  for (let number = 2; taken.has(free); number += 1) free = `${name} ${number}`;
  return free;
}

/** The layout that was in use when the person left. */
export function lastLayout(): Layout | null {
  return asLayout(parsed(stored(`${place()}.last`)));
}

export function keepLast(layout: Layout): void {
  keepStored(`${place()}.last`, JSON.stringify(layout));
}

/** A layout as a part of an address. */
export function encoded(layout: Layout): string {
  return btoa(encodeURIComponent(JSON.stringify(layout))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The layout of an address; null where it is none. */
export function decoded(text: string): Layout | null {
  try {
    return asLayout(parsed(decodeURIComponent(atob(text.replaceAll("-", "+").replaceAll("_", "/")))));
  } catch {
    return null;
  }
}

function parsed(text: string | null): unknown {
  try {
    return text === null ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

/** What came from outside, where it has the parts of a layout. */
function asLayout(value: unknown): Layout | null {
  if (typeof value !== "object" || value === null) return null;
  const { grid, filter, statuses } = value as Partial<Layout>;
  const columns: unknown = (grid as Partial<GridState> | null | undefined)?.columns;
  const sound = Array.isArray(columns) && typeof filter === "string" && Array.isArray(statuses);
  return sound ? (value as Layout) : null;
}
