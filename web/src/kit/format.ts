// How values are shown. Decimals are text from end to end: they are compared and added as scaled
// BigInts and grouped as text, never as floating-point numbers.

type Text = string | null | undefined;

const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?$/;
const SCALE = 10; // the contract's decimals have at most ten places

/** The decimal as a BigInt of 10^-10 units; null where the text is none. */
export function scaled(text: Text): bigint | null {
  const match = DECIMAL.exec(text ?? "");
  if (match === null || (match[3] ?? "").length > SCALE) return null;
  const units = BigInt((match[2] ?? "") + (match[3] ?? "").padEnd(SCALE, "0"));
  return match[1] ? -units : units;
}

/** The decimal of so many 10^-10 units, without trailing zeros. */
export function fromScaled(units: bigint): string {
  const digits = (units < 0n ? -units : units).toString().padStart(SCALE + 1, "0");
  const fraction = digits.slice(-SCALE).replace(/0+$/, "");
  return (units < 0n ? "-" : "") + digits.slice(0, -SCALE) + (fraction && `.${fraction}`);
}

/** The sum; null where one of them is no decimal. */
export function sum(texts: readonly Text[]): string | null {
  let total = 0n;
  for (const text of texts) {
    const units = scaled(text);
    if (units === null) return null;
    total += units;
  }
  return fromScaled(total);
}

/** a - b; null where one of them is no decimal. */
export function minus(a: Text, b: Text): string | null {
  const x = scaled(a);
  const y = scaled(b);
  return x === null || y === null ? null : fromScaled(x - y);
}

/** -1, 0 or 1. Text that is no decimal comes first. */
export function compare(a: Text, b: Text): number {
  const x = scaled(a);
  const y = scaled(b);
  if (x === null || y === null) return Number(x !== null) - Number(y !== null);
  return x < y ? -1 : Number(x > y);
}

/** True where the decimal is above zero. */
export function positive(text: Text): boolean {
  return (scaled(text) ?? 0n) > 0n;
}

/** Thousands separators: 1234567.5 is 1,234,567.5. Anything else comes back as it is. */
export function grouped(text: Text): string {
  const match = DECIMAL.exec(text ?? "");
  if (match === null) return text ?? "";
  const whole = (match[2] ?? "").replace(/\B(?=(\d{3})+$)/g, ",");
  return (match[1] ?? "") + whole + (match[3] === undefined ? "" : `.${match[3]}`);
}

/** A price or amount with at least `least` and at most `most` places, half to even. */
export function places(text: Text, least = 2, most = 4): string {
  const units = scaled(text);
  if (units === null) return text ?? "";
  const step = 10n ** BigInt(SCALE - most);
  const size = units < 0n ? -units : units;
  let count = size / step;
  const rest = (size % step) * 2n;
  if (rest > step || (rest === step && count % 2n === 1n)) count += 1n;
  const [whole = "", fraction = ""] = fromScaled(count * step).split(".");
  const sign = units < 0n && count > 0n ? "-" : "";
  return sign + grouped(whole) + (least || fraction ? `.${fraction.padEnd(least, "0")}` : "");
}

/** Whole per cent of `part` in `whole`, towards zero: 99 until all of it is there. */
export function percent(part: Text, whole: Text): string {
  const x = scaled(part);
  const y = scaled(whole);
  if (x === null || y === null || y === 0n) return "";
  return `${(x * 100n) / y}%`;
}

/** A snake_case word as people read it: partially_filled is Partially filled. */
export function words(word: Text): string {
  const text = (word ?? "").replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** An event's name as people read it: OrderChecked is Order checked. */
export function eventWords(name: string): string {
  const text = name.replace(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const CLOCK = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
});
const DAY = new Intl.DateTimeFormat("en-CA", { year: "numeric", month: "2-digit", day: "2-digit" });

/** Time of day in the person's zone, with the date where it is not today's. */
export function clock(instant: Text): string {
  if (!instant) return "";
  const at = new Date(instant);
  if (Number.isNaN(at.getTime())) return instant;
  const day = DAY.format(at);
  return day === DAY.format(new Date()) ? CLOCK.format(at) : `${day} ${CLOCK.format(at)}`;
}

/** How long ago, in the largest whole unit. */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** How old a thing made at `instant` is. */
export function ageOf(instant: Text): string {
  return instant ? age(Date.now() - Date.parse(instant)) : "";
}
