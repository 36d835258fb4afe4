// Conditional formatting by the person: where a column passes a test, its cell or the whole row is tinted and
// bears a symbol, since colour is never the only signal. Kept with the layout; the first that holds counts.

import type { BlotterColumn } from "./column";
import { columnTest, type Test } from "./filter";

/** A colour that is told apart without hue by its symbol. */
export const LOOKS = {
  red: { mark: "■", title: "■ Red" },
  amber: { mark: "▲", title: "▲ Amber" },
  green: { mark: "●", title: "● Green" },
  blue: { mark: "▼", title: "▼ Blue" },
  violet: { mark: "◆", title: "◆ Violet" },
} as const;
export type Look = keyof typeof LOOKS;

/** Operators of the filter language, in words. */
export const TESTS = {
  ":": "contains", "=": "is", ">": "is above", ">=": "is at least", "<": "is below", "<=": "is at most",
} as const;
export type Operator = keyof typeof TESTS;

export interface Highlight {
  column: string;
  test: Operator;
  value: string;
  look: Look;
  /** The whole row, and not only the cell. */
  row: boolean;
}

const MOST = 30;

/** What of `value` can be used: layouts come from colleagues, links and older versions. */
export function soundHighlights(value: unknown, known: (column: string) => boolean): Highlight[] {
  const list: unknown[] = Array.isArray(value) ? value.slice(0, MOST) : [];
  return list.filter((one): one is Highlight => {
    if (typeof one !== "object" || one === null) return false;
    const { column, test, value: text, look, row } = one as Partial<Highlight>;
    return typeof column === "string" && known(column) && typeof test === "string" && Object.hasOwn(TESTS, test) &&
      typeof text === "string" && typeof look === "string" && Object.hasOwn(LOOKS, look) && typeof row === "boolean";
  });
}

/** Why a highlight can never hold; empty where it can. */
export function highlightProblem<T>({ test, value }: Highlight, column: BlotterColumn<T>): string {
  if (!value.trim()) return "Say what it is compared with.";
  return columnTest(column, test, value.trim().toLowerCase()) === null ? `${value} is no number.` : "";
}

interface Ready<T> extends Highlight {
  holds: Test<T>;
}

/** The highlights of a grid, ready to be asked about rows. */
export class Highlights<T> {
  private ready: Ready<T>[] = [];

  constructor(readonly all: readonly Highlight[], columnOf: (id: string) => BlotterColumn<T>) {
    this.ready = all.flatMap((one) => {
      const holds = columnTest(columnOf(one.column), one.test, one.value.trim().toLowerCase());
      return holds === null || !one.value.trim() ? [] : [{ ...one, holds }];
    });
  }

  /** How the cell of `column` looks; null is as ever. A row's symbol is never hidden with its column. */
  ofCell(row: T, column: string, shown: readonly string[]): Look | null {
    const at = ({ column: own, row: whole }: Highlight): boolean =>
      own === column || (whole && column === shown[0] && !shown.includes(own));
    return this.ready.find((one) => at(one) && one.holds(row))?.look ?? null;
  }

  /** How the whole row looks. */
  ofRow(row: T): Look | null {
    return this.ready.find((one) => one.row && one.holds(row))?.look ?? null;
  }
}
