// Lists of orders: entered as one, worked as one, each order answered on its own.

import { all, api, keyed, newKey, told, type Schemas } from "../../api/client";
import { may } from "../../api/person";
import { destinations } from "../../api/reference";
import { choice, field, modal, submitting, textInput, type Control } from "../../kit/dialog";
import { button, calmly, type Child, fill, h } from "../../kit/dom";
import { clock, grouped, percent, places, sum, words } from "../../kit/format";
import { note } from "../../kit/notes";
import { plain } from "../../orders/plain";
import { sideText } from "../../orders/words";
import { store } from "../../stream/store";
import type { View } from "../page";
import { counts } from "../parts/bars";
import { pairs, panel, Region } from "../parts/page";
import { Table } from "../parts/table";

type List = Schemas["OrderListResource"];
type Listed = Schemas["ListedOrder"];
type Action = Schemas["ListAction"];

const ACTIONS: readonly (readonly [Action, string])[] = [
  ["submit", "Submit to compliance"], ["release", "Release to the desk"], ["route", "Route what is not placed"],
  ["reprice", "Set limits from the marks"], ["cancel", "Cancel"],
];

export class Lists implements View {
  readonly element = h("div", { class: "page" });
  private readonly region = new Region<Child>(() => this.load(), (found) => found);
  private readonly table = new Table<List>({
    label: "Lists", empty: "No list has been entered. A basket that is entered under a name (Orders, Basket) becomes one.", href: (row) => `#/desk/lists/${row.id}`, text: (row) => `${row.name} ${row.created_by} ${row.id}`,
    columns: [
      { title: "List", cell: (row) => row.name, sort: (row) => row.name },
      { title: "Entered", cell: (row) => clock(row.created_at), sort: (row) => row.created_at },
      { title: "By", cell: (row) => row.created_by, sort: (row) => row.created_by },
      { title: "Orders", num: true, cell: (row) => String(row.orders.length) },
      { title: "Filled", num: true, cell: (row) => done(row.orders) },
      { title: "Progress", wide: true, cell: (row) => Object.entries(row.progress).map(([status, count]) => `${words(status)} ${count}`).join(", ") },
    ],
    first: [1, true],
  });

  constructor() {
    fill(this.element, this.region.element);
  }

  shown(): void {
    void this.region.refresh();
  }

  private async load(): Promise<Child> {
    const { rows } = await all((page) => api.GET("/api/v1/order-lists", { params: { query: page } }));
    this.table.show(rows);
    return this.table.element;
  }
}

export class ListPage implements View {
  readonly element = h("div", { class: "page" });
  private id = "";
  private readonly region = new Region<List>(() => this.load(), (found) => this.paint(found));
  private readonly unlisten: () => void;
  private readonly told = new Map<string, string>();
  private readonly table = new Table<Listed>({
    label: "Orders of the list", empty: "None that you may see.", href: (row) => `#/orders/${row.id}`,
    text: (row) => `${row.security} ${row.side} ${row.status}`,
    columns: [
      { title: "Order", cell: (row) => `${sideText(row.side)} ${grouped(row.quantity)} ${row.security}`, sort: (row) => row.security },
      { title: "Status", cell: (row) => words(row.status), sort: (row) => row.status },
      { title: "Limit", num: true, cell: (row) => (row.limit_price === null ? "" : places(row.limit_price)) },
      { title: "Placed", num: true, cell: (row) => grouped(row.placed_quantity) },
      { title: "Filled", num: true, cell: (row) => grouped(row.cum_qty) },
      { title: "Done", num: true, cell: (row) => percent(row.cum_qty, row.quantity) },
      { title: "Last answer", wide: true, cell: (row) => this.told.get(row.id) ?? "" },
    ],
  });

  constructor() {
    fill(this.element, this.region.element);
    const refresh = calmly(() => void this.region.refresh(), 1000);
    this.unlisten = store.listen((changed) => {
      if (this.element.isConnected && (changed === null || changed.orders.size > 0)) refresh();
    });
  }

  shown([id = ""]: readonly string[]): void {
    if (id !== this.id) {
      this.region.clear();
      this.told.clear();
    }
    this.id = id;
    void this.region.refresh();
  }

