// The pages beside the orders: each for whom it is of use.

import { hasRole } from "../api/person";
import "../styles/pages.css";
import { complianceView } from "./compliance";
import { deskView } from "./desk";
import type { Page } from "./page";

const some = (...roles: string[]) => (): boolean => roles.some(hasRole);

export const VIEWS: readonly Page[] = [
  {
    id: "desk", title: "Desk", make: deskView,
    when: some("trader", "operations", "risk", "compliance_officer", "admin"),
  },
  {
    id: "compliance", title: "Compliance", make: complianceView,
    when: some("compliance_officer", "risk", "portfolio_manager", "auditor"),
  },
];
