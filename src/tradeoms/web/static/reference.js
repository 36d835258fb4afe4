// Reference data that forms need, fetched once a session: funds, securities, destinations.

import { all } from "./api.js";

const kept = new Map();

/** Forget it, as when another person signs in. */
export function forgetReference() {
  kept.clear();
}

function once(name, load) {
  if (!kept.has(name)) {
    const loading = load().then(({ rows }) => rows);
    loading.catch(() => kept.delete(name)); // a failure is not kept
    kept.set(name, loading);
  }
  return kept.get(name);
}

/** Where orders can be routed. */
export function destinations() {
  return once("destinations", () => all("/destinations"));
}

/** The funds that the person may see. */
export function funds() {
  return once("funds", () => all("/funds"));
}

/** The securities that can be traded. */
export function securities() {
  return once("securities", () => all("/securities"));
}
