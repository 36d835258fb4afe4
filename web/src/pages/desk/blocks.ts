// Blocks of several orders, those that could be, and purchases that could meet sales of the house.

import { all, api, told, type Order, type Schemas } from "../../api/client";
import { may } from "../../api/person";
import { button, calmly, type Child, fill, h } from "../../kit/dom";
import { grouped, minus, percent, places, positive, words } from "../../kit/format";
import { askPlacement } from "../../orders/actions";
import { merge, unmerge, type Block } from "../../orders/merge";
import { inWords, shareMark, sideText } from "../../orders/words";
import { store } from "../../stream/store";
import type { View } from "../page";
import { panel, Region } from "../parts/page";
import { Table } from "../parts/table";

type Suggestion = Schemas["SuggestionResource"];
type Cross = Schemas["CrossResource"];
interface Found {
  blocks: Block[];
  suggestions: Suggestion[];
  crosses: Cross[];
}

export class Blocks implements View {
  readonly element = h("div", { class: "page" });
  private readonly region = new Region<Found>(() => load(), (found) => this.paint(found));
  private readonly unlisten: () => void;
  private readonly blocks = new Table<Block>({
    label: "Blocks at work", empty: "No orders are worked together. Merge some of those below, or choose orders in the blotter.", csv: "/api/v1/blocks?format=csv", id: (row) => row.id,
    columns: [
      { title: "Security", cell: (row) => row.security.value ?? row.security.id, sort: (row) => row.security.value ?? "" },
      { title: "Side", cell: (row) => side(row.side) },
      { title: "Quantity", num: true, cell: (row) => `${grouped(row.quantity)}${shareMark(row)}` },
      { title: "Placed", num: true, cell: (row) => grouped(row.placed_quantity) },
      { title: "Filled", num: true, cell: (row) => grouped(row.cum_qty) },
      { title: "Done", num: true, cell: (row) => percent(row.cum_qty, row.quantity) },
      { title: "Avg px", num: true, cell: (row) => (positive(row.cum_qty) ? places(row.avg_px) : "") },
      { title: "Orders", wide: true, cell: members },
      { title: "", cell: (row) => this.actions(row) },
    ],
  });
  private readonly suggestions = new Table<Suggestion>({
    label: "Could be worked together", empty: "No two released orders could be.", id: (row) => row.order_ids.join(),
    columns: [
      { title: "Security", cell: (row) => row.security.value ?? row.security.id },
      { title: "Side", cell: (row) => side(row.side) },
      { title: "Quantity", num: true, cell: (row) => grouped(row.quantity) },
      { title: "Type", cell: (row) => words(row.order_type) },
      { title: "Orders", num: true, cell: (row) => String(row.order_ids.length) },
      { title: "Managers", wide: true, cell: (row) => row.portfolio_managers.join(", ") },
      { title: "", cell: (row) => this.offer(row) },
    ],
  });
  private readonly crosses = new Table<Cross>({
    label: "Could trade within the house", empty: "No purchase of a fund meets a sale of another.",
    columns: [
      { title: "Security", cell: (row) => row.security.value ?? row.security.id },
      { title: "Quantity", num: true, cell: (row) => grouped(row.quantity) },
      { title: "Buys", cell: (row) => h("a", { href: `#/orders/${row.buy_order_id}` }, row.buy_funds.join(", ")) },
      { title: "Up to", num: true, cell: (row) => limit(row.buy_limit_price) },
      { title: "Sells", cell: (row) => h("a", { href: `#/orders/${row.sell_order_id}` }, row.sell_funds.join(", ")) },
      { title: "Down to", num: true, cell: (row) => limit(row.sell_limit_price) },
      { title: "Mark", num: true, cell: (row) => (row.mark === null ? "" : places(row.mark)) },
      { title: "Of", cell: (row) => row.mark_as_of ?? "" },
    ],
  });

