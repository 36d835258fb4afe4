// Writing a rule: the text of a new version, what the server finds wrong with it while it is typed, and the
// draft. A version that stands is never edited; the draft is tested, approved and put in force on its page.

import { api, newKey, keyed, told } from "../../api/client";
import { incomplete, Problem, tellProblem, type FieldError } from "../../api/problem";
import { securities } from "../../api/reference";
import { button, type Child, fill, h } from "../../kit/dom";
import { note } from "../../kit/notes";
import { go } from "../../shell/router";
import type { View } from "../page";
import { panel, Region } from "../parts/page";
import { Table } from "../parts/table";
import { RulePage } from "./rule";
import { draftText, NEW_RULE } from "./rule_text";
import { ruleVersions } from "./rules";

const CALM_MS = 400;

/** One rule: #/compliance/rules/<id>/<version>, or its next version being written: …/draft. */
export class RulePages implements View {
  readonly element = h("div", { class: "branch" });
  private readonly page = new RulePage();
  private readonly editor = new RuleEditor();

  shown(path: readonly string[]): void {
    const wanted: View = path[2] === "draft" ? this.editor : this.page;
    if (wanted.element.parentElement !== this.element) fill(this.element, wanted.element);
    wanted.shown(path);
  }
}

class RuleEditor implements View {
  readonly element = h("div", { class: "page" });
  private about = "";
  private asked = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly text = h("textarea", { id: "rule-text", class: "code", spellcheck: "false", autocomplete: "off", rows: 34 });
  private readonly report = h("div", { class: "report", role: "status" });
  private readonly save = button("Save as a draft", () => void this.keep(), { kind: "primary" });
  private readonly region = new Region<Child>(() => this.load(), (found) => found);

  constructor() {
    this.text.addEventListener("input", () => this.typed());
    fill(this.element, this.region.element);
  }

  /** What was typed stays until another rule is written. */
  shown([id = "", version = ""]: readonly string[]): void {
    const about = `${id}@${version}`;
    if (about === this.about) return;
    this.about = about;
    this.region.clear();
    void this.region.refresh();
  }

  private async load(): Promise<Child> {
    const [id = "", number = ""] = this.about.split("@");
    this.text.value = id === "-" ? NEW_RULE : await this.next(id, Number(number));
    this.typed();
    return [
      h("header", { class: "case-head" },
        h("a", { href: id === "-" ? "#/compliance/rules" : `#/compliance/rules/${id}/${number}` }, "← Back"),
        h("h2", {}, id === "-" ? "A new rule" : `A new version of ${id}`), h("span", { class: "fills" }), this.save),
      h("div", { class: "columns" },
        h("div", { class: "column" }, panel("Its text", h("label", { for: "rule-text", class: "soft" },
          "YAML or JSON, as tradeoms load rules reads it. Limits are quoted decimals; securities of a list are TICKER.MIC."), this.text)),
        h("div", { class: "column" }, panel("What the server says", this.report))),
    ];
  }

  private async next(id: string, number: number): Promise<string> {
    const [versions, known] = await Promise.all([ruleVersions(), securities()]);
    const ours = versions.filter((one) => one.id === id);
    const from = ours.find((one) => one.version === number);
    if (from === undefined) throw incomplete(`There is no ${id}@${number}.`);
    return draftText(from, Math.max(...ours.map((one) => one.version)) + 1, known);
  }

  private typed(): void {
    this.asked += 1;
    clearTimeout(this.timer);
    fill(this.report, h("p", { class: "soft" }, "Checking…"));
    const mine = this.asked;
    this.timer = setTimeout(() => void this.check(mine), CALM_MS);
  }

  private async check(mine: number): Promise<void> {
    let shown: Child;
    try {
      const { rows, warnings } = await this.send();
      shown = [
        h("p", { class: "good" }, `✓ ${rows === 1 ? "It" : `Each of ${rows} rules`} can be saved as a draft. Its cases run after that.`),
        ...warnings.map((one) => h("p", { class: "tone-warn" }, `! ${one}`)),
      ];
    } catch (error) {
      shown = faults(error, (line) => this.mark(line));
    }
    if (mine === this.asked) fill(this.report, shown);
  }

  /** Save it under `key`, or without one only tell what would happen. */
  private async send(key = ""): Promise<{ rows: number; seq: number; warnings: string[] }> {
    const query = { dry_run: key ? "false" as const : "true" as const };
    const body = { text: this.text.value, format: "yaml" as const };
    return told(api.POST("/api/v1/imports/rules", { params: { query, header: key ? keyed(key) : {} }, body }));
  }

  /** Choose a line of the text and bring it into sight. */
  private mark(line: number): void {
    const lines = this.text.value.split("\n");
    const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
    this.text.focus();
    this.text.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
    this.text.scrollTop = (line - 1) / lines.length * this.text.scrollHeight - this.text.clientHeight / 2;
  }

  private async keep(): Promise<void> {
    if (this.save.disabled) return;
    this.save.disabled = true;
    const mine = this.asked;
    try {
      const { seq } = await this.send(newKey());
      const made = (await ruleVersions()).find((one) => one.seq === seq);
      this.about = "";
      note(made === undefined ? "This version stands already." : `${made.id}@${made.version} is a draft.`);
      go(made === undefined ? "#/compliance/rules" : `#/compliance/rules/${made.id}/${made.version}`);
    } catch (error) {
      if (mine === this.asked) {
        this.asked += 1; // an answer to an earlier look must not cover this one
        fill(this.report, faults(error, (line) => this.mark(line)));
      } else {
        note(`It was not saved: ${tellProblem(error)}`, "bad"); // the text has changed since, and is looked at anew
      }
    } finally {
      this.save.disabled = false;
    }
  }
}

/** Every fault with its line, which a click marks in the text, its field and what stands there. */
function faults(error: unknown, mark: (line: number) => void): Child {
  const found = error instanceof Problem ? error.errors : [];
  if (found.length === 0) return h("p", { class: "wrong", role: "alert" }, tellProblem(error));
  const table = new Table<FieldError>({
    label: "Faults", empty: "",
    columns: [
      { title: "Line", cell: ({ pointer }) => lineButton(Number(part(pointer, 1)), mark) },
      { title: "Field", cell: ({ pointer }) => part(pointer, 2) },
      { title: "Value", cell: ({ value }) => (value ? h("code", {}, value) : "") },
      { title: "What", wide: true, cell: ({ detail }) => detail },
    ],
  });
  table.show(found);
  return [h("p", { class: "wrong" }, `✕ It cannot be saved: ${found.length === 1 ? "one fault" : `${found.length} faults`}.`), table.element];
}

/** The number of a line as a way to it; nothing for a fault of the decision, which has none. */
function lineButton(line: number, mark: (line: number) => void): Child {
  if (!(line > 0)) return "";
  const control = button(String(line), () => mark(line));
  control.setAttribute("aria-label", `Go to line ${line}`);
  return control;
}

/** A part of /line/field; the errors of the decision point to /rows/<number>/field. */
function part(pointer: string, at: number): string {
  const parts = pointer.replace(/^\/rows\/\d+/, "/").split("/");
  return parts[at] ?? "";
}
