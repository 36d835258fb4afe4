// Whether anyone has touched the journal: the hash chain recomputed from the first event on.

import { api, told, type Schemas } from "../../api/client";
import { button, type Child, fill, h } from "../../kit/dom";
import { clock } from "../../kit/format";
import type { View } from "../page";
import { figure, figures, pairs, panel, Region } from "../parts/page";

type Proof = Schemas["Verified"];

export class ProofPage implements View {
  readonly element = h("div", { class: "page" });
  private readonly region = new Region<Proof>(() => this.verify(), paint);
  private readonly done = h("span", { class: "soft", role: "status" });

  constructor() {
    const again = button("Verify now", () => void this.region.refresh(), { kind: "primary" });
    fill(this.element, h("div", { class: "case-head" }, again,
      h("span", { class: "soft" }, "Every event carries the hash of all before it. This recomputes the whole chain."), this.done), this.region.element);
  }

  shown(): void {
    void this.region.refresh();
  }

  /** Part after part; each goes on from the hash that the one before came to. */
  private async verify(): Promise<Proof> {
    let part = await told(api.GET("/api/v1/audit/verify", { params: { query: { from: 1 } } }));
    let checked = part.checked;
    while (part.next !== null) {
      this.done.textContent = `${checked.toLocaleString("en-US")} of ${part.newest_seq.toLocaleString("en-US")} events`;
      part = await told(api.GET("/api/v1/audit/verify", { params: { query: { from: part.next, chain: part.head_chain } } }));
      checked += part.checked;
    }
    this.done.textContent = "";
    return { ...part, checked };
  }
}

function paint(found: Proof): Child {
  return [
    figures(
      figure("The chain is", found.good ? "✓ whole" : "✕ broken", found.good ? "good" : "bad"),
      figure("Events checked", found.checked.toLocaleString("en-US")), figure("Newest event", found.head_seq.toLocaleString("en-US")),
      figure("Verified at", clock(new Date().toISOString()))),
    panel("The newest hash", h("p", { class: "proof" }, found.head_chain),
      h("p", { class: "soft" }, "Note it outside of this system: whoever holds it can prove later that nothing before it was changed.")),
    found.good ? null : panel("What is wrong", pairs([["First wrong event", String(found.fault_seq)], ["Why", found.fault ?? ""]])),
  ];
}
