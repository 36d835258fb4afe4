// What went wrong, as the server told it (problem+json), or as the browser knows it.

export interface FieldError {
  readonly pointer: string;
  readonly code: string;
  readonly detail: string;
  readonly value?: string | null;
}

interface Told {
  status: number;
  code: string;
  detail: string;
  errors?: readonly FieldError[];
  outcome?: string;
  instance?: string;
}

export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly errors: readonly FieldError[];
  /** rejected, unknown or accepted: whether anything was done. */
  readonly outcome: string;
  readonly instance: string;

  constructor({ status, code, detail, errors = [], outcome = "rejected", instance = "" }: Told) {
    super(detail);
    this.status = status;
    this.code = code;
    this.errors = errors;
    this.outcome = outcome;
    this.instance = instance;
  }
}

/** What the page itself still needs from the person before it asks the server. */
export function incomplete(detail: string): Problem {
  return new Problem({ status: 422, code: "incomplete", detail });
}

/** The problem that `response` tells. */
export async function problemOf(response: Response): Promise<Problem> {
  let told: Partial<Told> = {};
  try {
    told = (await response.json()) as Partial<Told>;
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

/** The server could not be asked, or its answer did not come. */
export function unreachable(method: string): Problem {
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

/** What a problem says, with what to do where that is known. */
export function tellProblem(error: unknown): string {
  if (!(error instanceof Problem)) {
    console.error(error);
    return error instanceof Error ? error.message : String(error);
  }
  const unknown = error.outcome === "unknown" && error.status ? " Whether it was done is not known." : "";
  const trace = error.status >= 500 && error.instance ? ` (request ${error.instance})` : "";
  const fields = error.errors.map((one) => one.detail).filter((text) => text !== error.message);
  const more = fields.length > 0 ? `: ${[...new Set(fields)].join("; ")}` : "";
  return `${error.message}${more}${unknown}${trace}`;
}
