// The typed door to the server: paths, bodies and answers are checked against its OpenAPI by the
// compiler. `told` turns an answer into its body or throws the `Problem` the server told.

import createClient from "openapi-fetch";

import type { components, paths } from "./generated/schema";
import { Problem, problemOf, unreachable } from "./problem";

export type Schemas = components["schemas"];
export type Order = Schemas["OrderResource"];
/** Without algorithms, which the pages do not show. */
export type Placement = Omit<Schemas["PlacementResource"], "algo" | "requests"> & { requests: Omit<Schemas["PendingRequest"], "algo">[] };
export type Execution = Schemas["ExecutionResource"];
export type Hit = Schemas["HitResource"];
export type Breach = Schemas["BreachResource"];
export type Waiver = Schemas["WaiverResource"];
export type Check = Schemas["CheckResource"];
export type JournalEvent = Schemas["EventResource"];
export type Fund = Schemas["FundResource"];
export type Security = Schemas["SecurityResource"];
export type Destination = Schemas["DestinationResource"];
export type Me = Schemas["Me"];

export const BASE = "/api/v1";
const PATIENCE_MS = 20_000;
const PAGES_MAX = 20;
const PAGE = 500;

let csrf = "";
let onSignedOut: () => void = () => undefined;

/** Send this token with everything that changes something. */
export function useToken(token: string): void {
  csrf = token;
}

/** Call `handler` whenever the server no longer knows who we are. */
export function whenSignedOut(handler: () => void): void {
  onSignedOut = handler;
}

/** Tell that the session has ended. */
export function signedOut(): void {
  onSignedOut();
}

/** A name for a request that is made once, however often it is sent. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Parameters of a request with an Idempotency-Key. */
export function keyed(key: string): { "Idempotency-Key": string } {
  return { "Idempotency-Key": key };
}

async function send(request: Request): Promise<Response> {
  try {
    return await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) });
  } catch {
    throw unreachable(request.method);
  }
}

export const api = createClient<paths>({
  baseUrl: location.origin,
  credentials: "same-origin",
  cache: "no-store",
  fetch: send,
});

api.use({
  onRequest({ request }) {
    if (request.method !== "GET") request.headers.set("X-CSRF-Token", csrf);
    return request;
  },
  async onResponse({ response, request }) {
    if (response.ok) return undefined;
    const problem = await problemOf(response);
    const signingIn = /\/(me|login|logout)$/.test(new URL(request.url).pathname);
    if (problem.status === 401 && !signingIn) onSignedOut();
    throw problem;
  },
});

/** The body of an answer. */
export async function told<T>(asked: Promise<{ data?: T; response: Response }>): Promise<T> {
  const { data, response } = await asked;
  if (!response.ok) throw new Problem({ status: response.status, code: "http_error", detail: "no answer" });
  return data as T;
}

interface Page<T> {
  data: T[];
  next: string | null;
}

export interface Listed<T> {
  rows: T[];
  /** False where there are more than some ten thousand. */
  complete: boolean;
}

/** All rows of a list, page by page: `all((page) => api.GET("/api/v1/funds", { params: { query: page } }))`. */
export async function all<T>(
  ask: (page: { limit: number; after?: string }) => Promise<{ data?: Page<T>; response: Response }>,
): Promise<Listed<T>> {
  const rows: T[] = [];
  let after: string | undefined;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const answer = await told(ask(after === undefined ? { limit: PAGE } : { limit: PAGE, after }));
    rows.push(...answer.data);
    if (!answer.next) return { rows, complete: true };
    after = answer.next;
  }
  return { rows, complete: false };
}
