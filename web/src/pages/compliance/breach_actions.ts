// What can be done about a breach, and the questions asked before it is done.

import { all, api, newKey, keyed, told, type Breach } from "../../api/client";
import { may } from "../../api/person";
import { ask, choice, type Control, field, textInput } from "../../kit/dialog";
import { h } from "../../kit/dom";
import { words } from "../../kit/format";
import { store } from "../../stream/store";

export type BreachAction = "assign" | "comment" | "explain" | "remediate" | "override" | "resolve" | "close";

interface Sign {
  label: string;
  key: string;
  title: string;
}

export const BREACH_ACTIONS: Readonly<Record<BreachAction, Sign>> = {
  assign: { label: "Assign", key: "g", title: "Make a person responsible" },
  comment: { label: "Comment", key: "m", title: "Add a remark" },
  explain: { label: "Explain", key: "e", title: "Say how it came about" },
  remediate: { label: "Remedy", key: "y", title: "Say what is being done" },
  override: { label: "Override", key: "o", title: "Let it stand until a day" },
  resolve: { label: "Resolve", key: "v", title: "Claim that it is dealt with" },
  close: { label: "Sign off", key: "f", title: "Sign a breach off that is cured, or that no rule tests any more" },
};

/** No acting rule tests it any more, so that no run will cure it. */
function isUntested(breach: Breach): boolean {
  return breach.status !== "closed" && ["on_trial", "no_rule"].includes(breach.unmeasured ?? "");
}

/** What the person may do to the breach now. */
export function actionsOn(breach: Breach): BreachAction[] {
  const funds = breach.fund.includes(":") || breach.fund === "firm" ? [] : [breach.fund];
  const over = !["cured", "closed"].includes(breach.status);
  const allowed: Readonly<Record<BreachAction, boolean>> = {
    assign: breach.status !== "closed" && may("AssignBreach", funds),
    comment: breach.status !== "closed" && may("CommentBreach", funds),
    explain: over && may("ExplainBreach", funds),
    remediate: over && may("RemediateBreach", funds),
    override: over && breach.severity !== "hard" && may("OverrideBreach", funds),
    resolve: over && may("ResolveBreach", funds),
    close: (breach.status === "cured" || isUntested(breach)) && may("CloseBreach", funds),
  };
  return (Object.keys(allowed) as BreachAction[]).filter((name) => allowed[name]);
}

/** Ask, do it, and call `done`. */
export function actOn(breach: Breach, name: BreachAction, done: () => void): void {
  if (!actionsOn(breach).includes(name)) return;
  if (name === "assign") void assign(breach, done);
  else question(breach, name, done);
}

function settle(found: Breach, done: () => void): string {
  store.take("breaches", found);
  done();
  return `${found.fund} ${found.rule}: ${words(found.status).toLowerCase()}.`;
}

async function assign(breach: Breach, done: () => void): Promise<void> {
  const control = await people();
  const key = newKey();
  ask({
    title: "Make a person responsible",
    lines: [`${breach.fund} · ${breach.rule}`],
    fields: [field("breach-assignee", "Person", control)],
    places: { "/assignee": control },
    verb: "Assign",
    act: async () => settle(await told(api.POST("/api/v1/breaches/{breach_id}/assign", {
      params: { path: { breach_id: breach.id }, header: keyed(key) }, body: { assignee: control.value.trim() },
    })), done),
  });
}

async function people(): Promise<Control> {
  if (!may("read_people")) return textInput();
  const { rows } = await all((page) => api.GET("/api/v1/users", { params: { query: page } }));
  return choice(rows.filter((one) => one.active).map((one) => [one.id, `${one.name} (${one.id})`] as const));
}

interface Text {
  label: string;
  hint: string;
  danger?: boolean;
  send: (path: { breach_id: string }, key: string, text: string, more: string) => Promise<Breach>;
  more?: { label: string; date?: boolean };
}

const header = keyed;

const TEXTS: Readonly<Record<Exclude<BreachAction, "assign">, Text>> = {
  comment: {
    label: "Remark", hint: "Officers and the fund's managers see it.",
    send: (path, key, text) => told(api.POST("/api/v1/breaches/{breach_id}/comment", { params: { path, header: header(key) }, body: { text } })),
  },
  explain: {
    label: "How it came about", hint: "",
    send: (path, key, text) => told(api.POST("/api/v1/breaches/{breach_id}/explain", { params: { path, header: header(key) }, body: { text } })),
  },
  remediate: {
    label: "What is being done", hint: "",
    send: (path, key, plan) => told(api.POST("/api/v1/breaches/{breach_id}/remediate", { params: { path, header: header(key) }, body: { plan } })),
  },
  override: {
    label: "Why it may stand", hint: "Not by the person it is assigned to.", danger: true, more: { label: "Until", date: true },
    send: (path, key, reason, until) => told(api.POST("/api/v1/breaches/{breach_id}/override", { params: { path, header: header(key) }, body: { reason, until } })),
  },
  resolve: {
    label: "How it was dealt with", hint: "The next run confirms it or not.", more: { label: "Evidence" },
    send: (path, key, resolution, evidence) => told(api.POST("/api/v1/breaches/{breach_id}/resolve", { params: { path, header: header(key) }, body: { resolution, evidence } })),
  },
  close: {
    label: "Evidence", hint: "What the sign-off rests on; not by who resolved it.",
    send: (path, key, evidence) => told(api.POST("/api/v1/breaches/{breach_id}/close", { params: { path, header: header(key) }, body: { evidence } })),
  },
};

function question(breach: Breach, name: Exclude<BreachAction, "assign">, done: () => void): void {
  const { label, hint, more, danger = false, send } = TEXTS[name];
  const control = textInput();
  const other = more?.date ? h("input", { type: "date" }) : textInput();
  const key = newKey();
  ask({
    title: BREACH_ACTIONS[name].title,
    lines: [`${breach.fund} · ${breach.rule}${breach.cell ? ` · ${breach.cell}` : ""}`],
    fields: [field("breach-text", label, control, { hint }), more ? field("breach-more", more.label, other) : null],
    places: {
      "/text": control, "/plan": control, "/reason": control, "/resolution": control,
      "/evidence": name === "resolve" ? other : control, "/until": other,
    },
    verb: BREACH_ACTIONS[name].label,
    danger,
    act: async () => settle(await send({ breach_id: breach.id }, key, control.value.trim(), other.value.trim()), done),
  });
}
