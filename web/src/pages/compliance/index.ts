// Compliance: what waits for a decision, the register of breaches, the rules, the runs after the trade.

import { may } from "../../api/person";
import { h } from "../../kit/dom";
import type { View } from "../page";
import { Branch, PlacedView } from "../parts/page";
import { BreachCase } from "./breach";
import { Fairness } from "./fairness";
import { openBreaches, Queue, waitingForMe } from "./queue";
import { Register } from "./register";
import { RulePages } from "./rule_editor";
import { Rules } from "./rules";
import { RunPage, Runs } from "./runs";
import { WaiverCase } from "./waiver";

/** Waivers have no list of their own: the queue is it. */
class ToQueue implements View {
  readonly element = h("div");
  shown(): void {
    location.replace("#/compliance/queue");
  }
}

export function complianceView(): View {
  return new PlacedView("compliance", "Compliance", [
    { id: "queue", title: "Queue", count: waitingForMe, make: () => new Queue() },
    { id: "breaches", title: "Breaches", count: () => openBreaches().length, make: () => new Branch(new Register(), () => new BreachCase()) },
    { id: "rules", title: "Rules", make: () => new Branch(new Rules(), () => new RulePages()) },
    { id: "runs", title: "Runs", make: () => new Branch(new Runs(), () => new RunPage()) },
    { id: "fairness", title: "Fairness", when: () => may("read_fairness"), make: () => new Fairness() },
    { id: "waivers", title: "", make: () => new Branch(new ToQueue(), () => new WaiverCase()) },
  ]);
}
