// Small choices of this browser: theme, density, keys. Storage may be forbidden; a choice then lasts as
// long as the page.

export function stored(name: string): string | null {
  try {
    return localStorage.getItem(`tradeoms.${name}`);
  } catch {
    return null;
  }
}

export function keepStored(name: string, value: string): void {
  try {
    localStorage.setItem(`tradeoms.${name}`, value);
  } catch {
    // as above
  }
}
