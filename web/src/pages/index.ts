// All pages, in the order of the navigation. The first is where a person starts.

import { OrdersView } from "../orders/view";
import type { Page } from "./page";
import { VIEWS } from "./views";

export const PAGES: readonly Page[] = [
  { id: "orders", title: "Orders", make: () => new OrdersView() },
  ...VIEWS,
];
