// The pages beside the orders: each for whom it is of use.

import { hasRole, may } from "../api/person";
import "../styles/pages.css";
import { approvalsView } from "./approvals";
import { complianceView } from "./compliance";
import { deskView } from "./desk";
import { fundsView } from "./funds";
import { historyView } from "./history";
import { proposalsView } from "./portfolio";
import { operationsView } from "./operations";
import type { Page } from "./page";

const some = (...roles: string[]) => (): boolean => roles.some(hasRole);
const READERS = ["portfolio_manager", "trader", "compliance_officer", "risk", "operations", "auditor"];

export const VIEWS: readonly Page[] = [
  { id: "desk", title: "Desk", make: deskView, when: some("trader", "portfolio_manager", "operations", "risk", "compliance_officer", "admin") },
  { id: "compliance", title: "Compliance", make: complianceView, when: some("compliance_officer", "risk", "portfolio_manager", "auditor", "admin") },
  { id: "approvals", title: "Approvals", make: approvalsView, when: () => may("ApproveWaiver") || may("ApproveOrder") },
  { id: "proposals", title: "Proposals", make: proposalsView, when: () => may("MakeProposal") },
  { id: "funds", title: "Funds", make: fundsView, when: some(...READERS) },
  { id: "operations", title: "Operations", make: operationsView, when: some("operations", "admin", "auditor") },
  { id: "history", title: "History", make: historyView, when: some(...READERS) },
];
