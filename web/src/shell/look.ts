// Dark or light, dense or roomy: the system's preference unless the person chose.

import { keepStored, stored } from "../kit/stored";

const THEMES = ["system", "light", "dark"] as const;
const DENSITIES = ["compact", "roomy"] as const;
export type Density = (typeof DENSITIES)[number];

function of<T extends string>(values: readonly T[], name: string, first: T): T {
  const found = stored(name);
  return values.find((value) => value === found) ?? first;
}

let theme = of(THEMES, "theme", "system");
let density: Density = of(DENSITIES, "density", "compact");
const listeners = new Set<() => void>();

function apply(): void {
  const root = document.documentElement;
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
  root.dataset.density = density;
  for (const listener of listeners) listener();
}

apply();

export function currentTheme(): string {
  return theme;
}

export function currentDensity(): Density {
  return density;
}

/** True where the page is dark now. */
export function isDark(): boolean {
  if (theme !== "system") return theme === "dark";
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

/** Call `listener` whenever the look changes. */
export function whenLookChanges(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function nextTheme(): void {
  theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "system";
  keepStored("theme", theme);
  apply();
}

export function nextDensity(): void {
  density = density === "compact" ? "roomy" : "compact";
  keepStored("density", density);
  apply();
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", apply);
