// Makes elements. Text only ever enters the page as text nodes: what brokers and colleagues wrote can
// be anything, so there is no way here to give markup, a style or a handler as a string.

const HIDDEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Show characters that would be invisible, or would turn the text around, as a visible mark. */
export function visible(text) {
  return String(text).replace(HIDDEN, "\uFFFD");
}

/** h("td", {class: "num"}, "text", child): strings become text, null and false are left out. */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") element.className = value;
    else if (name === "data") Object.assign(element.dataset, value);
    else if (name === "value") element.value = value;
    else if (name.startsWith("on")) {
      if (typeof value !== "function") throw new TypeError(`${name} must be a function`);
      element.addEventListener(name.slice(2), value);
    } else if (name === "style") throw new TypeError("no inline styles");
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  add(element, children);
  return element;
}

/** Append children, of which lists are opened and nothing is left out. */
export function add(element, ...children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : visible(child));
  }
  return element;
}

/** Put `children` in the place of all that is in `element`. */
export function fill(element, ...children) {
  element.replaceChildren();
  return add(element, ...children);
}

/** The one element with this id in the shell. */
export function byId(id) {
  return document.getElementById(id);
}

/** A button that does something; `key` is shown as its shortcut. */
export function button(label, onclick, { kind = "", key = "", title = "" } = {}) {
  const hint = key ? h("kbd", { "aria-hidden": "true" }, key) : null;
  return h(
    "button",
    { type: "button", class: kind, title: title || null, "aria-keyshortcuts": key || null, onclick },
    label,
    hint,
  );
}

/** Call `run` once, `wait` ms after the first of a burst of calls. */
export function calmly(run, wait) {
  let timer = null;
  return () => {
    if (timer !== null) return;
    timer = setTimeout(() => {
      timer = null;
      run();
    }, wait);
  };
}
