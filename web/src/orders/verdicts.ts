// The arithmetic of a check: what was measured before and after the order, against which limit, and
// what room is left. The same for checks on record, for what-ifs and for hits.

import type { Hit } from "../api/client";
import { badge, h } from "../kit/dom";
import { divided, exact, less, percentage, times, written, type Fraction } from "../kit/exact";
import { words } from "../kit/format";
import { OUTCOMES } from "./rules";

/** What all cells have that say how a rule was met. */
export interface Cell {
  rule: string;
  rule_version: number | string;
  severity: string;
  outcome: string;
  fund?: string | null;
  cell?: string | null;
  kind?: string;
  bound?: string | null;
  limit?: string | null;
  explanation?: string | null;
  numerator_before?: string | null;
  denominator_before?: string | null;
  numerator_after?: string | null;
  denominator_after?: string | null;
}

interface Measured {
  number: Fraction;
  below: Fraction;
  share: boolean;
  text: string;
}

const BOUNDS: Readonly<Record<string, string>> = { max: "at most", min: "at least" };
const ONE: Fraction = [1n, 1n];

/** A word of compliance with its mark and tone. */
export function outcomeBadge(outcome: string): HTMLElement {
  const { mark, tone } = OUTCOMES[outcome] ?? { mark: "?", tone: "idle" };
  return badge(words(outcome || "not yet"), mark, tone);
}

/** True where a cell of a check has figures that can be shown. */
export function readable(cell: unknown): cell is Cell {
  return typeof cell === "object" && cell !== null && "rule" in cell && "outcome" in cell;
}

/** A hit as a cell of the check that found it. */
export function cellOfHit(hit: Hit): Cell {
  const [top, bottom] = hit.measured.split(" / ");
  return {
    ...hit, outcome: "breach", numerator_after: top || null, denominator_after: bottom ?? "1",
    kind: bottom === undefined ? "" : "ratio",
  };
}

/** Cells as a list, worst first. */
export function verdictList(cells: readonly Cell[]): HTMLElement {
  const rank = Object.keys(OUTCOMES);
  const sorted = [...cells].sort((a, b) => rank.indexOf(b.outcome) - rank.indexOf(a.outcome));
  return h("ul", { class: "verdicts" }, sorted.map(verdict));
}

function verdict(cell: Cell): HTMLElement {
  const where = [cell.fund, cell.cell].filter(Boolean).join(" · ");
  return h("li", {},
    h("div", { class: "verdict-head" },
      outcomeBadge(cell.outcome),
      h("strong", {}, `${cell.rule}@${cell.rule_version}`),
      h("span", { class: "soft" }, [words(cell.severity), where].filter(Boolean).join(" · "))),
    arithmetic(cell),
    cell.explanation ? h("p", { class: "soft" }, cell.explanation) : null);
}

function arithmetic(cell: Cell): HTMLElement | null {
  const after = measured(cell, cell.numerator_after, cell.denominator_after);
  if (after === null) return null;
  const before = measured(cell, cell.numerator_before, cell.denominator_before);
  const rows: ([string, string] | null)[] = [
    before && ["Before", before.text],
    ["After", after.text],
    ["Limit", limitText(cell, after)],
    headroom(cell, after),
  ];
  return h("dl", { class: "sums" },
    rows.filter((row) => row !== null)
      .map(([name, text]) => h("div", {}, h("dt", {}, name), h("dd", {}, text))));
}

/** The numerator over the denominator; null where there is no number. */
type Text = string | null | undefined;

function measured(cell: Cell, top: Text, bottom: Text): Measured | null {
  const number = exact(top);
  if (number === null) return null;
  const below = exact(bottom) ?? ONE;
  const share = cell.kind === "ratio" && below[0] !== below[1] ? divided(number, below) : null;
  if (share === null) return { number, below, share: false, text: written(number) };
  const text = `${written(number)} / ${written(below)} = ${percentage(share)}`.replace("= ≈", "≈");
  return { number, below, share: true, text };
}

function limitText(cell: Cell, after: Measured): string {
  const limit = exact(cell.limit);
  if (limit === null) return cell.limit || "none on record";
  const bound = BOUNDS[cell.bound ?? ""] ?? "";
  return `${bound} ${after.share ? percentage(limit) : written(limit)}`.trim();
}

function headroom(cell: Cell, after: Measured): [string, string] | null {
  const limit = exact(cell.limit);
  if (limit === null || !((cell.bound ?? "") in BOUNDS)) return null;
  const at = after.share ? times(limit, after.below) : limit;
  const room = cell.bound === "max" ? less(at, after.number) : less(after.number, at);
  if (room[0] < 0n) return [cell.bound === "max" ? "Over by" : "Short by", written([-room[0], room[1]])];
  return ["Room left", written(room)];
}
