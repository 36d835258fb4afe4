// Portfolio construction: proposals.

import type { View } from "../page";
import { Branch } from "../parts/page";
import { ProposalPage } from "./proposal";
import { Proposals } from "./proposals";

export function proposalsView(): View {
  return new Branch(new Proposals(), () => new ProposalPage());
}
