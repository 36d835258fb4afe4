// FDC3 2.2: other applications on the desktop learn which instrument a person looks at, and tell us theirs. The
// agent is the one that the container offers as `window.fdc3`; where there is none, nothing of this shows.

import { type Order, type Security } from "../api/client";
import { Problem, tellProblem } from "../api/problem";
import { securities } from "../api/reference";
import { note } from "../kit/notes";

/** fdc3.instrument of the standard; an instrument is known by any of its ids. */
interface Instrument {
  type: "fdc3.instrument";
  name?: string;
  id: Partial<Record<(typeof IDS)[number] | "ticker", string>>;
  market?: { MIC?: string };
}
interface Listener {
  unsubscribe: () => void;
}
/** What we use of the standard's DesktopAgent. */
interface Agent {
  broadcast: (context: Instrument) => Promise<void>;
  raiseIntent: (intent: string, context: Instrument) => Promise<unknown>;
  addContextListener: (type: string, handler: (context: Instrument) => void) => Promise<Listener>;
  addIntentListener: (intent: string, handler: (context: Instrument) => void) => Promise<Listener>;
}

const IDS = ["ISIN", "CUSIP", "SEDOL", "FIGI"] as const;
/** Intents of the standard that others may serve, in the words of a menu. */
export const INTENTS = { ViewInstrument: "Show the instrument", ViewChart: "Show a chart", ViewNews: "Show news" } as const;

function agent(): Agent | null {
  return (globalThis as { fdc3?: Agent }).fdc3 ?? null;
}

/** True where the desktop has an agent. */
export function onDesktop(): boolean {
  return agent() !== null;
}

/** The desktop's side of one page: what it tells, what it hears. */
export class Desktop {
  private last = "";
  private listeners: Listener[] = [];
  private ended = false;
  private readonly begin = (): void => void this.listen();

  constructor(private readonly onInstrument: (security: Security) => void) {
    if (onDesktop()) this.begin();
    else addEventListener("fdc3Ready", this.begin, { once: true });
  }

  /** Tell the others which instrument is looked at; the same one is told once. */
  async tell(order: Order): Promise<void> {
    const found = agent();
    if (found === null || this.last === order.security.id) return;
    this.last = order.security.id;
    await attempt(async () => found.broadcast(await instrumentOf(order)));
  }

  /** Ask another application to show the order's instrument. */
  async raise(intent: keyof typeof INTENTS, order: Order): Promise<void> {
    await attempt(async () => agent()?.raiseIntent(intent, await instrumentOf(order)));
  }

  destroy(): void {
    this.ended = true;
    removeEventListener("fdc3Ready", this.begin);
    this.listeners.forEach((one) => one.unsubscribe());
  }

  private async listen(): Promise<void> {
    const found = agent();
    if (found === null || this.ended) return;
    const handler = (context: Instrument): void => void this.take(context);
    await attempt(async () => {
      this.listeners = await Promise.all([
        found.addContextListener("fdc3.instrument", handler), found.addIntentListener("ViewOrders", handler),
      ]);
    });
    if (this.ended) this.listeners.forEach((one) => one.unsubscribe());
  }

  private async take(context: Instrument): Promise<void> {
    await attempt(async () => {
      const security = (await securities()).find((one) => means(context, one));
      if (this.ended) return;
      if (security === undefined) note(`The desktop named ${context.name ?? context.id?.ticker ?? "an instrument"}, which is not known here.`, "bad");
      else {
        this.last = security.id; // it came from there: it is not told again
        this.onInstrument(security);
      }
    });
  }
}

async function attempt(act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (error) {
    const agents = error instanceof Error && !(error instanceof Problem); // the agent's own words
    note(`Desktop: ${agents ? error.message : tellProblem(error)}`, "bad");
  }
}

async function instrumentOf(order: Order): Promise<Instrument> {
  const security = (await securities()).find((one) => one.id === order.security.id);
  if (security === undefined) return { type: "fdc3.instrument", name: order.security.name ?? "", id: { ticker: order.security.value ?? "" } };
  const id: Instrument["id"] = { ticker: security.symbol };
  for (const name of IDS) {
    const value = identifier(security, name);
    if (value) id[name] = value;
  }
  return { type: "fdc3.instrument", name: security.name, id, market: { MIC: security.mic } };
}

function identifier(security: Security, name: string): string | undefined {
  return security.identifiers.find((one) => one.scheme === name.toLowerCase())?.value;
}

/** True where the context names the security: by an identifier, else by ticker and, if it is said, market. */
function means(context: Instrument, security: Security): boolean {
  const ids = context.id ?? {};
  const given = IDS.filter((name) => ids[name]);
  if (given.length > 0) return given.some((name) => ids[name] === identifier(security, name));
  return security.active && ids.ticker === security.symbol && [undefined, security.mic].includes(context.market?.MIC);
}
