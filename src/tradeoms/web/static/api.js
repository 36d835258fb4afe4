// Requests to the REST door. Paths are written as the OpenAPI document writes them, with their
// parameters in braces, so that a test can compare the two.

const BASE = "/api/v1";
const PATIENCE_MS = 20_000;
const PAGES_MAX = 20;

let csrf = "";
let onSignedOut = () => {};

/** What went wrong, as the server told it (problem+json), or as the browser knows it. */
export class Problem extends Error {
  constructor({ status, code, detail, errors = [], outcome = "rejected", instance = "" }) {
    super(detail);
    Object.assign(this, { status, code, detail, errors, outcome, instance });
  }
}

/** Send this token with everything that changes something. */
export function useToken(token) {
  csrf = token;
}

/** Call `handler` whenever the server no longer knows who we are. */
export function whenSignedOut(handler) {
  onSignedOut = handler;
}

/** Tell that the session has ended. */
export function signedOut() {
  onSignedOut();
}

/** A name for a request that is made once, however often it is sent. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The address of `path` with its parameters and query filled in. */
export function address(path, params = {}, query = {}) {
  const filled = path.replace(/\{(\w+)\}/g, (_, name) => {
    if (params[name] === undefined) throw new TypeError(`${path} needs ${name}`);
    return encodeURIComponent(params[name]);
  });
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
  const text = new URLSearchParams(given).toString();
  return BASE + filled + (text && `?${text}`);
}

/**
 * Ask the server. Answers the body, null where there is none.
 * `key` is the Idempotency-Key; `quiet` leaves a 401 to the caller.
 */
export async function api(method, path, { params, query, body, key, quiet = false } = {}) {
  const headers = { Accept: "application/json" };
  if (method !== "GET") headers["X-CSRF-Token"] = csrf;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  let response;
  try {
    response = await fetch(address(path, params, query), {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin",
      cache: "no-store",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  } catch {
    throw unreachable(method);
  }
  if (response.ok) return read(response, method);
  const problem = await problemOf(response);
  if (problem.status === 401 && !quiet) onSignedOut();
  throw problem;
}

/** All rows of a list, page by page; at most some ten thousand. */
export async function all(path, { params, query = {} } = {}) {
  const rows = [];
  let after;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const answer = await api("GET", path, { params, query: { limit: 500, ...query, after } });
    rows.push(...answer.data);
    if (!answer.next) return { rows, complete: true };
    after = answer.next;
  }
  return { rows, complete: false };
}

/** The problem that `response` tells. */
export async function problemOf(response) {
  let told = {};
  try {
    told = await response.json();
  } catch {
    // a proxy's page, or nothing
  }
  return new Problem({
    status: response.status,
    code: told.code ?? "http_error",
    detail: told.detail ?? `The server answered ${response.status}.`,
    errors: Array.isArray(told.errors) ? told.errors : [],
    outcome: told.outcome ?? (response.status >= 500 ? "unknown" : "rejected"),
    instance: told.instance ?? "",
  });
}

async function read(response, method) {
  if (response.status === 204 || response.headers.get("content-length") === "0") return null;
  try {
    return await response.json();
  } catch {
    throw unreachable(method);
  }
}

function unreachable(method) {
  const reading = method === "GET";
  return new Problem({
    status: 0,
    code: "no_answer",
    detail: reading
      ? "The server does not answer."
      : "No answer from the server; it may have done it. Try again: it will not be done twice.",
    outcome: reading ? "rejected" : "unknown",
  });
}
