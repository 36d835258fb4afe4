// A number as people type it, without separators.

export function plain(typed: string): string {
  return typed.trim().replace(/(?<=\d),(?=\d{3}(\D|$))/g, "");
}
