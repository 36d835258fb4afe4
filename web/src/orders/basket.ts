// A basket: rows pasted from a spreadsheet, checked as one (all fill together), entered together.
// Columns: side, quantity, security, limit (empty: market), funds (GROWTH,INDEX or GROWTH:600,INDEX:400).

import { api, keyed, newKey, told, type Schemas } from "../api/client";
import { may } from "../api/person";
import { tellProblem } from "../api/problem";
import { funds, securities } from "../api/reference";
import { modal, textInput } from "../kit/dialog";
import { button, fill, h } from "../kit/dom";
import { grouped, places } from "../kit/format";
import { note } from "../kit/notes";
import { go } from "../shell/router";
import { parseLine, type Known, type ParsedLine } from "./line";
import { headroomBar } from "./whatif";
import { outcomeBadge } from "./verdicts";
import { sideText } from "./words";

const ROWS_MAX = 500;
type Row = ParsedLine & { typed: string; client: string; answer: Schemas["CheckAnswer"] | null; told: string };

/** Open an empty basket. */
export function openBasket(): void {
  void new Basket().open();
}

/** A pasted row as an order line: a spreadsheet's cells in our order. */
export function lineOfCells(row: string): string {
  const cells = row.split("\t").map((cell) => cell.trim());
  if (cells.length < 4) return row;
  const [side = "", quantity = "", security = "", limit = "", named = "", reason = ""] = cells;
  const price = limit === "" || /^(mkt|market)$/i.test(limit) ? "" : `@${limit.replaceAll(",", "")}`;
  return [side, quantity, security, price, named.replaceAll(" ", ""), reason && `"${reason.replaceAll('"', "'")}"`].filter(Boolean).join(" ");
}

class Basket {
  private readonly box = h("textarea", {
    rows: 5, spellcheck: "false", "aria-label": "Rows of the basket",
    placeholder: "Paste rows: side ⇥ quantity ⇥ security ⇥ limit ⇥ funds, or one order line a row",
  });
  private readonly table = h("tbody");
  private readonly says = h("p", { role: "status" });
  private readonly atomic = h("input", { type: "checkbox", id: "basket-atomic", checked: true });
  private readonly name = textInput({ maxlength: "200", id: "basket-list", placeholder: "Name of the list, if it is one" });
  private readonly go = h("button", { type: "submit", class: "primary" }, "Enter");
  private rows: Row[] = [];
  private known: Known = { securities: [], funds: [] };
  private key = newKey();
  private asked = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  async open(): Promise<void> {
    try {
      const [known, listed] = await Promise.all([funds(), securities()]);
      this.known = { securities: listed, funds: known.filter((fund) => fund.active && may("CreateOrder", [fund.code])) };
    } catch (error) {
      note(tellProblem(error), "bad");
      return;
    }
    const head = ["Side", "Quantity", "Security", "Limit", "Funds", "Compliance", "Room", ""].map((title) => h("th", { scope: "col", class: ["Quantity", "Limit"].includes(title) ? "num" : null }, title));
    const form = h("form", { class: "form basket" }, this.box,
      h("div", { class: "scroll tall" }, h("table", {}, h("thead", {}, h("tr", {}, head)), this.table)), this.says,
      h("div", { class: "buttons" }, h("label", { class: "check" }, this.atomic, "All or none"),
        may("CreateOrderList") ? h("label", { class: "check", for: "basket-list" }, "As a list", this.name) : null, this.go));
    this.box.addEventListener("input", () => this.read());
    this.name.addEventListener("input", () => {
      this.key = newKey();
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.enter();
    });
    this.dialog = modal("Basket", form, { kind: "wider" });
    this.read();
    this.box.focus();
  }

  private dialog: HTMLDialogElement | null = null;

  private read(): void {
    const lines = this.box.value.split(/\r?\n/).map((line) => line.trimEnd()).filter((line) => line.trim() !== "");
    const cut = lines.slice(0, ROWS_MAX);
    this.rows = cut.map((line) => {
      const typed = lineOfCells(line);
      const client = `web-${newKey().slice(0, 20)}`;
      return { ...parseLine(typed, this.known), typed, client, answer: null, told: "" };
    });
    this.key = newKey();
    this.paint();
    this.says.textContent = lines.length > ROWS_MAX ? `Only the first ${ROWS_MAX} rows are taken.` : "";
    clearTimeout(this.timer);
    this.asked += 1;
    if (this.whole()) this.timer = setTimeout(() => void this.check(this.asked), 300);
  }

  private whole(): boolean {
    return this.rows.length > 0 && this.rows.every((row) => row.draft !== null);
  }

  private bodies(): Schemas["OrderBody"][] {
    return this.rows.flatMap((row) => (row.draft === null ? [] : [{ ...row.draft, client_order_id: row.client }]));
  }

