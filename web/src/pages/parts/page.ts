// What the pages share: how a page is shown, how it says that it loads or failed, its headings.

import { tellProblem } from "../../api/problem";
import { type Child, button, calmly, fill, h } from "../../kit/dom";
import { store } from "../../stream/store";
import type { View } from "../page";

/** A part of a page that is asked for: it says that it loads, shows what came, or why nothing did. */
export class Region<T> {
  readonly element: HTMLElement;
  private asked = 0;
  private filled = false;
  /** What had the focus last: a table gives it to the new line of the row that had it. */
  private focused: HTMLElement | null = null;

  constructor(
    private readonly load: () => Promise<T>,
    private readonly paint: (found: T) => Child,
    options: { label?: string; className?: string } = {},
  ) {
    this.element = h("div", { class: options.className ?? "region", role: options.label ? "region" : null,
      "aria-label": options.label ?? null });
    this.element.addEventListener("focusin", ({ target }) => {
      this.focused = target instanceof HTMLElement ? target : null;
    });
  }

  /** Ask again. What stands there stays until the answer is here; an older answer is dropped. */
  async refresh(): Promise<void> {
    const mine = (this.asked += 1);
    if (!this.filled) fill(this.element, h("p", { class: "soft pad" }, "Loading…"));
    try {
      const found = await this.load();
      if (mine !== this.asked) return;
      this.put(found);
      this.filled = true;
    } catch (problem) {
      if (mine !== this.asked) return;
      this.filled = false;
      const again = button("Try again", () => void this.refresh());
      fill(this.element, h("div", { class: "pad failed", role: "alert" },
        h("p", {}, tellProblem(problem)), again));
    }
  }

  /** Show what was found. What stands here again keeps the focus, though it is taken out and put back. */
  private put(found: T): void {
    const had = this.element.contains(document.activeElement);
    fill(this.element, this.paint(found));
    if (had && this.focused !== null && this.element.contains(this.focused)) this.focused.focus({ preventScroll: true });
  }

  /** Forget what is shown, so that the next refresh says that it loads. */
  clear(): void {
    this.asked += 1;
    this.filled = false;
    fill(this.element);
  }
}

/** One of the places inside a page: #/<page>/<place>. */
export interface Place {
  id: string;
  /** Empty for a place that is only reached from another. */
  title: string;
  when?: () => boolean;
  /** How many things wait there; 0 shows nothing. */
  count?: () => number;
  make: () => View;
}

/** A page of several places, of which one is in front. */
export class PlacedView implements View {
  readonly element: HTMLElement;
  private readonly nav: HTMLElement;
  private readonly host = h("div", { class: "place" });
  private readonly places: readonly Place[];
  private readonly views = new Map<string, View>();
  private current = "";
  private readonly unlisten: () => void;

  constructor(private readonly base: string, title: string, places: readonly Place[]) {
    this.places = places.filter((place) => place.when?.() ?? true);
    this.nav = h("nav", { class: "places", "aria-label": title });
    this.element = h("div", { class: "view placed" }, h("h1", { class: "unseen" }, title), this.nav, this.host);
    this.unlisten = store.listen(calmly(() => this.mark(), 250));
  }

  shown(path: readonly string[]): void {
    const place = this.places.find((one) => one.id === path[0]) ?? this.places[0];
    if (place === undefined) return;
    let view = this.views.get(place.id);
    if (view === undefined) {
      view = place.make();
      this.views.set(place.id, view);
    }
    if (this.current !== place.id) {
      this.views.get(this.current)?.hidden?.();
      this.current = place.id;
      fill(this.host, view.element);
    }
    this.mark();
    view.shown(place.id === path[0] ? path.slice(1) : []);
  }

  hidden(): void {
    this.views.get(this.current)?.hidden?.();
  }

  destroy(): void {
    this.unlisten();
    for (const view of this.views.values()) view.destroy?.();
  }

  private mark(): void {
    const focused = this.nav.contains(document.activeElement) ? document.activeElement?.getAttribute("href") : null;
    fill(this.nav, this.places.filter((place) => place.title).map(({ id, title, count }) => {
      const waiting = count?.() ?? 0;
      return h("a", { href: `#/${this.base}/${id}`, "aria-current": id === this.current ? "page" : null }, title,
        waiting > 0 ? h("span", { class: "waiting" }, waiting) : null);
    }));
    if (focused) this.nav.querySelector<HTMLElement>(`a[href="${focused}"]`)?.focus();
  }
}

/** A titled block of a page. */
export function panel(title: string, ...content: Child[]): HTMLElement {
  return h("section", { class: "panel", "aria-label": title }, h("h2", {}, title), content);
}

/** Names and values in pairs; empty values are left out. */
export function pairs(rows: readonly (readonly [string, Child])[]): HTMLElement {
  const given = rows.filter(([, value]) => value !== "" && value !== null && value !== undefined);
  return h("dl", { class: "pairs" }, given.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));
}

/** One figure with its name, as at the head of a page. */
export function figure(name: string, value: Child, tone = ""): HTMLElement {
  return h("div", { class: `figure ${tone && `tone-${tone}`}` }, h("dt", {}, name), h("dd", {}, value));
}

/** Figures side by side. */
export function figures(...items: (HTMLElement | null)[]): HTMLElement {
  return h("dl", { class: "figures" }, items);
}

/** A list in front, and one of its things in full where the address names one. */
export class Branch implements View {
  readonly element = h("div", { class: "branch" });
  private inFront: View | null = null;
  private one: View | null = null;

  constructor(private readonly list: View, private readonly make: () => View) {}

  shown(path: readonly string[]): void {
    const wanted = path[0] === undefined ? this.list : (this.one ??= this.make());
    if (this.inFront !== wanted) {
      this.inFront?.hidden?.();
      this.inFront = wanted;
      fill(this.element, wanted.element);
    }
    wanted.shown(path);
  }

  hidden(): void {
    this.inFront?.hidden?.();
  }

  destroy(): void {
    this.list.destroy?.();
    this.one?.destroy?.();
  }
}
