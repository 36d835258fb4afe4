// The start: who is signed in, which view is in front, and what ties stream, views and keys together.

import { whenSignedOut } from "./api.js";
import { ACTIONS } from "./actions.js";
import { Blotter } from "./blotter.js";
import { clearNotes, note, tellProblem } from "./dialog.js";
import { add, button, byId, fill, h } from "./dom.js";
import { words } from "./format.js";
import { listenToKeys, shortcut, showSheet } from "./keys.js";
import { LinkState } from "./link.js";
import { Book, Breaches, Breaks, Sessions } from "./lists.js";
import { may, me, setPerson } from "./permissions.js";
import { forgetReference } from "./reference.js";
import { showSignIn, signOut, whoAmI } from "./signin.js";
import { store, TOPICS } from "./store.js";
import { Stream } from "./stream.js";
import { openTicket } from "./ticket.js";

const VIEWS = [
  { id: "blotter", title: "Blotter" },
  { id: "breaches", title: "Breaches" },
  { id: "breaks", title: "Breaks" },
  { id: "book", title: "Positions" },
  { id: "sessions", title: "FIX", when: () => may("read_sessions") },
];

const link = new LinkState();
let views = null;
let current = null;
let stream = null;
let lastPerson = null;

function build() {
  const onOrder = (id) => go(`#/orders/${encodeURIComponent(id)}`);
  views = {
    blotter: new Blotter({
      onNew: newOrder,
      onShown: (id) => replace(id === null ? "#/blotter" : `#/orders/${encodeURIComponent(id)}`),
    }),
    breaches: new Breaches(),
    breaks: new Breaks({ onOrder }),
    book: new Book(),
    sessions: new Sessions(),
  };
}

function newOrder() {
  if (!may("CreateOrder")) return false;
  openTicket((order) => go(`#/orders/${encodeURIComponent(order.id)}`));
  return true;
}

function go(hash) {
  if (location.hash === hash) route();
  else location.hash = hash;
}

/** Change the address without another entry in the history. */
function replace(hash) {
  if (location.hash !== hash) history.replaceState(null, "", hash);
}

/** Show what the address names. */
function route() {
  if (me() === null) return;
  const [, name, id] = location.hash.split("/");
  if (name === "orders" && id) {
    show("blotter");
    views.blotter.open(decodeURIComponent(id));
    return;
  }
  const found = VIEWS.find((view) => view.id === name && (view.when?.() ?? true));
  show(found?.id ?? "blotter");
}

function show(id) {
  for (const tab of byId("tabs").children) {
    if (tab.dataset.view === id) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
  document.title = `${VIEWS.find((view) => view.id === id).title} · tradeoms`;
  if (current === id) return;
  views[current]?.hidden?.();
  current = id;
  fill(byId("main"), views[id].element);
  views[id].shown();
}

/** Begin to work for a person. */
function begin(person) {
  const another = lastPerson !== null && lastPerson !== person.id;
  if (another) {
    clearNotes();
    forgetReference();
  }
  lastPerson = person.id;
  if (views === null) build();
  if (another) {
    store.clear();
    views.blotter.closeDetail();
    views.book.forget();
  }
  fill(byId("tabs"), VIEWS.filter((view) => view.when?.() ?? true).map((view, number) =>
    h("a", { href: `#/${view.id}`, data: { view: view.id }, "aria-keyshortcuts": number + 1 }, view.title)));
  const roles = [...new Set(person.grants.map((grant) => words(grant.role)))].join(", ");
  fill(byId("person"),
    h("span", { title: `${person.id}: ${roles}` }, person.name, h("span", { class: "soft" }, ` ${roles}`)),
    button("Sign out", leave, { kind: "quiet" }));
  byId("bar").hidden = false;
  current = null;
  route();
  follow();
}

function follow() {
  stream?.stop();
  stream = new Stream({
    topics: TOPICS,
    onPicture: (rows) => store.replace(rows),
    onChanges: (rows) => store.apply(rows),
    onState: () => link.show(),
  });
  link.follow(stream);
  stream.start();
}

/** Back to the form. What is on the screen goes with the session. */
function end(reason) {
  stream?.stop();
  stream = null;
  link.follow(null);
  views?.[current]?.hidden?.();
  views?.blotter.detail.show(null);
  current = null;
  setPerson(null);
  store.clear();
  document.querySelectorAll("dialog[open]").forEach((dialog) => dialog.close());
  byId("bar").hidden = true;
  showSignIn(byId("main"), begin, reason);
}

async function leave() {
  try {
    await signOut();
    replace("#/blotter"); // the next person may not see what this one looked at
    end("");
  } catch (problem) {
    note(`Not signed out: ${tellProblem(problem)}`, "bad");
  }
}

function keys() {
  const inBlotter = (run) => () => (current === "blotter" ? run() : false);
  shortcut("/", "Everywhere", "Filter the orders", () => {
    go("#/blotter");
    views.blotter.focusFilter();
  });
  shortcut("n", "Everywhere", "New order", newOrder);
  shortcut("?", "Everywhere", "This sheet", showSheet);
  shortcut("Escape", "Everywhere", "Close the order", inBlotter(() => views.blotter.closeDetail()));
  VIEWS.forEach((view, number) => {
    shortcut(String(number + 1), "Views", view.title, () => {
      if (view.when?.() === false) return false;
      go(`#/${view.id}`);
      return true;
    });
  });
  for (const [name, { key, title }] of Object.entries(ACTIONS)) {
    shortcut(key, "The chosen order", title, inBlotter(() => views.blotter.act(name)));
  }
  shortcut("j", "", "Next", () => gridOf()?.move(1));
  shortcut("k", "", "Previous", () => gridOf()?.move(-1));
  listenToKeys(() => me() !== null);
}

function gridOf() {
  const grid = views[current]?.grid;
  grid?.element.focus();
  return grid;
}

function shell() {
  const theme = byId("theme");
  const told = (choice) => {
    theme.textContent = `Theme: ${choice}`;
  };
  told(window.tradeomsTheme.choice);
  theme.addEventListener("click", () => told(window.tradeomsTheme.next()));
  byId("help").addEventListener("click", showSheet);
  byId("skip").addEventListener("click", (event) => {
    event.preventDefault();
    byId("main").focus();
  });
  window.addEventListener("hashchange", route);
  whenSignedOut(() => {
    if (me() !== null) end("Your session has ended. Sign in again.");
  });
}

async function start() {
  shell();
  keys();
  try {
    const person = await whoAmI();
    if (person === null) showSignIn(byId("main"), begin);
    else begin(person);
  } catch (problem) {
    const again = button("Try again", () => location.reload(), { kind: "primary" });
    fill(byId("main"), add(h("div", { class: "note" }), h("p", {}, tellProblem(problem)), again));
  }
}

start();
