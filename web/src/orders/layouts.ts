// Named views of the orders grid: columns, order, widths, pinning, sorting, groups, filter. They are kept
// in this browser for each person; a link carries one to a colleague.

import { me } from "../api/person";
import type { GridState } from "../grid/blotter-grid";
import { keepStored, stored } from "../kit/stored";

export interface Layout {
  grid: GridState;
  filter: string;
  statuses: string[];
}

type Layouts = Record<string, Layout>;

function place(): string {
  return `layouts.orders.${me()?.id ?? ""}`;
}

/** All layouts of the person by name. */
export function layouts(): Layouts {
  return read<Layouts>(stored(place())) ?? {};
}

/** Keep a layout under a name; null forgets it. */
export function keepLayout(name: string, layout: Layout | null): void {
  const all = layouts();
  if (layout === null) delete all[name];
  else all[name] = layout;
  keepStored(place(), JSON.stringify(all));
}

/** The layout that was in use when the person left. */
export function lastLayout(): Layout | null {
  return read<Layout>(stored(`${place()}.last`));
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
    return read<Layout>(decodeURIComponent(atob(text.replaceAll("-", "+").replaceAll("_", "/"))));
  } catch {
    return null;
  }
}

function read<T>(text: string | null): T | null {
  try {
    return text === null ? null : (JSON.parse(text) as T);
  } catch {
    return null;
  }
}
