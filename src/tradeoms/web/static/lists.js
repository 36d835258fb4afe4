// Breaches, breaks, positions and cash, FIX sessions: lists with the same grid. Breaches stream; the
// others are asked for while they are looked at, and say when they were.

import { all, api, newKey } from "./api.js";
import { ask, choice, field, tellProblem } from "./dialog.js";
import { button, calmly, fill, h } from "./dom.js";
import { ageOf, clock, grouped, places, words } from "./format.js";
import { Grid } from "./grid.js";
import { may } from "./permissions.js";
import { funds } from "./reference.js";
import { store } from "./store.js";

const text = (id, title, width, read, more = {}) => ({
  id, title, width, sort: "text", key: (row) => String(read(row) ?? ""),
  text: (row) => read(row) ?? "", ...more,
});
const number = (id, title, width, read, format = grouped) => ({
  id, title, width, num: true, sort: "decimal", key: (row) => read(row) ?? "",
  text: (row) => format(read(row) ?? ""), hover: (row) => read(row) ?? "",
});
const when = (id, title, width, name) =>
  text(id, title, width, (row) => row[name], { text: (row) => clock(row[name]), still: true });

const BREACH_TONES = {
  detected: ["✕", "bad"], classified: ["✕", "bad"], assigned: ["✕", "bad"], explained: ["✕", "bad"],
  remediating: ["◐", "warn"], overridden: ["◐", "warn"], resolved: ["◐", "warn"],
  cured: ["✓", "good"], closed: ["✓", "good"],
};

/** Limits that portfolios exceed, or did. */
export class Breaches {
  constructor() {
    this.grid = new Grid({
      label: "Breaches",
      columns: [
        text("status", "Status", "6rem", (row) => words(row.status), {
          mark: (row) => BREACH_TONES[row.status]?.[0], tone: (row) => BREACH_TONES[row.status]?.[1],
        }),
        text("rule", "Rule", "10rem", (row) => `${row.rule}@${row.rule_version}`),
        text("severity", "Severity", "5.5rem", (row) => words(row.severity)),
        text("fund", "Fund", "7rem", (row) => row.fund),
        text("cell", "Of", "9rem", (row) => row.cell),
        text("explanation", "Found", "minmax(26rem, 1fr)", (row) => row.explanation),
        text("kind", "Kind", "5rem", (row) => words(row.kind ?? "")),
        text("due", "Due", "6rem", (row) => row.due_on ?? ""),
        text("assignee", "Assignee", "7rem", (row) => row.assignee ?? ""),
        text("age", "Age", "6rem", (row) => row.created_at, {
          text: (row) => ageOf(row.created_at), still: true,
        }),
      ],
      rows: () => [...store.topics.breaches.values()].sort((a, b) => (a.id < b.id ? 1 : -1)),
      empty: () => (store.ready ? "No breaches." : "Waiting for the first picture…"),
    });
    this.element = h("section", { class: "view", "aria-label": "Breaches" },
      h("div", { class: "tools" }, h("span", { class: "soft" }, "Newest first. Found by runs after the trade.")),
      h("div", { class: "panes" }, this.grid.holder));
    store.listen((changed) => {
      if (changed === null) this.grid.refresh();
      else if (changed.breaches.size > 0) this.grid.touch(changed.breaches);
    });
  }

  shown() {
    this.grid.refresh();
  }

  hidden() {}
}

/** What all lists share that are asked for again and again while they are in sight. */
class Asked {
  constructor({ label, every, extra = [] }) {
    this.every = every;
    this.rows = [];
    this.said = h("span", { class: "soft", role: "status" }, "");
    this.wrong = h("span", { class: "wrong", role: "alert" });
    this.tools = h("div", { class: "tools" }, extra, this.said, this.wrong);
    this.panes = h("div", { class: "panes" });
    this.element = h("section", { class: "view", "aria-label": label }, this.tools, this.panes);
    this.seen = false;
    const soon = calmly(() => this.load(), 1000);
    store.listen((changed) => {
      const moved = changed === null || changed.executions.size + changed.placements.size > 0;
      if (this.seen && moved) soon();
    });
  }

