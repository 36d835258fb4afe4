// The command palette: everything that can be done now, found by a few letters; and any order by its
// id, ticker or fund.

import { h, fill } from "../kit/dom";
import { modal } from "../kit/dialog";
import { store } from "../stream/store";
import { inWords } from "../orders/words";
import { offered } from "./keys";
import { go } from "./router";

interface Hit {
  title: string;
  group: string;
  key: string;
  run: () => unknown;
}

const SHOWN = 12;
const LETTERS_FOR_ORDERS = 2;

/** True where the letters of `wanted` are in `text` in this order. */
function matches(text: string, wanted: string): boolean {
  let at = 0;
  for (const letter of text) if (letter === wanted[at]) at += 1;
  return at === wanted.length;
}

function found(typed: string): Hit[] {
  const wanted = typed.trim().toLowerCase();
  const hits: Hit[] = offered()
    .filter((one) => matches(one.title.toLowerCase(), wanted.replaceAll(" ", "")))
    .map((one) => ({ title: one.title, group: one.group, key: one.key ?? "", run: one.run }));
  hits.sort((a, b) => rank(a, wanted) - rank(b, wanted));
  if (wanted.length < LETTERS_FOR_ORDERS) return hits.slice(0, SHOWN);
  for (const order of store.topics.orders.values()) {
    if (hits.length >= SHOWN) break;
    const text = `${inWords(order)} ${order.id} ${order.client_order_id}`.toLowerCase();
    if (!text.includes(wanted)) continue;
    hits.push({ title: inWords(order), group: order.id, key: "", run: () => go(`#/orders/${order.id}`) });
  }
  return hits.slice(0, SHOWN);
}

function rank(hit: Hit, wanted: string): number {
  const at = hit.title.toLowerCase().indexOf(wanted);
  return at < 0 ? 99 : at;
}

/** Open it. */
export function openPalette(): void {
  const box = h("input", {
    type: "text", role: "combobox", autocomplete: "off", spellcheck: "false", "aria-expanded": "true",
    "aria-controls": "palette-list", "aria-label": "What to do", placeholder: "Type a command, or an order's ticker or id",
  });
  const list = h("ul", { id: "palette-list", role: "listbox", class: "palette-list", "aria-label": "Commands" });
  let hits: Hit[] = [];
  let chosen = 0;
  const paint = (): void => {
    fill(list, hits.map((hit, number) => {
      const item = h("li", { role: "option", id: `palette-${number}`, "aria-selected": number === chosen ? "true" : "false" },
        h("span", {}, hit.title), h("span", { class: "soft" }, hit.group), hit.key ? h("kbd", {}, hit.key) : null);
      item.addEventListener("click", () => take(number));
      return item;
    }));
    box.setAttribute("aria-activedescendant", hits.length > 0 ? `palette-${chosen}` : "");
  };
  const look = (): void => {
    hits = found(box.value);
    chosen = 0;
    paint();
  };
  const take = (number: number): void => {
    const hit = hits[number];
    if (hit === undefined) return;
    dialog.close();
    hit.run();
  };
  box.addEventListener("input", look);
  box.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Enter") take(chosen);
    else if (step !== undefined && hits.length > 0) {
      chosen = (chosen + step + hits.length) % hits.length;
      paint();
    } else return;
    event.preventDefault();
  });
  const dialog = modal("Commands", [box, list], { kind: "palette" });
  look();
  box.focus();
}
