// What an order's state allows, and how its words are shown. The server derives every status; where
// the page must know more than the status says (a part-filled order may be on hold), it reads who the
// order waits for.

import type { Order, Placement, Waiver } from "../api/client";
import { hasRole, may, me } from "../api/person";
import type { Tone } from "../grid/column";
import { minus, positive } from "../kit/format";

interface Sign {
  mark: string;
  tone: Tone;
}

/** Statuses in the order of an order's life, with a mark that does not rely on colour. */
export const STATUSES: Readonly<Record<string, Sign>> = {
  draft: { mark: "○", tone: "idle" },
  blocked: { mark: "✕", tone: "bad" },
  held: { mark: "‖", tone: "warn" },
  approved: { mark: "✓", tone: "info" },
  released: { mark: "▷", tone: "info" },
  working: { mark: "▶", tone: "live" },
  partially_filled: { mark: "◐", tone: "live" },
  filled: { mark: "●", tone: "good" },
  done_for_day: { mark: "◑", tone: "idle" },
  canceled: { mark: "—", tone: "idle" },
  expired: { mark: "◌", tone: "idle" },
  rejected: { mark: "✕", tone: "bad" },
};

/** Outcomes of compliance. */
export const OUTCOMES: Readonly<Record<string, Sign>> = {
  pass: { mark: "✓", tone: "good" },
  not_tested: { mark: "–", tone: "idle" },
  reducing: { mark: "↓", tone: "good" },
  warn: { mark: "!", tone: "warn" },
  disclose: { mark: "!", tone: "warn" },
  unknown: { mark: "?", tone: "bad" },
  breach: { mark: "✕", tone: "bad" },
};

const CLOSED = new Set(["filled", "canceled", "expired"]);
const BEFORE_DESK = new Set(["draft", "blocked", "held", "approved"]);
const PLACEMENT_CLOSED = new Set(["filled", "canceled", "expired", "rejected", "calculated"]);

/** How far the order has come: its status, or what lies under `partially_filled` and the like. */
export function phaseOf(order: Order): string {
  if (CLOSED.has(order.status)) return "closed";
  if (order.cancel_pending) return "canceling";
  if (BEFORE_DESK.has(order.status)) return order.status;
  const waits = order.waiting_for;
  if (order.compliance.waiting_for.length > 0 || waits?.why.startsWith("held:") === true) return "held";
  if (waits?.why.startsWith("amend or cancel")) return "blocked";
  if (waits?.why === "the order is not released") return "approved";
  return "released";
}

/** Units that are with no broker yet. */
export function unplaced(order: Order): string {
  return minus(order.quantity, order.placed_quantity) ?? "0";
}

/** The funds of the order that the person sees. */
export function fundsOf(order: Order): string[] {
  return order.allocations.map((leg) => leg.fund);
}

/** True where the broker holds something of the placement that can still be canceled; of a share only who sees the whole can. */
export function cancelable(placement: Placement): boolean {
  if (placement.share) return false;
  const asked = placement.requests.some((request) => request.kind === "cancel");
  return !asked && !PLACEMENT_CLOSED.has(placement.status) && positive(placement.leaves_qty);
}

/** True where whoever releases the order must acknowledge what its check warns of. */
export function warned(order: Order): boolean {
  return order.compliance.waiting_for.includes("acknowledgement");
}

export type ActionName = "submit" | "waiver" | "approve" | "release" | "place" | "amend" | "split" | "hold" | "cancel";

/** Names of what the person may do to the order now. */
export function allowed(order: Order): ActionName[] {
  const phase = phaseOf(order);
  const funds = fundsOf(order);
  const waits = order.compliance.waiting_for;
  const free = !order.pending_terms && !["closed", "canceling"].includes(phase);
  const own = [order.placed_by, order.portfolio_manager].includes(me()?.id ?? "");
  const states: Record<ActionName, boolean> = {
    submit: free && ["draft", "blocked", "held"].includes(phase) && may("SubmitOrder", funds),
    waiver: phase === "held" && waits.includes("waiver") && may("RequestWaiver", funds),
    approve:
      phase === "held" && !own && may("ApproveOrder", funds) &&
      waits.includes("approval") && !waits.includes("waiver"),
    release: free && phase === "approved" && may("ReleaseOrder", funds),
    place:
      free && phase === "released" && positive(unplaced(order)) && may("CreatePlacement", funds),
    amend: free && may("AmendOrder", funds),
    split: free && order.placed_quantity === "0" && ["draft", "approved", "released"].includes(phase) && may("SplitOrder", funds),
    hold: free && ["approved", "released"].includes(phase) && may("HoldOrder", funds),
    cancel: !["closed", "canceling"].includes(phase) && may("CancelOrder", funds),
  };
  return (Object.keys(states) as ActionName[]).filter((name) => states[name]);
}

/** True where the order waits for somebody of the person's kind. */
export function waitsForMe(order: Order): boolean {
  const who = order.waiting_for?.who;
  if (!who || who === "broker") return false;
  if (who === "second_person") return allowed(order).includes("approve");
  return hasRole(who);
}

/** True where the person may decide about the waiver. */
export function mayDecide(waiver: Waiver, order: Order, approving: boolean): boolean {
  if (waiver.status !== "requested" || waiver.requested_by === me()?.id) return false;
  const own = [order.placed_by, order.portfolio_manager].includes(me()?.id ?? "");
  if (approving && own) return false;
  return may(approving ? "ApproveWaiver" : "RefuseWaiver", fundsOf(order));
}
