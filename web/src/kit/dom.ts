// Makes elements. Text only ever enters the page as text nodes: what brokers and colleagues wrote can
// be anything, so there is no way here to give markup, a style or a handler as a string.

const HIDDEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** What may stand in an element; lists are opened, nothing is left out. */
export type Child = Node | string | number | null | undefined | false | readonly Child[];
type Handler = (event: never) => void;
type Props = Readonly<Record<string, string | number | boolean | null | undefined | Handler | Record<string, string>>>;

/** Show characters that would be invisible, or would turn the text around, as a visible mark. */
export function visible(text: string): string {
  return text.replace(HIDDEN, "\uFFFD");
}

/** h("td", {class: "num"}, "text", child): strings become text, null and false are left out. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K, props: Props = {}, ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === "function") {
      if (!name.startsWith("on")) throw new TypeError(`${name} cannot be a function`);
      element.addEventListener(name.slice(2), value as EventListener);
    } else if (typeof value === "object") {
      if (name !== "data") throw new TypeError(`${name} cannot be an object`);
      Object.assign(element.dataset, value);
    } else if (name === "style" || name.startsWith("on")) throw new TypeError(`no inline ${name}`);
    else if (name === "class") element.className = String(value);
    else if (name === "value") (element as unknown as HTMLInputElement).value = String(value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  add(element, children);
  return element;
}

/** Append children. */
export function add<E extends ParentNode>(element: E, ...children: Child[]): E {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    if (Array.isArray(child)) add(element, ...(child as Child[]));
    else element.append(child instanceof Node ? child : visible(String(child)));
  }
  return element;
}

/** Put `children` in the place of all that is in `element`. */
export function fill<E extends ParentNode>(element: E, ...children: Child[]): E {
  element.replaceChildren();
  return add(element, ...children);
}

/** The one element with this id in the shell. */
export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new TypeError(`no element ${id}`);
  return found;
}

interface ButtonOptions {
  kind?: string;
  key?: string;
  title?: string;
}

/** A button that does something; `key` is shown as its shortcut. */
export function button(label: string, onclick: () => void, options: ButtonOptions = {}): HTMLButtonElement {
  const { kind = "", key = "", title = "" } = options;
  const hint = key ? h("kbd", { "aria-hidden": "true" }, key) : null;
  return h("button",
    { type: "button", class: kind, title: title || null, "aria-keyshortcuts": key || null, onclick: () => onclick() },
    label, hint);
}

/** Call `run` once, `wait` ms after the first of a burst of calls. */
export function calmly(run: () => void, wait: number): () => void {
  let timer: ReturnType<typeof setTimeout> | null = null;
  return () => {
    timer ??= setTimeout(() => {
      timer = null;
      run();
    }, wait);
  };
}

/** A word with a mark that does not rely on colour. */
export function badge(text: string, mark = "", tone = "idle"): HTMLElement {
  return h("span", { class: `badge tone-${tone}` },
    mark ? h("span", { class: "mark", "aria-hidden": "true" }, mark) : null, text);
}
