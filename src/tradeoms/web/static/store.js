// What the stream has told: the newest state of every live row, by topic and id. Views listen for
// changes and read; nothing else writes here.

export const TOPICS = ["orders", "placements", "executions", "hits", "breaches", "waivers"];

class Store {
  constructor() {
    this.listeners = new Set();
    this.clear();
  }

  /** Forget everything, as when another person signs in. */
  clear() {
    this.ready = false;
    this.topics = Object.fromEntries(TOPICS.map((topic) => [topic, new Map()]));
    this.#tell(null);
  }

  get orders() {
    return this.topics.orders;
  }

  /** Rows of `topic` that belong to an order. */
  of(topic, orderId) {
    const belongs = (row) => row.order_id === orderId || row.order_ids?.includes(orderId);
    return [...this.topics[topic].values()].filter(belongs);
  }

  /** Call `listener(changed)`: sets of ids by topic, or null where all may have changed. */
  listen(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Replace everything by a whole picture. */
  replace(rows) {
    const topics = Object.fromEntries(TOPICS.map((topic) => [topic, new Map()]));
    for (const { topic, id, data, gone } of rows) {
      if (gone) topics[topic]?.delete(id);
      else topics[topic]?.set(id, data);
    }
    this.topics = topics;
    this.ready = true;
    this.#tell(null);
  }

  /** Add changes. One that is older than what is here changes nothing. */
  apply(rows) {
    const changed = Object.fromEntries(TOPICS.map((topic) => [topic, new Set()]));
    for (const { topic, id, seq, data, gone } of rows) {
      const known = this.topics[topic];
      if (known === undefined || (known.get(id)?.seq ?? -1) > seq) continue;
      if (gone) known.delete(id);
      else known.set(id, data);
      changed[topic].add(id);
    }
    this.#tell(changed);
  }

  #tell(changed) {
    for (const listener of this.listeners) listener(changed);
  }
}

export const store = new Store();
