// The kill switch: what is stopped, stopping it, and letting it go again. Throwing asks for the scope to
// be typed, so that no slip of a finger stops the firm and none stops less than was meant.

import { all, api, newKey, keyed, told, type Schemas } from "../../api/client";
import { hasRole, may, me } from "../../api/person";
import { destinations, funds, securities } from "../../api/reference";
import { ask, choice, type Control, field, setError, submitting, textInput } from "../../kit/dialog";
import { badge, button, calmly, type Child, fill, h } from "../../kit/dom";
import { clock } from "../../kit/format";
import { note } from "../../kit/notes";
import { store } from "../../stream/store";
import type { View } from "../page";
import { Region } from "../parts/page";
import { Table } from "../parts/table";

type Switch = Schemas["KillSwitchResource"];
type Scope = "firm" | "fund" | "trader" | "destination" | "security";
const CONTROL = ["risk", "compliance_officer", "operations"];

/** What is stopped, in words: "the whole firm", "fund GROWTH". */
export function scopeWords(scope: Readonly<Record<string, string | boolean>>): string {
  const [kind = "", value = ""] = Object.entries(scope)[0] ?? [];
  return kind === "firm" ? "the whole firm" : `${kind} ${String(value)}`;
}

/** Switches that stop something now. */
export function activeSwitches(): Switch[] {
  return [...store.topics.kill_switches.values()].filter((one) => one.status !== "released");
}

/** Scopes that the person may stop: a trader only himself. */
function scopes(): Scope[] {
  return CONTROL.some(hasRole) ? ["firm", "fund", "trader", "destination", "security"] : ["trader"];
}

export class Kill implements View {
  readonly element = h("div", { class: "page" });
  private readonly region = new Region<Child>(() => this.load(), (found) => found);
  private readonly unlisten: () => void;
  private readonly table = new Table<Switch>({
    label: "Kill switches",
    empty: "No kill switch was ever thrown.",
    columns: [
      { title: "Status", cell: (row) => (row.status === "released" ? badge("Released", "✓", "idle") : badge("Stops", "■", "bad")), sort: (row) => row.status },
      { title: "What", cell: (row) => scopeWords(row.scope), sort: (row) => scopeWords(row.scope) },
      { title: "By", cell: (row) => row.thrown_by },
      { title: "At", cell: (row) => clock(row.thrown_at), sort: (row) => row.thrown_at },
      { title: "Cancels", cell: (row) => (row.cancel_open ? "all that is open" : "nothing") },
      { title: "Reason", wide: true, cell: (row) => row.reason },
      { title: "Released", wide: true, cell: (row) => (row.released_by ? `${row.released_by}: ${row.release_reason ?? ""}` : "") },
      { title: "", cell: (row) => this.release(row) },
    ],
    first: [3, true],
  });

  constructor() {
    fill(this.element, may("ThrowKillSwitch") ? this.form() : null, this.region.element);
    const refresh = calmly(() => void this.region.refresh(), 300);
    this.unlisten = store.listen((changed) => {
      if (this.element.isConnected && (changed === null || changed.kill_switches.size > 0)) refresh();
    });
  }

  shown(): void {
    void this.region.refresh();
  }

  destroy(): void {
    this.unlisten();
  }

  private async load(): Promise<Child> {
    const { rows } = await all((page) => api.GET("/api/v1/kill-switch", { params: { query: page } }));
    this.table.show(rows);
    return this.table.element;
  }

