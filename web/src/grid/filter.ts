// The language of the filter box, the same in every grid:
//   growth buy            both words, anywhere in the row
//   -filled               not this word
//   status:working        in this column;  status:working,blocked  one of these
//   qty>1000 limit<=20    numbers;  pm=pm.growth  exactly
//   fund:index OR side:sell   either side; OR binds less than the words around it
// Quotes keep spaces: security:"BRK B".

import { scaled } from "../kit/format";
import type { BlotterColumn } from "./column";

export type Test<T> = (row: T) => boolean;

const TERM = /(-?)(?:([a-z_]+)(:|=|>=|<=|>|<))?("[^"]*"|\S+)/giu;

/** What people type for a column by habit. */
const SHORT: Readonly<Record<string, string>> = { qty: "quantity", sym: "security", px: "limit", funds: "fund" };

/** Problems are told as text; a filter that is not understood keeps every row. */
export interface Filter<T> {
  test: Test<T>;
  problem: string;
}

/** The filter that `typed` asks for; null where it asks for nothing. */
export function parseFilter<T>(
  typed: string, columns: readonly BlotterColumn<T>[], whole: (row: T) => string,
): Filter<T> | null {
  const sides = typed.split(/\s+OR\s+/u).map((side) => side.trim()).filter(Boolean);
  if (sides.length === 0) return null;
  const problems: string[] = [];
  const parsed = sides.map((side) => allOf(side, columns, whole, problems));
  return { test: (row) => parsed.some((tests) => tests.every((test) => test(row))), problem: problems[0] ?? "" };
}

function allOf<T>(
  side: string, columns: readonly BlotterColumn<T>[], whole: (row: T) => string, problems: string[],
): Test<T>[] {
  const tests: Test<T>[] = [];
  for (const [, minus = "", name, operator, quoted = ""] of side.matchAll(TERM)) {
    const value = quoted.replace(/^"|"$/g, "").toLowerCase();
    if (value === "" || value === "-" || (name === undefined && value === "and")) continue;
    let test: Test<T> | null;
    if (name === undefined) test = (row) => whole(row).includes(value);
    else {
      const column = columnOf(name, columns);
      test = column === null ? null : columnTest(column, operator ?? ":", value);
      if (column === null) problems.push(`no column ${name}`);
      else if (test === null) problems.push(`${value} is no number`);
    }
    const found = test;
    if (found !== null) tests.push(minus ? (row) => !found(row) : found);
  }
  return tests;
}

function columnOf<T>(name: string, columns: readonly BlotterColumn<T>[]): BlotterColumn<T> | null {
  const wanted = SHORT[name.toLowerCase()] ?? name.toLowerCase();
  return columns.find((one) => one.id === wanted) ?? columns.find((one) => one.id.startsWith(wanted)) ??
    columns.find((one) => one.title.toLowerCase().replaceAll(" ", "_").startsWith(wanted)) ?? null;
}

/** The test that an operator and a value in small letters make of a column; null where a number is missing. */
export function columnTest<T>(column: BlotterColumn<T>, operator: string, value: string): Test<T> | null {
  const values = value.split(",").filter(Boolean);
  const raw = (row: T): string => column.raw(row).toLowerCase();
  if (operator === ":") {
    return (row) => values.some((one) => raw(row).includes(one) || column.text(row).toLowerCase().includes(one));
  }
  const limit = scaled(value.replaceAll(",", ""));
  if (operator === "=") {
    if (limit !== null) return (row) => scaled(column.raw(row)) === limit;
    return (row) => values.some((one) => raw(row) === one || column.text(row).toLowerCase() === one);
  }
  if (limit === null) return null;
  return (row) => {
    const number = scaled(column.raw(row));
    if (number === null) return false;
    return operator === ">" ? number > limit : operator === "<" ? number < limit
      : operator === ">=" ? number >= limit : number <= limit;
  };
}