  shown() {
    this.seen = true;
    this.load();
    this.timer = setInterval(() => this.load(), this.every);
  }

  hidden() {
    this.seen = false;
    clearInterval(this.timer);
  }

  async load() {
    if (!this.seen || this.loading) return;
    this.loading = true;
    try {
      await this.fetch();
      this.said.textContent = `As of ${clock(new Date())}`;
      this.wrong.textContent = "";
    } catch (problem) {
      this.wrong.textContent = `Not fresh: ${tellProblem(problem)}`;
    } finally {
      this.loading = false;
    }
  }
}

/** Disagreements with counterparties. */
export class Breaks extends Asked {
  constructor({ onOrder }) {
    super({ label: "Breaks", every: 15_000 });
    this.onOrder = onOrder;
    this.note = h("aside", { class: "detail", "aria-label": "Break", hidden: true });
    this.grid = new Grid({
      label: "Breaks",
      columns: [
        text("status", "Status", "7rem", (row) => words(row.status), {
          mark: (row) => (row.status === "open" ? "✕" : "✓"),
          tone: (row) => (row.status === "open" ? "bad" : "good"),
        }),
        text("kind", "Kind", "14rem", (row) => words(row.kind)),
        text("session", "Session", "9rem", (row) => row.session),
        text("cl_ord_id", "ClOrdID", "8rem", (row) => row.cl_ord_id),
        text("exec_id", "ExecID", "9rem", (row) => row.exec_id),
        number("quantity", "Quantity", "7rem", (row) => row.quantity),
        number("price", "Price", "7rem", (row) => row.price, (value) => places(value)),
        text("detail", "What differs", "minmax(18rem, 1fr)", (row) => row.detail),
        text("resolution", "Settled", "12rem", (row) => row.resolution ?? ""),
        text("age", "Age", "6rem", (row) => row.created_at, {
          text: (row) => ageOf(row.created_at), still: true,
        }),
      ],
      rows: () => this.rows,
      onSelect: (row) => this.#show(row),
      empty: () => "No breaks: we and the counterparties agree.",
    });
    this.panes.append(this.grid.holder, this.note);
  }

  async fetch() {
    ({ rows: this.rows } = await all("/breaks"));
    this.grid.refresh();
    const chosen = this.rows.find((row) => row.id === this.grid.selected);
    if (chosen) this.#show(chosen);
  }

  #show(row) {
    const shown = JSON.stringify(row);
    this.note.hidden = row === null;
    if (row === null || shown === this.shownRow) return;
    this.shownRow = shown;
    const open = row.status === "open" && may("ResolveBreak");
    fill(this.note, h("div", { class: "detail-body loose", tabindex: "0", role: "group", "aria-label": "Break in full" },
      h("h2", {}, words(row.kind)), h("p", {}, row.detail),
      h("p", { class: "soft" }, `${row.id} · ${row.session} · ${clock(row.created_at)}`),
      row.resolution ? h("p", {}, `${row.resolved_by}: ${row.resolution}`) : null,
      open ? h("div", { class: "actions" }, button("Resolve", () => this.#resolve(row))) : null,
      row.raw ? [h("h3", {}, "The message"), h("p", { class: "quote raw" }, h("bdi", {}, row.raw))] : null));
  }

  #resolve(row) {
    const how = h("input", { type: "text", maxlength: "500", autocomplete: "off" });
    const key = newKey();
    ask({
      title: "Resolve the break",
      lines: [row.detail],
      fields: [field("break-how", "How it was settled", how)],
      places: { "/resolution": how },
      verb: "Resolve",
      act: async () => {
        await api("POST", "/breaks/{break_id}/resolve", {
          params: { break_id: row.id }, body: { resolution: how.value.trim() }, key,
        });
        this.load();
        return "The break is resolved.";
      },
    });
  }
}

