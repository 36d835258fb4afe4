// The desk: what is with brokers, where they disagree with us, their sessions, and the kill switch.

import { may } from "../../api/person";
import type { View } from "../page";
import { Branch, PlacedView } from "../parts/page";
import { Blocks } from "./blocks";
import { Breaks } from "./breaks";
import { activeSwitches, Kill } from "./kill";
import { ListPage, Lists } from "./lists";
import { Placements } from "./placements";
import { Sessions } from "./sessions";

export function deskView(): View {
  return new PlacedView("desk", "Desk", [
    { id: "placements", title: "Placements", make: () => new Placements() },
    { id: "blocks", title: "Blocks", make: () => new Blocks() },
    { id: "lists", title: "Lists", make: () => new Branch(new Lists(), () => new ListPage()) },
    { id: "breaks", title: "Breaks", make: () => new Breaks() },
    { id: "sessions", title: "FIX sessions", when: () => may("read_sessions"), make: () => new Sessions() },
    { id: "kill", title: "Kill switch", count: () => activeSwitches().length, make: () => new Kill() },
  ]);
}
