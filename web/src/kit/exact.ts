// Compliance's exact numbers: a plain decimal, or a fraction "n/d" where no decimal is exact. Shares
// and headroom are computed as fractions of BigInts and rounded only when they are written.

import { grouped } from "./format";

/** Numerator and positive denominator. */
export type Fraction = readonly [bigint, bigint];

const DECIMAL = /^-?\d+(\.\d+)?$/;
const PLACES = 4;

/** Numerator and positive denominator of the text; null where it is no number. */
export function exact(text: string | null | undefined): Fraction | null {
  const [top = "", bottom, more] = (text ?? "").split("/");
  if (more !== undefined) return null;
  const upper = fraction(top);
  const lower: Fraction | null = bottom === undefined ? [1n, 1n] : fraction(bottom);
  if (upper === null || lower === null || lower[0] === 0n) return null;
  return positiveBelow(upper[0] * lower[1], upper[1] * lower[0]);
}

function fraction(text: string): Fraction | null {
  if (!DECIMAL.test(text)) return null;
  const [whole = "", rest = ""] = text.split(".");
  return [BigInt(whole + rest), 10n ** BigInt(rest.length)];
}

function positiveBelow(top: bigint, bottom: bigint): Fraction {
  return bottom < 0n ? [-top, -bottom] : [top, bottom];
}

/** a / b; null where b is zero. */
export function divided(a: Fraction, b: Fraction): Fraction | null {
  return b[0] === 0n ? null : positiveBelow(a[0] * b[1], a[1] * b[0]);
}

/** a * b. */
export function times(a: Fraction, b: Fraction): Fraction {
  return [a[0] * b[0], a[1] * b[1]];
}

/** a - b. */
export function less(a: Fraction, b: Fraction): Fraction {
  return [a[0] * b[1] - b[0] * a[1], a[1] * b[1]];
}

/** The number with at most four places; "≈" before it where that is not exact. */
export function written(number: Fraction, places = PLACES): string {
  const [top, bottom] = number;
  const size = top < 0n ? -top : top;
  const shifted = size * 10n ** BigInt(places);
  const rounded = (2n * shifted + bottom) / (2n * bottom);
  const digits = rounded.toString().padStart(places + 1, "0");
  const rest = digits.slice(digits.length - places).replace(/0+$/, "");
  const whole = grouped(digits.slice(0, digits.length - places));
  const about = rounded * bottom === shifted ? "" : "≈ ";
  return about + (top < 0n && rounded > 0n ? "-" : "") + whole + (rest && `.${rest}`);
}

/** A share as a percentage. */
export function percentage(number: Fraction): string {
  return `${written(times(number, [100n, 1n]))} %`;
}
