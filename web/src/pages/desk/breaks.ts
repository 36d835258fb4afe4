// Disagreements with counterparties: what they said, and how each was settled.

import { all, api, newKey, keyed, told, type Schemas } from "../../api/client";
import { may, me } from "../../api/person";
import { ask, choice, field, textInput } from "../../kit/dialog";
import { badge, button, calmly, type Child, fill, h } from "../../kit/dom";
import { ageOf, clock, grouped, places, positive, words } from "../../kit/format";
import { store } from "../../stream/store";
import type { View } from "../page";
import { figure, figures, Region } from "../parts/page";
import { Table } from "../parts/table";

type Break = Schemas["BreakResource"];
const LOOK_MS = 3000;

/** What can be done; where money moves another person must approve. */
const ACTIONS = [
  ["explain", "It was settled: say how"],
  ["dont_know", "Tell them that the trade is not ours"],
  ["attach", "Book it to a placement (second person)"],
  ["book", "Book what waits in suspense (second person)"],
  ["suspense", "Take it over without a fund (second person)"],
  ["adjust", "Add, correct or take back an execution (second person)"],
] as const;

export class Breaks implements View {
  readonly element = h("div", { class: "page" });
  private readonly region = new Region<Child>(() => this.load(), (found) => found);
  private readonly unlisten: () => void;
  private timer: ReturnType<typeof setInterval> | undefined;
  private readonly table = new Table<Break>({
    label: "Breaks",
    empty: "Our record and the counterparties' agree.",
    csv: "/api/v1/breaks?format=csv",
    id: (row) => row.id,
    text: (row) => `${row.kind} ${words(row.kind)} ${row.session} ${row.detail} ${row.cl_ord_id} ${row.exec_id} ${row.status}`,
    columns: [
      { title: "Status", cell: (row) => (row.status === "open" ? badge("Open", "✕", "bad") : badge("Resolved", "✓", "good")), sort: (row) => row.status },
      { title: "Kind", cell: (row) => words(row.kind), sort: (row) => row.kind },
      { title: "Session", cell: (row) => row.session, sort: (row) => row.session },
      { title: "Quantity", num: true, cell: (row) => (positive(row.quantity) ? grouped(row.quantity) : "") },
      { title: "Price", num: true, cell: (row) => (positive(row.price) ? places(row.price) : "") },
      { title: "Age", num: true, cell: (row) => ageOf(row.created_at), sort: (row) => row.created_at },
      { title: "What they said", wide: true, cell: (row) => [row.detail, raw(row)] },
      { title: "Settled", wide: true, cell: (row) => settled(row) },
      { title: "", cell: (row) => this.buttons(row) },
    ],
    first: [0, false],
  });

  constructor() {
    fill(this.element, this.region.element);
    this.table.offerKeys("The chosen break", OFFERS.map(({ key, verb, when, run }) =>
      ({ key, title: verb, when, run: (row: Break) => run(this, row) })));
    const refresh = calmly(() => void this.region.refresh(), 1500);
    this.unlisten = store.listen((changed) => {
      const moved = changed === null || changed.placements.size > 0 || changed.executions.size > 0;
      if (this.element.isConnected && moved) refresh();
    });
  }

  /** What others do about breaks is not streamed: it is looked up while in front. */
  shown(): void {
    clearInterval(this.timer);
    this.timer = setInterval(() => {
      if (document.visibilityState === "visible" && document.querySelector("dialog[open]") === null && this.element.querySelector("details[open]") === null) void this.region.refresh();
    }, LOOK_MS);
    void this.region.refresh();
  }

  hidden(): void {
    clearInterval(this.timer);
  }

  destroy(): void {
    this.hidden();
    this.unlisten();
  }

  private async load(): Promise<Child> {
    const { rows } = await all((page) => api.GET("/api/v1/breaks", { params: { query: page } }));
    this.table.show(rows);
    const open = rows.filter((row) => row.status === "open");
    return [
      figures(figure("Open", open.length, open.length > 0 ? "bad" : "good"), figure("Resolved", rows.length - open.length)),
      this.table.element,
    ];
  }

  private buttons(row: Break): HTMLElement | null {
    const about = `the break ${words(row.kind)} at ${row.session}`;
    const made: HTMLButtonElement[] = [];
    const offer = (verb: string, run: () => void, kind = ""): void => {
      const control = button(verb, run, { kind });
      control.setAttribute("aria-label", `${verb} ${about}`);
      made.push(control);
    };
    for (const { verb, when, run, kind } of OFFERS) if (when(row)) offer(verb, () => run(this, row), kind);
    return h("div", { class: "row-actions" }, made);
  }

