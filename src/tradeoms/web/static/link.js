// The state of the line to the server, always in sight: what it is, and how old the data may be.

import { age } from "./format.js";
import { byId, fill, h } from "./dom.js";

const LATE_MS = 8000; // the server speaks every five seconds
const WORDS = {
  connecting: ["◌", "Connecting", "warn"],
  loading: ["◌", "Loading", "warn"],
  live: ["●", "Live", "good"],
  late: ["◐", "Silent", "warn"],
  broken: ["✕", "Not connected", "bad"],
  ended: ["✕", "Signed out", "bad"],
};

/** Shows `stream`'s state once a second and whenever it changes. */
export class LinkState {
  constructor() {
    this.stream = null;
    this.lastWord = "";
    this.word = h("span", { role: "status" });
    this.age = h("span", { class: "soft" });
    fill(byId("link"), this.word, this.age);
    setInterval(() => this.show(), 1000);
  }

  /** Show another stream; null shows none. */
  follow(stream) {
    this.stream = stream;
    this.show();
  }

  show() {
    const stream = this.stream;
    byId("link").hidden = stream === null;
    const stale = byId("stale");
    if (stream === null) {
      stale.hidden = true;
      return;
    }
    const old = stream.heardAt === 0 ? null : performance.now() - stream.heardAt;
    const state = stream.state === "live" && old > LATE_MS ? "late" : stream.state;
    const [mark, word, tone] = WORDS[state];
    if (this.lastWord !== word) {
      this.lastWord = word;
      fill(this.word, h("span", { class: `badge tone-${tone}` },
        h("span", { class: "mark", "aria-hidden": "true" }, mark), word));
    }
    this.age.textContent = old === null ? "" : `data ${age(old)} old${stream.seq ? ` · seq ${stream.seq}` : ""}`;
    const lost = state === "broken" && old !== null;
    stale.hidden = !lost;
    const told = `Not connected (${stream.why || "the connection broke"}): what you see may have changed. Trying again; nothing will be missed.`;
    if (lost && stale.textContent !== told) stale.textContent = told;
  }
}
