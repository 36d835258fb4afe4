// Who may do what, so that the page offers no button the server would refuse. The server decides; this
// is a copy of its table, and a test compares the two.

const PERMISSIONS = {
  CreateOrder: ["portfolio_manager", "trader"],
  SubmitOrder: ["portfolio_manager", "trader"],
  ApproveOrder: ["portfolio_manager", "risk"],
  ReleaseOrder: ["portfolio_manager", "trader"],
  HoldOrder: ["compliance_officer", "portfolio_manager", "risk", "trader"],
  CancelOrder: ["compliance_officer", "portfolio_manager", "risk", "trader"],
  CreatePlacement: ["trader"],
  CancelPlacement: ["compliance_officer", "risk", "trader"],
  RequestWaiver: ["portfolio_manager", "trader"],
  ApproveWaiver: ["compliance_officer", "risk"],
  RefuseWaiver: ["compliance_officer", "risk"],
  ResolveBreak: ["operations", "trader"],
  read_sessions: ["admin", "auditor", "operations", "risk", "trader"],
  check: ["compliance_officer", "portfolio_manager", "risk", "trader"],
};

let person = null;

/** Remember who is signed in: the answer of /me, or null. */
export function setPerson(me) {
  person = me;
}

/** Who is signed in. */
export function me() {
  return person;
}

/** True where the person has one of the roles of `permission` for all of `funds`. */
export function may(permission, funds = []) {
  const grants = (person?.grants ?? []).filter((g) => PERMISSIONS[permission].includes(g.role));
  if (grants.length === 0) return false;
  return funds.every((fund) => grants.some((g) => g.funds.includes("*") || g.funds.includes(fund)));
}

/** True where the person has the role, over whatever funds. */
export function hasRole(role) {
  return (person?.grants ?? []).some((grant) => grant.role === role);
}
