// What the stream has told: the newest state of every live row, by topic and id. Views listen for
// changes and read; nothing else writes here.

import type { Breach, Execution, Hit, Order, Placement, Schemas, Waiver } from "../api/client";
import type { Change } from "./stream";

interface Rows {
  orders: Order;
  placements: Placement;
  executions: Execution;
  hits: Hit;
  breaches: Breach;
  waivers: Waiver;
  kill_switches: Schemas["KillSwitchResource"];
}

export type Topic = keyof Rows;
export const TOPICS: readonly Topic[] = [
  "orders", "placements", "executions", "hits", "breaches", "waivers", "kill_switches",
];
/** Ids that changed, by topic; null where all may have changed. */
export type Changed = Readonly<Record<Topic, ReadonlySet<string>>> | null;

type Topics = { [T in Topic]: Map<string, Rows[T]> };

function empty(): Topics {
  return Object.fromEntries(TOPICS.map((topic) => [topic, new Map()])) as unknown as Topics;
}

class Store {
  /** False until the first picture is whole. */
  ready = false;
  topics: Topics = empty();
  private readonly listeners = new Set<(changed: Changed) => void>();

  /** Forget everything, as when another person signs in. */
  clear(): void {
    this.ready = false;
    this.topics = empty();
    this.tell(null);
  }

  /** Rows of `topic` that belong to an order. */
  of<T extends "placements" | "executions" | "hits" | "waivers">(topic: T, orderId: string): Rows[T][] {
    const belongs = (row: Rows[T]): boolean =>
      ("order_id" in row && row.order_id === orderId) ||
      ("order_ids" in row && row.order_ids.includes(orderId));
    return [...this.topics[topic].values()].filter(belongs);
  }

  /** Call `listener` on every change; answers what stops it. */
  listen(listener: (changed: Changed) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Replace everything by a whole picture. */
  replace(rows: readonly Change[]): void {
    this.topics = empty();
    for (const row of rows) this.put(row);
    this.ready = true;
    this.tell(null);
  }

  /** Add changes. One that is older than what is here changes nothing. */
  apply(rows: readonly Change[]): void {
    const changed = Object.fromEntries(TOPICS.map((topic) => [topic, new Set<string>()])) as Record<Topic, Set<string>>;
    for (const row of rows) {
      if (this.put(row)) changed[row.topic as Topic].add(row.id);
    }
    this.tell(changed);
  }

  /** Take over what the server answered without waiting for the stream. */
  take<T extends Topic>(topic: T, data: Rows[T]): void {
    this.apply([{ topic, id: data.id, seq: data.seq, data, gone: false }]);
  }

  private put({ topic, id, seq, data, gone }: Change): boolean {
    const known = (this.topics as unknown as Record<string, Map<string, { seq: number }>>)[topic];
    if (known === undefined || (known.get(id)?.seq ?? -1) > seq) return false;
    if (gone) known.delete(id);
    else known.set(id, data);
    return true;
  }

  private tell(changed: Changed): void {
    for (const listener of this.listeners) listener(changed);
  }
}

export const store = new Store();