  private form(): HTMLElement {
    const kind = choice(scopes().map((one) => [one, one === "firm" ? "The whole firm" : one[0]?.toUpperCase() + one.slice(1)] as const));
    const value = textInput({ list: "kill-values" });
    const known = h("datalist", { id: "kill-values" });
    const reason = textInput();
    const typed = textInput();
    const cancel = h("input", { type: "checkbox", id: "kill-cancel", checked: true });
    const wrong = h("div", { class: "problem", role: "alert", hidden: true });
    const go = h("button", { type: "submit", class: "danger", disabled: true }, "Stop");
    const valued = field("kill-value", "Which", value);
    const hint = h("strong", {});
    const wanted = (): string => (kind.value === "firm" ? "STOP FIRM" : `STOP ${value.value.trim()}`);
    const look = (): void => {
      valued.hidden = kind.value === "firm";
      fill(hint, wanted());
      go.disabled = typed.value.trim() !== wanted() || !reason.value.trim() || (kind.value !== "firm" && !value.value.trim());
      go.textContent = `Stop ${kind.value === "firm" ? "the whole firm" : `${kind.value} ${value.value.trim()}`}`;
    };
    const offer = async (): Promise<void> => {
      value.value = kind.value === "trader" && !CONTROL.some(hasRole) ? (me()?.id ?? "") : "";
      look();
      fill(known, (await names(kind.value as Scope)).map((one) => h("option", { value: one })));
    };
    kind.addEventListener("change", () => void offer());
    for (const control of [value, reason, typed]) control.addEventListener("input", look);
    const form = h("form", { class: "form", novalidate: true },
      h("div", { class: "fields" }, field("kill-kind", "What is stopped", kind), valued, field("kill-reason", "Reason", reason)),
      known, h("label", { class: "check", for: "kill-cancel" }, cancel, "Cancel all that is open there"),
      h("p", {}, "To stop it, type ", hint), field("kill-typed", "Type it here", typed), wrong,
      h("div", { class: "buttons left" }, go));
    const places: Record<string, Control> = { "/scope": value, "/value": value, "/reason": reason };
    submitting(form, go, wrong, places, async () => {
      if (typed.value.trim() !== wanted()) {
        setError(typed, `Type ${wanted()}.`);
        return;
      }
      await this.throw(kind.value as Scope, value.value.trim(), reason.value.trim(), cancel.checked);
      form.reset();
      await offer();
    });
    void offer();
    return h("section", { class: "kill", "aria-label": "Kill switch" },
      h("h2", {}, "Kill switch"),
      h("p", {}, "Stops new orders and replacements in its scope, at the gateways first. Cancels always pass. Another person lets it go."),
      form);
  }

  private async throw(kind: Scope, value: string, reason: string, cancelOpen: boolean): Promise<void> {
    const scope = (kind === "firm" ? { firm: true } : { [kind]: value }) as Schemas["KillScopeBody"];
    const found = await told(api.POST("/api/v1/kill-switch", {
      params: { header: keyed(newKey()) }, body: { scope, reason, cancel_open: cancelOpen },
    }));
    store.take("kill_switches", found);
    note(found.status === "unrecorded"
      ? "Stopped at the gateways. The engine did not answer; it records the switch as soon as it runs."
      : `Stopped: ${scopeWords(found.scope)}.`);
    await this.region.refresh();
  }

  private release(row: Switch): HTMLElement | null {
    if (row.status !== "active" || !may("ReleaseKillSwitch") || row.thrown_by === me()?.id) return null;
    return button("Release", () => {
      const reason = textInput();
      const key = newKey();
      ask({
        title: `Let ${scopeWords(row.scope)} go again`,
        lines: [`${row.thrown_by} stopped it: ${row.reason}`],
        fields: [field("release-reason", "Why it is over", reason)], places: { "/reason": reason }, verb: "Release",
        act: async () => {
          store.take("kill_switches", await told(api.POST("/api/v1/kill-switch/{switch_id}/release", {
            params: { path: { switch_id: row.id }, header: keyed(key) }, body: { reason: reason.value.trim() },
          })));
          await this.region.refresh();
          return `${scopeWords(row.scope)} is free again.`;
        },
      });
    });
  }
}

async function names(kind: Scope): Promise<string[]> {
  if (kind === "fund") return (await funds()).map((one) => one.code);
  if (kind === "destination") return (await destinations()).map((one) => one.name);
  if (kind === "security") return (await securities()).map((one) => `${one.symbol}.${one.mic}`);
  if (kind === "trader") return [...new Set([...store.topics.orders.values()].map((one) => one.trader).filter((one) => one !== null))];
  return [];
}
