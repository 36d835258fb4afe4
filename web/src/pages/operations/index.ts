// Operations: what was booked, where records differ, what is held, and files that come in.

import { may } from "../../api/person";
import { Breaks } from "../desk/breaks";
import type { View } from "../page";
import { PlacedView } from "../parts/page";
import { Allocations } from "./allocations";
import { Book } from "./book";
import { Imports } from "./imports";

export function operationsView(): View {
  return new PlacedView("operations", "Operations", [
    { id: "allocations", title: "Allocations", make: () => new Allocations() },
    { id: "breaks", title: "Breaks", make: () => new Breaks() },
    { id: "book", title: "Positions and cash", make: () => new Book() },
    { id: "imports", title: "Imports", when: () => may("LoadPositions"), make: () => new Imports() },
  ]);
}
