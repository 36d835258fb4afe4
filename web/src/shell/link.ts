// The state of the line to the server, always in sight: what it is, and how old the data may be.

import { badge, byId, fill, h } from "../kit/dom";
import { age } from "../kit/format";
import type { Line } from "../stream/stream";

const LATE_MS = 8000; // the server speaks every five seconds
const WORDS = {
  connecting: ["◌", "Connecting", "warn"],
  loading: ["◌", "Loading", "warn"],
  live: ["●", "Live", "good"],
  late: ["◐", "Silent", "warn"],
  broken: ["✕", "Not connected", "bad"],
  ended: ["✕", "Signed out", "bad"],
} as const;

/** Shows the line once a second and whenever it changes. */
export class LinkState {
  private line: Line | null = null;
  private shownWord = "";
  private readonly word = h("span", { role: "status" });
  private readonly age = h("span", { class: "soft age" });

  constructor() {
    fill(byId("link"), this.word, this.age);
    setInterval(() => this.show(this.line), 1000);
  }

  /** Show how the line is; null shows none. */
  show(line: Line | null): void {
    this.line = line;
    byId("link").hidden = line === null;
    const stale = byId("stale");
    if (line === null) {
      stale.hidden = true;
      return;
    }
    const old = line.heardAt === 0 ? null : Date.now() - line.heardAt;
    const state = line.state === "live" && old !== null && old > LATE_MS ? "late" : line.state;
    const [mark, word, tone] = WORDS[state];
    if (this.shownWord !== word) {
      this.shownWord = word;
      fill(this.word, badge(word, mark, tone));
    }
    this.age.textContent = old === null ? "" : age(old);
    this.age.title = old === null ? "" : `The newest word of the server is ${age(old)} old; journal position ${line.seq ?? "?"}`;
    const lost = state === "broken" && old !== null;
    stale.hidden = !lost;
    const told = `Not connected: ${line.why}. What you see may have changed. Trying again; nothing will be missed.`;
    if (lost && stale.textContent !== told) stale.textContent = told;
  }
}
