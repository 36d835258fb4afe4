// The holdings that make up a cell of a rule, as the server adds them up.

import { api, told } from "../../api/client";
import { Problem } from "../../api/problem";
import { type Child, h } from "../../kit/dom";
import { divided, exact, percentage, type Fraction } from "../../kit/exact";
import { grouped } from "../../kit/format";
import { bars } from "../parts/bars";
import { drawn, money } from "../parts/numbers";
import { Region } from "../parts/page";

const SHOWN = 12;

interface Cell {
  fund: string;
  rule: string;
  cell: string;
}

/** A region with the holdings behind the cell; it loads when refreshed. */
export function contributions({ fund, rule, cell }: Cell): Region<Child> {
  return new Region<Child>(() => load(fund, rule, cell), (found) => found, { label: "Holdings behind it" });
}

async function load(fund: string, rule: string, cell: string): Promise<Child> {
  const query = cell ? { rule, cell } : { rule };
  try {
    const found = await told(api.GET("/api/v1/funds/{code}/contributions", { params: { path: { code: fund }, query } }));
    if (found.data.length === 0) return h("p", { class: "soft" }, "Nothing that is held now makes up this cell.");
    return painted(fund, found.data);
  } catch (error) {
    if (error instanceof Problem && error.code.startsWith("cell_")) {
      return h("p", { class: "soft" }, error.message);
    }
    if (error instanceof Problem && error.status === 404) {
      return h("p", { class: "soft" }, "The rule is not in force any more, or the limit is one of several funds together.");
    }
    throw error;
  }
}

interface Row {
  security: { id: string; value?: string; name?: string };
  quantity: string;
  value: string | null;
}

function painted(fund: string, rows: readonly Row[]): Child {
  const total = rows.map((row) => exact(row.value)).reduce<Fraction>(
    (sum, one) => (one === null ? sum : [sum[0] * one[1] + one[0] * sum[1], sum[1] * one[1]]), [0n, 1n]);
  const most = Math.max(1e-9, ...rows.map((row) => Math.abs(drawn(row.value))));
  const mixed = rows.some((row) => drawn(row.value) < 0);
  const shown = rows.slice(0, SHOWN).map((row) => {
    const value = exact(row.value);
    const part = value === null || mixed ? null : divided(value, total);
    return {
      name: `${row.security.value ?? row.security.id}`,
      note: `${row.security.name ?? ""} · ${grouped(row.quantity)}`,
      share: drawn(row.value) / most,
      text: row.value === null ? "no price" : `${money(row.value)}${part === null ? "" : ` (${rounded(part)})`}`,
      tone: drawn(row.value) < 0 ? "warn" as const : "info" as const,
    };
  });
  const rest = rows.length - SHOWN;
  return [
    bars(`Holdings of ${fund}`, ["Security", "Value"], shown),
    rest > 0 ? h("p", { class: "soft" }, `and ${rest} smaller ones`) : null,
  ];
}

function rounded(part: Fraction): string {
  return percentage([(part[0] * 1000n) / part[1], 1000n]);
}
