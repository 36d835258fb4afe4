// A popup menu: arrows move, Enter acts, Escape or a click elsewhere closes.

import { add, h } from "./dom";

export interface MenuItem {
  label: string;
  key?: string;
  run: () => unknown;
}

/** Items, a line between groups (null), or a remark (a text). */
export type MenuEntry = MenuItem | null | string;

/** Open a menu at a point of the window, or below an element. */
export function openMenu(entries: readonly MenuEntry[], at: { x: number; y: number } | HTMLElement, label: string): void {
  document.querySelector(".menu")?.remove();
  const back = document.activeElement;
  const menu = h("div", { class: "menu", role: "menu", "aria-label": label });
  const close = (): void => {
    menu.remove();
    removeEventListener("pointerdown", outside, true);
    removeEventListener("blur", close);
  };
  const outside = (event: Event): void => {
    if (!(event.target instanceof Node) || !menu.contains(event.target)) close();
  };
  add(menu, entries.map((entry) => {
    if (entry === null) return h("hr");
    if (typeof entry === "string") return h("p", {}, entry);
    const item = h("button", { type: "button", role: "menuitem", tabindex: "-1" },
      h("span", {}, entry.label), entry.key ? h("kbd", { "aria-hidden": "true" }, entry.key) : null);
    item.addEventListener("click", () => {
      close();
      if (back instanceof HTMLElement) back.focus();
      entry.run();
    });
    return item;
  }));
  menu.addEventListener("keydown", (event) => {
    const items = [...menu.querySelectorAll("button")];
    const now = items.indexOf(document.activeElement as HTMLButtonElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape" || event.key === "Tab") {
      close();
      if (back instanceof HTMLElement) back.focus();
    } else if (step !== undefined) items[(now + step + items.length) % items.length]?.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  document.body.append(menu);
  place(menu, at);
  menu.querySelector("button")?.focus();
  addEventListener("pointerdown", outside, true);
  addEventListener("blur", close);
}

function place(menu: HTMLElement, at: { x: number; y: number } | HTMLElement): void {
  const point = at instanceof HTMLElement ? at.getBoundingClientRect() : null;
  const [x, y] = at instanceof HTMLElement ? [point?.left ?? 0, (point?.bottom ?? 0) + 3] : [at.x, at.y];
  const box = menu.getBoundingClientRect();
  menu.style.left = `${Math.max(4, Math.min(x, innerWidth - box.width - 6))}px`;
  menu.style.top = `${Math.max(4, Math.min(y, innerHeight - box.height - 6))}px`;
}
