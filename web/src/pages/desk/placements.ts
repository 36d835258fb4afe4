// What is with brokers: every live placement, what was asked of it, and replace or cancel.

import { api, told, type Placement } from "../../api/client";
import { may } from "../../api/person";
import { ask, field, textInput } from "../../kit/dialog";
import { badge, button, calmly, fill, h } from "../../kit/dom";
import { clock, compare, grouped, percent, places, positive, words } from "../../kit/format";
import { cancelPlacement } from "../../orders/actions";
import { cancelable } from "../../orders/rules";
import { priceText, shareMark, sideText, timeText } from "../../orders/words";
import { store } from "../../stream/store";
import type { View } from "../page";
import { counts } from "../parts/bars";
import { figure, figures, panel } from "../parts/page";
import { Table } from "../parts/table";

const SIGNS: Readonly<Record<string, readonly [string, string]>> = {
  unsent: ["○", "warn"], pending_new: ["◌", "warn"], new: ["▷", "live"], partially_filled: ["◐", "live"],
  filled: ["●", "good"], done_for_day: ["◑", "idle"], canceled: ["—", "idle"], expired: ["⌛", "idle"],
  rejected: ["✕", "bad"], pending_cancel: ["◌", "warn"], pending_replace: ["◌", "warn"], stopped: ["‖", "warn"],
  suspended: ["‖", "warn"], calculated: ["◑", "idle"], unknown: ["?", "bad"],
};
const DONE = new Set(["filled", "canceled", "expired", "rejected", "calculated"]);

export function placementBadge(status: string): HTMLElement {
  const [mark, tone] = SIGNS[status] ?? ["?", "idle"];
  return badge(words(status), mark, tone);
}

function working(one: Placement): boolean {
  return one.status === "done_for_day" ? positive(one.leaves_qty) : !DONE.has(one.status);
}

/** True where the person may ask the broker for other terms. */
function replaceable(one: Placement): boolean {
  return cancelable(one) && one.requests.length === 0 && !one.manual && may("ReplacePlacement");
}

export class Placements implements View {
  readonly element = h("div", { class: "page" });
  private readonly heads = h("div", { class: "region" });
  private readonly unlisten: () => void;
  private all = false;
  private readonly table: Table<Placement>;

  constructor() {
    const box = h("input", { type: "checkbox", id: "placements-all" });
    box.addEventListener("change", () => {
      this.all = box.checked;
      this.paint();
    });
    this.table = new Table<Placement>({
      label: "Placements",
      empty: "Nothing is with a broker. Place a released order from the blotter (p).",
      href: (row) => (row.order_id === null ? "#/desk/blocks" : `#/orders/${row.order_id}`),
      id: (row) => row.id,
      csv: "/api/v1/placements?format=csv",
      tools: h("label", { class: "check", for: "placements-all" }, box, "Finished ones too"),
      text: (row) => `${row.security.value ?? ""} ${row.security.name ?? ""} ${row.destination} ${row.status} ${words(row.status)} ${row.trader} ${row.side} ${row.cl_ord_id} ${row.id}`,
      columns: [
        { title: "Security", cell: (row) => row.security.value ?? row.security.id, sort: (row) => row.security.value ?? "" },
        { title: "Status", cell: (row) => placementBadge(row.status), sort: (row) => row.status },
        { title: "Side", cell: (row) => h("span", { class: row.side.startsWith("buy") ? "tone-buy" : "tone-sell" }, sideText(row.side)), sort: (row) => row.side },
        { title: "Quantity", num: true, cell: (row) => `${grouped(row.order_qty)}${shareMark(row)}`, sort: (row) => Number(row.order_qty) },
        { title: "Filled", num: true, cell: (row) => grouped(row.cum_qty), sort: (row) => Number(row.cum_qty) },
        { title: "Done", num: true, cell: (row) => percent(row.cum_qty, row.order_qty) },
        { title: "Avg px", num: true, cell: (row) => (positive(row.cum_qty) ? places(row.avg_px) : "") },
        { title: "Price", num: true, cell: (row) => priceText(row) },
        { title: "TIF", cell: (row) => timeText(row) },
        { title: "To", cell: (row) => row.destination, sort: (row) => row.destination },
        { title: "Asked", cell: (row) => row.requests.map((one) => words(one.kind)).join(", ") },
        { title: "Trader", cell: (row) => row.trader, sort: (row) => row.trader },
        { title: "Changed", cell: (row) => clock(row.updated_at), sort: (row) => row.updated_at },
        { title: "Broker says", wide: true, cell: (row) => row.text },
        { title: "", cell: (row) => actions(row) },
      ],
      first: [12, true],
    });
    fill(this.element, this.heads, this.table.element);
    this.table.offerKeys("The chosen placement", [
      { key: "e", title: "Replace", when: replaceable, run: replace },
      { key: "c", title: "Cancel", when: (row) => cancelable(row) && may("CancelPlacement"), run: cancelPlacement },
    ]);
    this.unlisten = store.listen(calmly(() => this.paint(), 500));
  }