  constructor() {
    fill(this.element, this.region.element);
    this.blocks.offerKeys("The chosen block", [
      { key: "p", title: "Place", when: placeable, run: (row) => void this.place(row) },
      { key: "u", title: "Unmerge", when: unmergeable, run: (row) => unmerge(row, () => this.refresh()) },
    ]);
    this.suggestions.offerKeys("The chosen suggestion", [
      { key: "m", title: "Merge", when: () => may("MergeOrders"), run: (row) => this.merge(row) },
    ]);
    const refresh = calmly(() => this.refresh(), 1000);
    this.unlisten = store.listen((changed) => {
      if (this.element.isConnected && (changed === null || changed.orders.size > 0)) refresh();
    });
  }

  shown(): void {
    this.refresh();
  }

  destroy(): void {
    this.unlisten();
  }

  private refresh(): void {
    void this.region.refresh();
  }

  private paint({ blocks, suggestions, crosses }: Found): Child {
    this.blocks.show(blocks);
    this.suggestions.show(suggestions);
    this.crosses.show(crosses);
    return [
      panel("Blocks", this.blocks.element), panel("Could be worked together", this.suggestions.element),
      panel("Could trade within the house", this.crosses.element),
    ];
  }

  private place(row: Block): Promise<void> {
    return askPlacement({ block: row.id }, described(row), { left: unplaced(row), all: row.quantity });
  }

  private actions(row: Block): HTMLElement {
    return h("div", { class: "row-actions" },
      placeable(row) ? labelled("Place", row, () => void this.place(row), "primary") : null,
      unmergeable(row) ? labelled("Unmerge", row, () => unmerge(row, () => this.refresh())) : null);
  }

  private offer(row: Suggestion): HTMLElement | null {
    return may("MergeOrders") ? h("div", { class: "row-actions" }, labelled("Merge", row, () => this.merge(row))) : null;
  }

  private merge(row: Suggestion): void {
    const orders = row.order_ids.map((id) => store.topics.orders.get(id)).filter((one): one is Order => one !== undefined);
    merge(orders, () => this.refresh());
  }
}

async function load(): Promise<Found> {
  const [blocks, suggestions, crosses] = await Promise.all([
    all((page) => api.GET("/api/v1/blocks", { params: { query: page } })),
    told(api.GET("/api/v1/blocks/suggestions")), all((page) => api.GET("/api/v1/crosses", { params: { query: page } })),
  ]);
  return { blocks: blocks.rows.filter((one) => one.orders.length > 1 || one.share), suggestions: suggestions.data, crosses: crosses.rows };
}

function described(row: Block): string {
  return inWords({ side: row.side, quantity: row.quantity, security: row.security } as Pick<Order, "side" | "quantity" | "security">);
}

function unplaced(row: Block): string {
  return minus(row.quantity, row.placed_quantity) ?? "0";
}

function placeable(row: Block): boolean {
  return !row.share && positive(unplaced(row)) && may("CreatePlacement");
}

function unmergeable(row: Block): boolean {
  return !row.share && may("UnmergeBlock");
}

function limit(text: string | null): string {
  return text === null ? "market" : places(text);
}

function side(word: string): HTMLElement {
  return h("span", { class: word.startsWith("buy") ? "tone-buy" : "tone-sell" }, sideText(word));
}

function members(row: Block): Child {
  return row.orders.map((one, at) => [at > 0 ? ", " : "", h("a", { href: `#/orders/${one.order_id}` },
    `${one.portfolio_manager} ${grouped(one.quantity)}`), positive(one.cum_qty) ? ` (${grouped(one.cum_qty)} filled)` : ""]);
}

function labelled(verb: string, row: { security: Schemas["SecurityRef"] }, run: () => void, kind = ""): HTMLButtonElement {
  const made = button(verb, run, { kind });
  made.setAttribute("aria-label", `${verb} ${row.security.value ?? row.security.id}`);
  return made;
}
