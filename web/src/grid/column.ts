// What a grid shows of a row. A column reads; it never computes with floats: decimals stay text and
// are compared as scaled integers.

import { clock, grouped } from "../kit/format";

type Text = string | null | undefined;
export type Tone = "good" | "bad" | "warn" | "info" | "live" | "idle" | "buy" | "sell";

export interface BlotterColumn<T> {
  id: string;
  title: string;
  width: number;
  /** As shown, and as copied unless `raw` says otherwise. */
  text: (row: T) => string;
  /** What is sorted, filtered and copied: plain, without separators. */
  raw: (row: T) => string;
  decimal?: boolean;
  mark?: (row: T) => string | undefined;
  tone?: (row: T) => Tone | undefined;
  /** From 0 to 100: a bar behind the text. */
  bar?: (row: T) => number;
  hover?: (row: T) => string;
  /** Added up where rows are grouped. */
  total?: boolean;
  /** Offered for grouping. */
  group?: boolean;
  /** A change of it does not flash. */
  still?: boolean;
  /** True where the person may type a new value into the cell. */
  editable?: (row: T) => boolean;
  /** Left out until the person asks for it. */
  hidden?: boolean;
}

/** A column of words. */
export function textColumn<T>(
  id: string, title: string, width: number, read: (row: T) => Text, more: Partial<BlotterColumn<T>> = {},
): BlotterColumn<T> {
  const text = (row: T): string => read(row) ?? "";
  return { id, title, width, text, raw: text, ...more };
}

/** A column of decimals, to the right. */
export function numberColumn<T>(
  id: string, title: string, width: number, read: (row: T) => Text,
  format: (value: string) => string = grouped, more: Partial<BlotterColumn<T>> = {},
): BlotterColumn<T> {
  const raw = (row: T): string => read(row) ?? "";
  return { id, title, width, decimal: true, raw, text: (row) => format(raw(row)), ...more };
}

/** A column of instants. */
export function timeColumn<T>(
  id: string, title: string, width: number, read: (row: T) => Text, more: Partial<BlotterColumn<T>> = {},
): BlotterColumn<T> {
  return { id, title, width, raw: (row) => read(row) ?? "", text: (row) => clock(read(row)), still: true, ...more };
}
