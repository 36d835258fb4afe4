// Reference data that forms need, fetched once a session.

import { all, api, type Destination, type Fund, type Listed, type Security } from "./client";

const kept = new Map<string, Promise<unknown>>();

/** Forget it, as when another person signs in. */
export function forgetReference(): void {
  kept.clear();
}

function once<T>(name: string, load: () => Promise<Listed<T>>): Promise<T[]> {
  let loading = kept.get(name) as Promise<T[]> | undefined;
  if (loading === undefined) {
    loading = load().then(({ rows }) => rows);
    loading.catch(() => kept.delete(name)); // a failure is not kept
    kept.set(name, loading);
  }
  return loading;
}

/** Where orders can be routed. */
export function destinations(): Promise<Destination[]> {
  return once("destinations", () => all((query) => api.GET("/api/v1/destinations", { params: { query } })));
}

/** The funds that the person may see. */
export function funds(): Promise<Fund[]> {
  return once("funds", () => all((query) => api.GET("/api/v1/funds", { params: { query } })));
}

/** The securities that can be traded. */
export function securities(): Promise<Security[]> {
  return once("securities", () => all((query) => api.GET("/api/v1/securities", { params: { query } })));
}