  private async check(number: number): Promise<void> {
    this.says.textContent = "Asking compliance about all of them together…";
    try {
      const answer = await told(api.POST("/api/v1/orders:check", { body: { orders: this.bodies(), basket: "net" } }));
      if (number !== this.asked) return;
      answer.data.forEach((one, at) => {
        const row = this.rows[at];
        if (row !== undefined) row.answer = one;
      });
      this.paint();
      if (answer.basket) fill(this.says, "Together: ", outcomeBadge(answer.basket.outcome), " ", scaleText(answer.basket.scale));
    } catch (error) {
      if (number === this.asked) fill(this.says, h("span", { class: "wrong" }, tellProblem(error)));
    }
  }

  private async enter(): Promise<void> {
    if (!this.whole() || this.go.disabled) return;
    this.go.disabled = true;
    try {
      const body = { orders: this.bodies(), atomic: this.atomic.checked };
      const { data, list } = await this.send(body);
      data.forEach((line, at) => {
        const row = this.rows[at];
        if (row !== undefined) row.told = line.status === "accepted" ? line.order_status ?? "entered" : refusal(line.problems ?? []);
      });
      const refused = data.filter((line) => line.status === "refused").length;
      this.paint();
      if (refused === 0) {
        this.dialog?.close();
        note(`${grouped(String(data.length))} orders entered.`);
        if (list) go(`#/desk/lists/${list}`);
      } else this.says.textContent = `${data.length - refused} entered, ${refused} refused: each row says why.`;
    } catch (error) {
      fill(this.says, h("span", { class: "wrong" }, tellProblem(error)));
    } finally {
      this.go.disabled = !this.whole();
    }
  }

  /** Enter the orders, as a list where it has a name. */
  private async send(body: Schemas["BatchBody"]): Promise<{ data: Schemas["BatchLine"][]; list: string }> {
    const params = { header: keyed(this.key) };
    const name = this.name.value.trim();
    if (!name) return { ...await told(api.POST("/api/v1/orders:batch", { params, body })), list: "" };
    const { id, data } = await told(api.POST("/api/v1/order-lists", { params, body: { ...body, name } }));
    return { data, list: id };
  }

  private paint(): void {
    this.go.textContent = this.rows.length === 0 ? "Enter" : `Enter ${this.rows.length}`;
    this.go.disabled = !this.whole();
    fill(this.table, this.rows.map((row, at) => this.row(row, at)));
  }

  private row(row: Row, at: number): HTMLElement {
    if (row.draft === null) {
      return h("tr", {}, h("td", { colspan: 7 }, row.typed), h("td", { class: "wrong wrap" }, row.problem));
    }
    const { draft, answer } = row;
    const security = this.known.securities.find((one) => one.id === draft.security.value);
    const largest = answer?.max_quantity ?? null;
    const take = largest !== null && answer?.outcome === "breach" && largest !== "0"
      ? button(`Max ${grouped(largest)}`, () => this.takeLargest(at, largest)) : null;
    return h("tr", { class: answer?.culprit ? "culprit" : null },
      h("td", { class: draft.side.startsWith("buy") ? "tone-buy" : "tone-sell" }, sideText(draft.side)),
      h("td", { class: "num" }, grouped(draft.quantity)),
      h("td", {}, security ? `${security.symbol}.${security.mic}` : draft.security.value),
      h("td", { class: "num" }, draft.limit_price ? places(draft.limit_price) : "Market"),
      h("td", {}, draft.allocations.map((leg) => `${leg.fund} ${grouped(leg.quantity)}`).join(", ")),
      h("td", {}, answer === null ? "" : outcomeBadge(answer.outcome), " ", answer?.binding_rule ?? ""),
      h("td", {}, largest === null ? "" : headroomBar(draft.quantity, largest)),
      h("td", { class: "wrap" }, row.told || take));
  }

  private takeLargest(at: number, largest: string): void {
    const lines = this.box.value.split(/\r?\n/).filter((line) => line.trim() !== "");
    const words = (lines[at] ?? "").includes("\t") ? (lines[at] ?? "").split("\t") : (lines[at] ?? "").trim().split(/\s+/);
    words[1] = largest;
    lines[at] = words.join((lines[at] ?? "").includes("\t") ? "\t" : " ");
    this.box.value = lines.join("\n");
    this.read();
  }
}

function refusal(problems: readonly Record<string, string>[]): string {
  return problems.map((one) => one.detail ?? one.code ?? "").filter(Boolean).join("; ") || "refused";
}

function scaleText(scale: string): string {
  return scale === "1" ? "all fit." : `the orders that worsen a rule fit at ${scale} of their size.`;
}

