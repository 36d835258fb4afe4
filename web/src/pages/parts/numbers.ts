// How the pages write money, shares and days. Exact numbers stay text; a float is made only to draw.

import { divided, exact, less, percentage, times, written, type Fraction } from "../../kit/exact";

/** The number for drawing only: a length on the screen, never a figure. */
export function drawn(text: string | null | undefined): number {
  const number = exact(text);
  if (number === null) return 0;
  const scale = 1_000_000_000n;
  return Number((number[0] * scale) / number[1]) / Number(scale);
}

/** An amount with two places; what is no number comes back as it is. */
export function money(text: string | null | undefined): string {
  const number = exact(text);
  return number === null ? (text ?? "") : amount(number);
}

/** As `money`, of a fraction. */
export function amount(number: Fraction): string {
  const [whole = "", rest = ""] = written(number, 2).replace("≈ ", "").split(".");
  return `${whole}.${rest.padEnd(2, "0")}`;
}

/** A share of 1 as a percentage with two places; what is there but rounds to nothing is below the smallest. */
export function share(text: string | null | undefined): string {
  const number = exact(text);
  if (number === null) return "";
  const shown = amount(times(number, [100n, 1n]));
  return number[0] > 0n && shown === "0.00" ? "< 0.01 %" : `${shown} %`;
}

interface Measure {
  numerator?: string | null;
  denominator?: string | null;
  limit?: string | null;
  bound?: string | null;
}

/** What was measured, as a share of its base where it has one. */
export function measured(cell: Measure): string {
  const [top, below] = [exact(cell.numerator), exact(cell.denominator)];
  if (top === null) return "";
  const part = below === null || below[0] === below[1] ? null : divided(top, below);
  return part === null ? written(top, 2) : percentage(part);
}

/** The limit in the terms of `measured`. */
export function limited(cell: Measure): string {
  const [limit, below] = [exact(cell.limit), exact(cell.denominator)];
  if (limit === null) return cell.limit ?? "";
  const word = cell.bound === "min" ? "at least" : "at most";
  return `${word} ${below === null || below[0] === below[1] ? written(limit, 2) : percentage(limit)}`;
}

/** What is left up to the limit, in the unit of the numerator; negative where it is exceeded. */
export function room(cell: Measure): Fraction | null {
  const [top, below, limit] = [exact(cell.numerator), exact(cell.denominator), exact(cell.limit)];
  if (top === null || limit === null) return null;
  const line = below === null ? limit : times(limit, below);
  return cell.bound === "min" ? less(top, line) : less(line, top);
}

/** Whole days from one date to another, both YYYY-MM-DD. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000);
}