/** Positions and cash of one fund. */
export class Book extends Asked {
  constructor() {
    const fund = choice([], "", {});
    super({
      label: "Positions and cash", every: 15_000,
      extra: [h("label", { for: "book-fund" }, "Fund"), fund],
    });
    fund.id = "book-fund";
    fund.addEventListener("change", () => {
      this.rows = [];
      this.load();
    });
    this.fund = fund;
    this.cash = h("dl", { class: "cash" });
    this.tools.append(this.cash);
    this.grid = new Grid({
      label: "Positions",
      columns: [
        text("security", "Security", "9rem", (row) => row.security.value),
        text("name", "Name", "minmax(14rem, 1fr)", (row) => row.security.name),
        number("quantity", "Quantity", "9rem", (row) => row.quantity),
        number("cost", "Cost", "11rem", (row) => row.cost, (value) => places(value, 2, 2)),
        text("currency", "Currency", "6rem", (row) => row.currency),
        when("updated", "Changed", "11rem", "updated_at"),
      ],
      rows: () => this.rows,
      empty: () => "No positions.",
    });
    this.panes.append(this.grid.holder);
  }

  async fetch() {
    if (this.fund.options.length === 0) {
      const known = await funds();
      fill(this.fund, known.map((one) => h("option", { value: one.code }, `${one.code} · ${one.name}`)));
    }
    const code = this.fund.value;
    if (!code) return;
    const query = { fund: code };
    const [positions, cash] = await Promise.all([all("/positions", { query }), all("/cash", { query })]);
    if (code !== this.fund.value) return;
    const before = new Map(this.rows.map((row) => [row.id, row.seq]));
    this.rows = positions.rows.sort((a, b) => (a.security.value < b.security.value ? -1 : 1));
    const moved = this.rows.filter((row) => before.has(row.id) && before.get(row.id) !== row.seq);
    this.grid.changed = new Set(moved.map((row) => row.id));
    this.grid.refresh();
    fill(this.cash, cash.rows.map((one) => h("div", {},
      h("dt", {}, `Cash ${one.currency}`), h("dd", { class: "num" }, places(one.amount, 2, 2)))));
  }

  /** Another person may see other funds. */
  forget() {
    fill(this.fund);
    fill(this.cash);
    this.rows = [];
  }
}

/** FIX sessions as their gateways last told. */
export class Sessions extends Asked {
  constructor() {
    super({ label: "FIX sessions", every: 3_000 });
    this.grid = new Grid({
      label: "FIX sessions",
      columns: [
        text("session", "Session", "12rem", (row) => row.session),
        text("state", "State", "11rem", stateText, {
          mark: (row) => (row.ready ? "●" : row.logged_on ? "◐" : "✕"),
          tone: (row) => (row.ready ? "good" : row.logged_on ? "warn" : "bad"),
        }),
        number("out", "Next out", "7rem", (row) => String(row.next_out)),
        number("in", "Next in", "7rem", (row) => String(row.next_in)),
        number("unacknowledged", "Unacknowledged", "9rem", (row) => String(row.unacknowledged)),
        number("lag", "Lag", "6rem", (row) => String(row.lag)),
        number("quarantine", "Quarantined", "8rem", (row) => String(row.quarantine)),
        text("detail", "Detail", "minmax(14rem, 1fr)", (row) => row.detail),
      ],
      rows: () => this.rows,
      empty: () => "No FIX session is configured.",
    });
    this.panes.append(this.grid.holder);
  }

  async fetch() {
    const answer = await api("GET", "/fix/sessions");
    this.grid.changed = new Set(answer.data.map((row) => row.id));
    this.rows = answer.data;
    this.grid.refresh();
  }
}

function stateText(row) {
  if (!row.logged_on) return "Logged out";
  return row.ready ? "Logged on, ready" : "Logged on, not ready";
}
