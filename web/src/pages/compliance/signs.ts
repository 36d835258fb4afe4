// The words of compliance's work with a mark and a tone each: colour is never the only signal.

import { badge } from "../../kit/dom";
import { words } from "../../kit/format";

type Sign = readonly [mark: string, tone: string];

/** Statuses of a breach in the order of its life. */
export const BREACH_SIGNS: Readonly<Record<string, Sign>> = {
  detected: ["✕", "bad"],
  classified: ["✕", "bad"],
  assigned: ["◔", "warn"],
  explained: ["◑", "warn"],
  remediating: ["◕", "info"],
  overridden: ["‖", "warn"],
  resolved: ["✓", "info"],
  cured: ["✓", "good"],
  closed: ["■", "idle"],
};

const RULE_SIGNS: Readonly<Record<string, Sign>> = {
  draft: ["○", "idle"],
  tested: ["◔", "info"],
  approved: ["◑", "info"],
  scheduled: ["◕", "warn"],
  held: ["✕", "bad"],
  active: ["●", "good"],
  retired: ["—", "idle"],
};

const WAIVER_SIGNS: Readonly<Record<string, Sign>> = {
  requested: ["◔", "warn"],
  approved: ["✓", "good"],
  refused: ["✕", "bad"],
  lapsed: ["—", "idle"],
};

const SEVERITY_SIGNS: Readonly<Record<string, Sign>> = {
  hard: ["■", "bad"],
  soft: ["▲", "warn"],
  warn: ["!", "info"],
  info: ["i", "idle"],
  shadow: ["◌", "idle"],
};

function signed(signs: Readonly<Record<string, Sign>>, word: string): HTMLElement {
  const [mark, tone] = signs[word] ?? ["?", "idle"];
  return badge(words(word), mark, tone);
}

export const breachBadge = (status: string): HTMLElement => signed(BREACH_SIGNS, status);
export const ruleBadge = (status: string): HTMLElement => signed(RULE_SIGNS, status);
export const waiverBadge = (status: string): HTMLElement => signed(WAIVER_SIGNS, status);
export const severityBadge = (severity: string): HTMLElement => signed(SEVERITY_SIGNS, severity);