  resolve(row: Break): void {
    const action = choice(ACTIONS);
    const text = textInput();
    const placement = textInput({ placeholder: "plc_…" });
    const where = field("break-placement", "Placement", placement, { hint: "Of the same session, security and side." });
    const [execution, quantity, price, execId] = [textInput({ placeholder: "exe_…" }), textInput(), textInput(), textInput()];
    const figured = [
      field("break-execution", "Execution", execution, { hint: "To correct; to take back, without figures. None: one is added to the placement." }),
      field("break-quantity", "Quantity", quantity), field("break-price", "Price", price),
      field("break-exec-id", "Their ExecID", execId, { hint: "Of what is added, so that it is known when it comes after all." }),
    ];
    const look = (): void => {
      where.hidden = action.value !== "attach" && action.value !== "adjust";
      for (const each of figured) each.hidden = action.value !== "adjust";
    };
    action.addEventListener("change", look);
    look();
    const key = newKey();
    ask({
      title: "How is it settled?",
      lines: [`${words(row.kind)} at ${row.session}: ${row.detail}`],
      fields: [field("break-resolution", "Why", text), field("break-action", "What", action), where, ...figured],
      places: {
        "/resolution": text, "/action": action, "/placement": placement, "/adjustment": quantity, "/adjustment/execution": execution,
        "/adjustment/quantity": quantity, "/adjustment/price": price, "/adjustment/exec_id": execId,
      },
      verb: "Do it",
      act: async () => {
        const chosen = action.value as (typeof ACTIONS)[number][0];
        const given = (input: HTMLInputElement): string | null => input.value.trim() || null;
        const attached = where.hidden ? {} : { placement: given(placement) };
        const adjustment = { execution: given(execution), quantity: given(quantity), price: given(price), exec_id: execId.value.trim() };
        const found = await told(api.POST("/api/v1/breaks/{break_id}/resolve", {
          params: { path: { break_id: row.id }, header: keyed(key) },
          body: { resolution: text.value.trim(), action: chosen, ...attached, ...(chosen === "adjust" ? { adjustment } : {}) },
        }));
        await this.region.refresh();
        return found.status === "open" ? "It stays open until it is done." : "The break is resolved.";
      },
    });
  }

  decide(row: Break, giving: boolean): void {
    const text = textInput();
    const params = { path: { break_id: row.id }, header: keyed(newKey()) };
    ask({
      title: giving ? "Let it go ahead" : "Refuse it",
      lines: [`${row.proposal?.proposed_by ?? ""} asks to ${words(row.proposal?.action).toLowerCase()}: ${row.proposal?.reason ?? ""}`, ...figuresOf(row)],
      fields: [field("break-reason", "Why", text)], places: { "/reason": text }, verb: giving ? "Approve" : "Refuse", danger: !giving,
      act: async () => {
        const body = { reason: text.value.trim() };
        await told(giving
          ? api.POST("/api/v1/breaks/{break_id}/approve", { params, body })
          : api.POST("/api/v1/breaks/{break_id}/refuse", { params, body }));
        await this.region.refresh();
        return giving ? "It goes ahead." : "It was refused; the break stays open.";
      },
    });
  }
}

interface Offer {
  key: string;
  verb: string;
  kind?: string;
  when: (row: Break) => boolean;
  run: (page: Breaks, row: Break) => void;
}

/** What a person may do about a break: nobody lets his own proposal go ahead. */
const OFFERS: readonly Offer[] = [
  {
    key: "a", verb: "Approve", kind: "primary", run: (page, row) => page.decide(row, true),
    when: (row) => waits(row) && row.proposal?.proposed_by !== me()?.id && may("ApproveBreakAction"),
  },
  { key: "x", verb: "Refuse", when: (row) => waits(row) && may("RefuseBreakAction"), run: (page, row) => page.decide(row, false) },
  {
    key: "r", verb: "Resolve", run: (page, row) => page.resolve(row),
    when: (row) => row.status === "open" && row.proposal === null && !row.share && may("ResolveBreak"),
  },
];

function waits(row: Break): boolean {
  return row.status === "open" && row.proposal !== null && !row.share;
}

/** What is put right, for the person who lets it go ahead. */
function figuresOf(row: Break): string[] {
  const [asked, placement] = [row.proposal?.adjustment, row.proposal?.placement_id ?? ""];
  if (!asked) return [];
  const what = asked.execution_id ?? `a new execution of ${placement}${asked.exec_id ? `, their ${asked.exec_id}` : ""}`;
  return [asked.quantity && asked.price ? `${what}: ${grouped(asked.quantity)} at ${asked.price}` : `${what}: taken back`];
}

function raw(row: Break): Child {
  return row.raw ? h("details", {}, h("summary", {}, "message"), h("p", { class: "raw" }, row.raw)) : null;
}

function settled(row: Break): string {
  if (row.status === "open" && row.proposal !== null) {
    return `${words(row.proposal.action)} was asked for by ${row.proposal.proposed_by}: another person decides`;
  }
  if (row.status === "open" && row.dont_know) return `Don't know this trade: ${words(row.dont_know).toLowerCase()}`;
  return row.resolved_by ? `${row.resolution ?? ""} (${row.resolved_by}, ${clock(row.updated_at)})` : "";
}
