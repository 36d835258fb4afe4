// The journal itself, event by event, from any position on.

import { api, told, type JournalEvent } from "../../api/client";
import { button, type Child, fill, h } from "../../kit/dom";
import { clock, eventWords } from "../../kit/format";
import { store } from "../../stream/store";
import type { View } from "../page";
import { Region } from "../parts/page";
import { Table } from "../parts/table";

const PAGE = 200;

export class JournalPage implements View {
  readonly element = h("div", { class: "page" });
  private from: number | null = null;
  private readonly at = h("input", { type: "number", min: "0", "aria-label": "After event" });
  private readonly region = new Region<Child>(() => this.load(), (found) => found);
  private readonly table: Table<JournalEvent>;

  constructor() {
    const move = (by: number) => (): void => this.go(Math.max(0, (this.from ?? 0) + by));
    this.at.addEventListener("change", () => this.go(Number(this.at.value)));
    this.table = new Table<JournalEvent>({
      label: "Events", empty: "No event here.",
      text: (row) => `${row.type} ${eventWords(row.type)} ${row.subject} ${row.actor}`,
      tools: [button("← Earlier", move(-PAGE)), this.at, button("Later →", move(PAGE))],
      columns: [
        { title: "Event", num: true, cell: (row) => row.seq, sort: (row) => row.seq },
        { title: "At", cell: (row) => clock(row.at) },
        { title: "What", cell: (row) => eventWords(row.type), sort: (row) => row.type },
        { title: "About", cell: (row) => about(row.subject), sort: (row) => row.subject },
        { title: "Who", cell: (row) => (row.on_behalf_of ? `${row.actor} for ${row.on_behalf_of}` : row.actor), sort: (row) => row.actor },
        { title: "Hash", cell: (row) => h("span", { class: "raw", title: row.chain }, row.chain.slice(0, 12)) },
        { title: "Data", wide: true, cell: (row) => h("details", {}, h("summary", {}, "show"),
          h("p", { class: "raw" }, JSON.stringify(row.data))) },
      ],
      first: [0, true],
    });
    fill(this.element, this.region.element);
  }

  shown(): void {
    void this.region.refresh();
  }

  private go(after: number): void {
    this.from = after;
    void this.region.refresh();
  }

  private async load(): Promise<Child> {
    this.from ??= Math.max(0, newest() - PAGE);
    this.at.value = String(this.from);
    const found = await told(api.GET("/api/v1/audit/events", { params: { query: { limit: PAGE, after: String(this.from) } } }));
    this.table.show(found.data);
    return this.table.element;
  }
}

function about(subject: string): Child {
  return subject.startsWith("ord_") ? h("a", { href: `#/history/${subject}` }, subject) : subject;
}

/** The newest journal position that the stream has told of. */
function newest(): number {
  let seq = 0;
  for (const rows of Object.values(store.topics)) for (const row of rows.values()) seq = Math.max(seq, row.seq);
  return seq;
}
