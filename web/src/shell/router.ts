// The address names what is shown: #/<page>/<more>. Every place of the app can be linked to.

let onRoute: () => void = () => undefined;

/** Call `handler` whenever the address changes. */
export function whenRouted(handler: () => void): void {
  onRoute = handler;
  addEventListener("hashchange", handler);
}

/** The parts of the address: the page, and what it is about. */
export function parts(): string[] {
  return location.hash.replace(/^#\/?/, "").split("/").filter(Boolean).map(decodeURIComponent);
}

/** Go to an address such as #/orders/ord_1. */
export function go(hash: string): void {
  if (location.hash === hash) onRoute();
  else location.hash = hash;
}

/** Change the address without another entry in the history. */
export function replace(hash: string): void {
  if (location.hash !== hash) history.replaceState(null, "", hash);
}
