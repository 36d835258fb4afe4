// The menu of layouts: take one, keep the present one under a name, share it, send it as a link.

import { WORDS } from "../api/generated/contract";
import { hasRole } from "../api/person";
import { incomplete, tellProblem } from "../api/problem";
import { ask, field, textInput } from "../kit/dialog";
import { h } from "../kit/dom";
import { words } from "../kit/format";
import { openMenu, type MenuEntry } from "../kit/menu";
import { note } from "../kit/notes";
import { ORDER_COLUMNS } from "./columns";
import {
  deleteLayout, encoded, isOwn, layouts, loadLayouts, saveLayout, type Layout, type Role, type SavedLayout,
} from "./layouts";

const FIRST: Layout = {
  grid: {
    columns: ORDER_COLUMNS.filter((one) => !one.hidden).map(({ id, width }) => ({ id, width })), sort: [], group: [], pinned: 3,
  },
  filter: "", statuses: [],
};

/** Ready-made layouts that help on the first day. */
const READY: Readonly<Record<string, Layout>> = {
  "As delivered": FIRST,
  "By fund": { ...FIRST, grid: { ...FIRST.grid, group: ["fund"] } },
  "By status": { ...FIRST, grid: { ...FIRST.grid, group: ["status"] } },
  "Waiting for me": { ...FIRST, statuses: ["mine"] },
};

/** Open the menu below `button`, once it is known what colleagues share by now. */
export async function layoutMenu(button: HTMLElement, now: Layout, use: (layout: Layout) => void): Promise<void> {
  try {
    await loadLayouts();
  } catch (error) {
    note(`Layouts are shown as last loaded: ${tellProblem(error)}`, "bad");
  }
  if (!button.isConnected) return;
  const own = layouts().filter(isOwn);
  const others = layouts().filter((one) => !isOwn(one));
  const item = (label: string, layout: Layout): MenuEntry => ({ label, run: () => use(layout) });
  openMenu([
    ...Object.entries(READY).map(([name, layout]) => item(name, layout)), null,
    ...own.map((one) => item(one.sharedWith.length > 0 ? `${one.name} (shared)` : one.name, one.layout)),
    ...others.map((one) => item(`${one.name} (of ${one.owner})`, one.layout)),
    ...(layouts().length > 0 ? [null] : []),
    { label: "Keep this layout…", run: () => keep(now) },
    { label: "Copy a link to it", run: () => void copyLink(now) },
    ...own.map((one): MenuEntry => ({ label: `Forget ${one.name}…`, run: () => forget(one) })),
  ], button, "Layouts");
}

function keep(layout: Layout): void {
  const name = textInput({ maxlength: "60" });
  const roles = shareable().map((role) => ({ role, box: h("input", { type: "checkbox" }) }));
  ask({
    title: "Keep this layout",
    fields: [
      field("layout-name", "Name", name, { hint: "Your own of this name is replaced." }),
      h("fieldset", {}, h("legend", {}, "Share with"),
        roles.map(({ role, box }) => h("label", { class: "check" }, box, words(role)))),
    ],
    verb: "Keep",
    places: { "/name": name },
    act: async () => {
      const text = name.value.trim().normalize("NFC");
      if (text === "") throw incomplete("Give it a name.");
      await saveLayout(text, layout, roles.filter(({ box }) => box.checked).map(({ role }) => role));
      return `Layout ${text} is kept.`;
    },
  });
}

/** The roles that the person may share with. */
function shareable(): readonly Role[] {
  return hasRole("admin") ? WORDS.Role : WORDS.Role.filter(hasRole);
}

function forget({ id, name, sharedWith }: SavedLayout): void {
  ask({
    title: `Forget ${name}`,
    lines: [sharedWith.length > 0 ? "It goes for everybody you share it with, too." : "It is gone from every browser of yours."],
    verb: "Forget", danger: true,
    act: async () => {
      await deleteLayout(id);
      return `Layout ${name} is forgotten.`;
    },
  });
}

async function copyLink(layout: Layout): Promise<void> {
  await navigator.clipboard.writeText(`${location.origin}/#/orders/view/${encoded(layout)}`);
  note("The link is copied.");
}
