// Who is signed in and what he may do, so that the page offers nothing the server would refuse. The
// table of roles is the server's own, taken from its OpenAPI when the page is built.

import type { Me, Schemas } from "./client";
import { ROLES_OF } from "./generated/contract";

export type Permission = keyof typeof ROLES_OF;

let person: Me | null = null;

/** Remember who is signed in: the answer of /me, or null. */
export function setPerson(me: Me | null): void {
  person = me;
}

/** Who is signed in. */
export function me(): Me | null {
  return person;
}

function grants(): readonly Schemas["GrantResource"][] {
  return person?.grants ?? [];
}

/** True where the person has one of the roles of `permission` for all of `funds`. */
export function may(permission: Permission, funds: readonly string[] = []): boolean {
  const roles: readonly string[] = ROLES_OF[permission];
  const ours = grants().filter((one) => roles.includes(one.role));
  if (ours.length === 0) return false;
  return funds.every((fund) => ours.some((one) => one.funds.includes("*") || one.funds.includes(fund)));
}

/** True where the person has the role, over whatever funds. */
export function hasRole(role: string): boolean {
  return grants().some((one) => one.role === role);
}
