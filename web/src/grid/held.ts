// What the grid library holds of a row: it stays while the row in it is replaced, so that the library has
// nothing to do unless the row moves. What is sorted, grouped and added up by is read once a row.

import { scaled } from "../kit/format";
import type { BlotterColumn } from "./column";

export type Key = number | bigint | string;
/** What the library puts between the values of a group's key. */
const BETWEEN = ":|:";

export class Held<T extends { id: string }> {
  readonly id: string;
  /** By what it is sorted, its groups, and what it adds to them; empty until they are asked for. */
  keys: readonly Key[] = [];
  groups: readonly string[] = [];
  private amounts: readonly bigint[] = [];

  constructor(public row: T, public passes: boolean) {
    this.id = row.id;
  }

  /** Hold another state of the same row. */
  take(row: T, passes: boolean): void {
    this.row = row;
    this.passes = passes;
    this.forget();
    this.keys = [];
  }

  /** Read its groups and amounts anew when they are next asked for. */
  forget(): void {
    this.groups = [];
    this.amounts = [];
  }

  keysOf(columns: readonly BlotterColumn<T>[]): readonly Key[] {
    if (this.keys.length === 0) this.keys = columns.map((column) => keyOf(this.row, column));
    return this.keys;
  }

  groupsOf(columns: readonly BlotterColumn<T>[]): readonly string[] {
    if (this.groups.length === 0) this.groups = columns.map((column) => column.text(this.row) || "–");
    return this.groups;
  }

  amountsOf(columns: readonly BlotterColumn<T>[]): readonly bigint[] {
    if (this.amounts.length === 0) this.amounts = columns.map((column) => scaled(column.raw(this.row)) ?? 0n);
    return this.amounts;
  }
}

/** Decimals are compared exactly: as numbers, which is faster, only where these are exact. */
function keyOf<T>(row: T, column: BlotterColumn<T>): Key {
  const raw = column.raw(row);
  if (!column.decimal) return raw.toLowerCase();
  const units = scaled(raw);
  if (units === null) return -Infinity;
  const number = Number(units);
  return Number.isSafeInteger(number) ? number : units;
}

/** Subtotals of the groups that were looked at, carried on with every change. */
export class Sums<T extends { id: string }> {
  private readonly known = new Map<string, bigint[]>();

  clear(): void {
    this.known.clear();
  }

  /** Totals of a group, in the order of `columns`. */
  of(key: string, rows: readonly Held<T>[], columns: readonly BlotterColumn<T>[]): readonly bigint[] {
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const sums = columns.map(() => 0n);
    for (const held of rows) {
      held.amountsOf(columns).forEach((amount, at) => {
        sums[at] = (sums[at] ?? 0n) + amount;
      });
    }
    this.known.set(key, sums);
    return sums;
  }

  /** One row of these groups now adds `now` where it added `before`. */
  add(groups: readonly string[], now: readonly bigint[], before: readonly bigint[]): void {
    for (let depth = 1; depth <= groups.length; depth += 1) {
      const sums = this.known.get(groups.slice(0, depth).join(BETWEEN));
      if (sums === undefined) continue;
      now.forEach((amount, at) => {
        sums[at] = (sums[at] ?? 0n) + amount - (before[at] ?? 0n);
      });
    }
  }
}
