// What a tab and the shared worker say to each other.

import type { Change, Line } from "./stream";

export type ToWorker =
  | { kind: "follow"; person: string; address: string }
  | { kind: "here" }
  | { kind: "leave" };

export type FromWorker =
  | { kind: "picture"; rows: Change[] }
  | { kind: "changes"; rows: Change[] }
  | { kind: "line"; line: Line };

/** A tab says so often that it is still there; browsers slow a hidden tab to once a minute. */
export const HERE_MS = 10_000;
export const FORGOTTEN_MS = 150_000;