  destroy(): void {
    this.unlisten();
  }

  private load(): Promise<List> {
    return told(api.GET("/api/v1/order-lists/{list_id}", { params: { path: { list_id: this.id } } }));
  }

  private paint(list: List): Child {
    this.table.show(list.orders);
    return [
      h("header", { class: "case-head" }, h("a", { href: "#/desk/lists" }, "← Lists"), h("h2", {}, list.name),
        h("span", { class: "fills" }),
        may("ActOnOrderList") ? button("Act on all", () => void this.act(list), { kind: "primary" }) : null),
      h("div", { class: "columns" },
        panel("The list", pairs([["Entered by", list.created_by], ["At", clock(list.created_at)], ["Id", list.id],
          ["Entered", list.atomic ? "all or none" : "each on its own"], ["Filled", done(list.orders)]])),
        panel("By status", counts("Orders by status", list.progress, words))),
      panel("Orders", this.table.element),
    ];
  }

  private async act(list: List): Promise<void> {
    const open = (await destinations()).filter((one) => one.enabled);
    const action = choice(ACTIONS);
    const trader = textInput({ maxlength: "64" });
    const where = choice([["", "As the routing rules say"], ...open.map((one) => [one.name, `${one.name} · ${one.title}`] as const)], "");
    const bps = textInput({ inputmode: "decimal", class: "num" });
    const reason = textInput();
    const only: readonly (readonly [Action, Control])[] = [["release", trader], ["route", where], ["reprice", bps], ["cancel", reason]];
    const wrong = h("div", { class: "problem", role: "alert", hidden: true });
    const go = h("button", { type: "submit", class: "primary" }, "Do it");
    const form = h("form", { class: "form", novalidate: true },
      h("p", {}, `${list.orders.length} orders. Each is decided as if it were asked alone; one that is refused stops no other.`),
      field("list-action", "What", action), field("list-trader", "Trader", trader, { hint: "Empty: whoever takes it." }),
      field("list-where", "Destination", where), field("list-bps", "Basis points from the mark", bps, { hint: "Positive is the aggressive side." }),
      field("list-reason", "Reason", reason, { hint: "May be empty." }), wrong, h("div", { class: "buttons" }, go));
    const look = (): void => {
      for (const [name, control] of only) control.closest(".field")?.toggleAttribute("hidden", action.value !== name);
      go.className = action.value === "cancel" ? "danger" : "primary";
    };
    action.addEventListener("change", look);
    const params = { path: { list_id: list.id }, header: keyed(newKey()) };
    submitting(form, go, wrong, { "/action": action, "/trader": trader, "/destination": where, "/limit_bps": bps, "/reason": reason }, async () => {
      const body: Schemas["ListActionBody"] = { action: action.value as Action };
      if (body.action === "release") body.trader = trader.value.trim();
      if (body.action === "route" && where.value) body.destination = where.value;
      if (body.action === "reprice") body.limit_bps = plain(bps.value);
      if (body.action === "cancel") body.reason = reason.value.trim();
      const { data } = await told(api.POST("/api/v1/order-lists/{list_id}/act", { params, body }));
      dialog.close();
      this.take(data);
    });
    const dialog = modal(`Act on ${list.name}`, form);
    look();
    action.focus();
  }

  /** Keep what was answered about each order until the next action. */
  private take(data: readonly Schemas["BatchLine"][]): void {
    this.told.clear();
    for (const line of data) {
      const problems = (line.problems ?? []).map((one) => one.detail ?? one.code ?? "").filter(Boolean).join("; ");
      this.told.set(line.id ?? "", line.status === "accepted" ? `✓ ${words(line.order_status ?? "done")}` : `✕ ${problems}`);
    }
    const refused = data.filter((line) => line.status === "refused").length;
    note(refused === 0 ? `Done for ${data.length} orders.` : `${data.length - refused} done, ${refused} refused: each says why.`, refused > 0 ? "bad" : "good");
    void this.region.refresh();
  }
}

function done(orders: readonly Listed[]): string {
  const total = sum(orders.map((one) => one.quantity)) ?? "0";
  return total === "0" ? "" : percent(sum(orders.map((one) => one.cum_qty)) ?? "0", total);
}
