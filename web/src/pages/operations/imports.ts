// Files into the system: first a dry run that tells every error with its line, then the load, which takes
// all of a file or nothing.

import { api, newKey, keyed, told } from "../../api/client";
import { may, type Permission } from "../../api/person";
import { Problem, tellProblem, type FieldError } from "../../api/problem";
import { ask, choice, field } from "../../kit/dialog";
import { button, type Child, fill, h } from "../../kit/dom";
import type { View } from "../page";
import { panel } from "../parts/page";
import { Table } from "../parts/table";

type Format = "csv" | "yaml";

interface Kind {
  id: "funds" | "securities" | "positions" | "prices" | "destinations";
  title: string;
  columns: string;
  permission: Permission;
}

const KINDS: readonly Kind[] = [
  { id: "positions", title: "Positions and cash", columns: "fund, security, quantity, cost, as_of", permission: "LoadPositions" },
  { id: "prices", title: "Marks and exchange rates", columns: "security, price, as_of", permission: "LoadPrices" },
  { id: "securities", title: "Securities", columns: "symbol, mic, name, currency, …", permission: "LoadSecurities" },
  { id: "funds", title: "Funds", columns: "code, name, currency, …", permission: "LoadFunds" },
  { id: "destinations", title: "Destinations", columns: "name, kind, title, lei, enabled", permission: "LoadDestinations" },
];

interface Answer {
  rows: number;
  warnings: string[];
}

interface File {
  text: string;
  format: Format;
  as_of?: string;
}

/** Load it under `key`, or without one only tell what would happen. */
function send(kind: Kind["id"], body: File, key = ""): Promise<Answer> {
  const query = { dry_run: key ? "false" as const : "true" as const };
  const header = key ? keyed(key) : {};
  return told(api.POST(`/api/v1/imports/${kind}`, { params: { query, header }, body }));
}

export class Imports implements View {
  readonly element = h("div", { class: "page" });
  private readonly kinds = KINDS.filter((one) => may(one.permission));
  private readonly kind = choice(this.kinds.map((one) => [one.id, one.title] as const));
  private readonly file = h("input", { type: "file", accept: ".csv,.yaml,.yml,.json,text/csv" });
  private readonly text = h("textarea", { spellcheck: "false", autocomplete: "off" });
  private readonly day = h("input", { type: "date" });
  private readonly hint = h("p", { class: "soft" });
  private readonly report = h("div", { class: "report", "aria-live": "polite" });
  private format: Format = "csv";
  private checked = "";
  private readonly load = button("Load it", () => this.confirm(), { kind: "primary" });

  constructor() {
    const check = button("Dry run", () => void this.check(), { title: "Check everything, change nothing" });
    const day = field("import-day", "Day of the positions", this.day, { hint: "Where the file has no column as_of." });
    const area = h("div", { class: "field wide" }, h("label", { for: "import-text" }, "Its text"), this.text);
    this.text.id = "import-text";
    const changed = (): void => {
      this.forget();
      const kind = this.chosen();
      day.hidden = kind?.id !== "positions";
      fill(this.hint, `Columns: ${kind?.columns ?? ""}. Errors name the line of the file.`);
    };
    this.kind.addEventListener("change", changed);
    this.text.addEventListener("input", () => this.forget());
    this.day.addEventListener("input", () => this.forget());
    this.file.addEventListener("change", () => void this.read());
    fill(this.element, h("div", { class: "columns" },
      h("div", { class: "column" }, panel("A file",
        h("div", { class: "fields" }, field("import-kind", "What it holds", this.kind), field("import-file", "File", this.file), day),
        this.hint, area, h("div", { class: "buttons left" }, check, this.load))),
      h("div", { class: "column" }, panel("Report", this.report))));
    changed();
  }

  shown(): void {
    // It keeps what was typed.
  }

  private chosen(): Kind | undefined {
    return this.kinds.find((one) => one.id === this.kind.value);
  }

  /** What was found about another text or kind says nothing about this one. */
  private forget(): void {
    this.checked = "";
    this.load.disabled = true;
    fill(this.report, h("p", { class: "soft" }, "Run it dry first: nothing is changed, every error is told."));
  }

  private async read(): Promise<void> {
    const file = this.file.files?.[0];
    if (file === undefined) return;
    this.format = /\.(ya?ml|json)$/i.test(file.name) ? "yaml" : "csv";
    this.text.value = await file.text();
    this.forget();
  }

  private body(): File {
    const day = this.day.value && this.kind.value === "positions" ? { as_of: this.day.value } : {};
    return { text: this.text.value, format: this.format, ...day };
  }

  private async check(): Promise<void> {
    const kind = this.chosen();
    if (kind === undefined) return;
    const body = this.body();
    fill(this.report, h("p", { class: "soft" }, "Checking…"));
    try {
      const found = await send(kind.id, body);
      this.checked = JSON.stringify([kind.id, body]);
      this.load.disabled = false;
      fill(this.report, h("p", { class: "good" }, `✓ ${found.rows} rows are good. Nothing has been changed yet.`), warnings(found));
      this.load.focus();
    } catch (error) {
      fill(this.report, errors(error));
    }
  }

  private confirm(): void {
    const kind = this.chosen();
    const body = this.body();
    if (kind === undefined || this.checked !== JSON.stringify([kind.id, body])) return;
    const key = newKey();
    const lines = kind.id === "positions" ? ["What is not in the file is not held any more by the funds in it."] : [];
    ask({
      title: `Load ${kind.title.toLowerCase()}`, lines, verb: "Load it",
      act: async () => {
        const found = await send(kind.id, body, key);
        this.forget();
        fill(this.report, h("p", { class: "good" }, `✓ ${found.rows} rows were loaded.`), warnings(found));
        return `${kind.title}: ${found.rows} rows loaded.`;
      },
    });
  }
}

function warnings(found: Answer): Child {
  return found.warnings.length > 0
    ? h("ul", {}, found.warnings.map((one) => h("li", { class: "tone-warn" }, `! ${one}`)))
    : null;
}

function errors(error: unknown): Child {
  const found = error instanceof Problem ? error.errors.filter((one) => /^\/\d+/.test(one.pointer)) : [];
  if (found.length === 0) return h("p", { class: "wrong", role: "alert" }, tellProblem(error));
  const table = new Table<FieldError>({
    label: "Errors", empty: "",
    columns: [
      { title: "Line", num: true, cell: (row) => row.pointer.split("/")[1] ?? "" },
      { title: "Column", cell: (row) => row.pointer.split("/")[2] ?? "" },
      { title: "What", wide: true, cell: (row) => row.detail },
      { title: "Code", cell: (row) => row.code },
    ],
  });
  table.show(found);
  return [h("p", { class: "wrong", role: "alert" }, `✕ ${found.length} errors. Nothing was loaded.`), table.element];
}
