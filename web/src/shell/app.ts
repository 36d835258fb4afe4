// Ties who is signed in, the stream, the pages and the keys together.

import { whenSignedOut, type Me } from "../api/client";
import { me, setPerson } from "../api/person";
import { tellProblem } from "../api/problem";
import { forgetReference } from "../api/reference";
import { button, byId, fill, h } from "../kit/dom";
import { words } from "../kit/format";
import { clearNotes, note } from "../kit/notes";
import { beginLayouts, endLayouts } from "../orders/layouts";
import { PAGES } from "../pages";
import type { Page, View } from "../pages/page";
import { follow } from "../stream/line";
import { store } from "../stream/store";
import { command, forgetCommands, listenToKeys, showSheet } from "./keys";
import { LinkState } from "./link";
import { currentDensity, currentTheme, nextDensity, nextTheme, whenLookChanges } from "./look";
import { openPalette } from "./palette";
import { go, parts, replace, whenRouted } from "./router";
import { showSignIn, signOut, whoAmI } from "./signin";

let link: LinkState;
let pages: readonly Page[] = [];
let views = new Map<string, View>();
let current = "";
let unfollow: () => void = () => undefined;

function route(): void {
  if (me() === null) return;
  const [id = "", ...path] = parts();
  const page = pages.find((one) => one.id === id) ?? pages[0];
  if (page === undefined) return;
  let view = views.get(page.id);
  if (view === undefined) {
    view = page.make();
    views.set(page.id, view);
  }
  if (current !== page.id) {
    views.get(current)?.hidden?.();
    current = page.id;
    fill(byId("main"), view.element);
  }
  for (const tab of byId("tabs").querySelectorAll("a")) {
    if (tab.dataset.page === page.id) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
  document.title = `${page.title} · tradeoms`;
  view.shown(page.id === id ? path : []);
}

/** Begin to work for a person. */
function begin(person: Me): void {
  clearNotes();
  void beginLayouts();
  pages = PAGES.filter((page) => page.when?.() ?? true);
  offerCommands();
  fill(byId("tabs"), pages.map((page, number) =>
    h("a", { href: `#/${page.id}`, data: { page: page.id }, "aria-keyshortcuts": number < 9 ? number + 1 : null }, page.title)));
  const roles = [...new Set(person.grants.map((grant) => words(grant.role)))].join(", ");
  fill(byId("person"),
    h("span", { title: `${person.id}: ${roles}` }, person.name, h("span", { class: "soft" }, ` ${roles}`)),
    button("Sign out", () => void leave(), { kind: "quiet" }));
  byId("bar").hidden = false;
  current = "";
  route();
  unfollow = follow(person.id, {
    onPicture: (rows) => store.replace(rows),
    onChanges: (rows) => store.apply(rows),
    onLine: (line) => {
      if (line.state === "ended" && me() !== null) end("Your session has ended. Sign in again.");
      else link.show(line);
    },
  });
}

/** Back to the form. What is on the screen goes with the session. */
function end(reason: string): void {
  setPerson(null);
  unfollow();
  link.show(null);
  for (const view of views.values()) view.destroy?.();
  views = new Map();
  current = "";
  store.clear();
  forgetReference();
  endLayouts();
  forgetCommands();
  document.querySelectorAll("dialog").forEach((dialog) => dialog.remove());
  fill(byId("tabs"));
  fill(byId("person"));
  byId("bar").hidden = true;
  showSignIn(byId("main"), begin, reason);
}

async function leave(): Promise<void> {
  try {
    await signOut();
    replace("#/"); // the next person may not see what this one looked at
    end("");
  } catch (error) {
    note(`Not signed out: ${tellProblem(error)}`, "bad");
  }
}

function offerCommands(): void {
  forgetCommands();
  pages.forEach((page, number) => {
    const key = number < 9 ? { key: String(number + 1) } : {};
    command({ ...key, group: "Go to", title: page.title, run: () => go(`#/${page.id}`) });
  });
  command({ key: "?", group: "Everywhere", title: "Keyboard shortcuts", run: showSheet });
  command({ group: "Everywhere", title: "Dark, light or as the system", run: nextTheme });
  command({ group: "Everywhere", title: "Compact or roomy", run: nextDensity });
  command({ group: "Everywhere", title: "Sign out", run: () => void leave() });
}

function shell(): void {
  link = new LinkState();
  const tellLook = (): void => {
    byId("theme").textContent = { system: "◐", light: "☀", dark: "☾" }[currentTheme()] ?? "◐";
    byId("theme").title = `Theme: ${currentTheme()}`;
    byId("density").textContent = currentDensity() === "compact" ? "≡" : "☰";
    byId("density").title = `Density: ${currentDensity()}`;
  };
  whenLookChanges(tellLook);
  tellLook();
  byId("theme").addEventListener("click", nextTheme);
  byId("density").addEventListener("click", nextDensity);
  byId("help").addEventListener("click", showSheet);
  byId("commands").addEventListener("click", openPalette);
  byId("skip").addEventListener("click", (event) => {
    event.preventDefault();
    byId("main").focus();
  });
  whenRouted(route);
  listenToKeys(() => me() !== null, openPalette);
  whenSignedOut(() => {
    if (me() !== null) end("Your session has ended. Sign in again.");
  });
}

/** Start the app. */
export async function start(): Promise<void> {
  shell();
  try {
    const person = await whoAmI();
    if (person === null) showSignIn(byId("main"), begin);
    else begin(person);
  } catch (error) {
    const again = button("Try again", () => location.reload(), { kind: "primary" });
    fill(byId("main"), h("div", { class: "note" }, h("p", {}, tellProblem(error)), again));
  }
}
