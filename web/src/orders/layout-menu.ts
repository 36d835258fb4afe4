// The menu of layouts: take one, keep the present one under a name, send it as a link.

import { ask, field, textInput } from "../kit/dialog";
import { openMenu, type MenuEntry } from "../kit/menu";
import { note } from "../kit/notes";
import { ORDER_COLUMNS } from "./columns";
import { encoded, keepLayout, layouts, type Layout } from "./layouts";

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

/** Open the menu below `button`. */
export function layoutMenu(button: HTMLElement, now: Layout, use: (layout: Layout) => void): void {
  const own = Object.entries(layouts()).sort(([a], [b]) => (a < b ? -1 : 1));
  const item = ([name, layout]: [string, Layout]): MenuEntry => ({ label: name, run: () => use(layout) });
  openMenu([
    ...Object.entries(READY).map(item), null,
    ...own.map(item), ...(own.length > 0 ? [null] : []),
    { label: "Keep this layout…", run: () => keep(now) },
    { label: "Copy a link to it", run: () => void copyLink(now) },
    ...own.map(([name]): MenuEntry => ({ label: `Forget ${name}`, run: () => keepLayout(name, null) })),
    "Kept in this browser.",
  ], button, "Layouts");
}

function keep(layout: Layout): void {
  const name = textInput({ maxlength: "40" });
  ask({
    title: "Keep this layout",
    fields: [field("layout-name", "Name", name)],
    verb: "Keep",
    act: () => {
      const text = name.value.trim();
      if (text === "") throw new Error("Give it a name.");
      keepLayout(text, layout);
      return Promise.resolve(`Layout ${text} is kept.`);
    },
  });
}

async function copyLink(layout: Layout): Promise<void> {
  await navigator.clipboard.writeText(`${location.origin}/#/orders/view/${encoded(layout)}`);
  note("The link is copied.");
}