  shown(): void {
    this.paint();
  }

  destroy(): void {
    this.unlisten();
  }

  private paint(): void {
    if (!this.element.isConnected) return;
    const rows = [...store.topics.placements.values()];
    const open = rows.filter(working);
    const byStatus: Record<string, number> = {};
    const byDestination: Record<string, number> = {};
    for (const row of rows) byStatus[row.status] = (byStatus[row.status] ?? 0) + 1;
    for (const row of open) byDestination[row.destination] = (byDestination[row.destination] ?? 0) + 1;
    const unsure = rows.filter((one) => ["unknown", "unsent", "suspended"].includes(one.status)).length;
    fill(this.heads, figures(
      figure("Working", open.length), figure("Waiting for the broker", open.filter((one) => one.requests.length > 0).length),
      figure("Rejected", byStatus["rejected"] ?? 0, byStatus["rejected"] ? "bad" : ""),
      figure("Unsent or unknown", unsure, unsure > 0 ? "bad" : "")),
    h("div", { class: "panels" },
      panel("By status", counts("Placements by status", byStatus, words)),
      panel("Working, by destination", counts("Placements by destination", byDestination, (one) => one))));
    this.table.show(this.all ? rows : open);
  }
}

function actions(row: Placement): HTMLElement {
  return h("div", { class: "row-actions" },
    replaceable(row) ? labelled(button("Replace", () => replace(row)), row) : null,
    cancelable(row) && may("CancelPlacement") ? labelled(button("Cancel", () => cancelPlacement(row), { kind: "danger" }), row) : null);
}

/** The name that a screen reader tells: a column of buttons all called Cancel says too little. */
function labelled(control: HTMLButtonElement, row: Placement): HTMLButtonElement {
  control.setAttribute("aria-label", `${control.textContent ?? ""} ${row.security.value ?? row.id} at ${row.destination}`);
  return control;
}

function replace(row: Placement): void {
  const quantity = textInput({ inputmode: "decimal", value: row.order_qty });
  const limit = row.limit_price ? textInput({ inputmode: "decimal", value: row.limit_price }) : null;
  ask({
    title: `Replace at ${row.destination}`,
    lines: [`${sideText(row.side)} ${grouped(row.order_qty)} ${row.security.value ?? ""}, ${grouped(row.cum_qty)} are filled. The broker decides.`],
    fields: [
      field("replace-quantity", "New total quantity", quantity),
      limit ? field("replace-limit", "New limit", limit) : null,
    ],
    places: limit ? { "/quantity": quantity, "/limit_price": limit } : { "/quantity": quantity },
    verb: "Ask for it",
    act: async () => {
      const body: { quantity?: string; limit_price?: string } = {};
      if (compare(quantity.value.trim(), row.order_qty) !== 0) body.quantity = quantity.value.trim();
      if (limit && compare(limit.value.trim(), row.limit_price) !== 0) body.limit_price = limit.value.trim();
      store.take("placements", await told(api.PATCH("/api/v1/placements/{placement_id}", {
        params: { path: { placement_id: row.id } }, body,
      })));
      return "The broker was asked.";
    },
  });
}
