import type { TileSummary } from "../parameters/summaries.ts";

/**
 * The grid of tiles with their numbers where they lie; places without a tile stay empty:
 *
 *     +---+---+
 *     | 1 | 3 |
 *     +---+---+
 *     | 2 |   |
 *     +---+---+
 *
 * Marked tiles have an asterisk, and are green in colours.
 */
export function tileMap(
  tiles: readonly Pick<TileSummary, "number" | "row" | "column">[],
  marked: readonly number[] = [],
  isColoured = false,
): string {
  const nameOf = (number: number) => (marked.includes(number) ? `${number}*` : String(number));
  const paint = (name: string) => (isColoured && name.includes("*") ? `\u001b[32m${name}\u001b[39m` : name);
  const rows = 1 + Math.max(-1, ...tiles.map(({ row }) => row));
  const columns = 1 + Math.max(-1, ...tiles.map(({ column }) => column));
  const names = Array.from({ length: rows }, () => new Array<string>(columns).fill(""));
  for (const { number, row, column } of tiles) {
    // Two tiles at one place (two light sheets, say) share it.
    names[row]![column] = [names[row]![column], nameOf(number)].filter((part) => part !== "").join(",");
  }
  const width = Math.max(2, ...names.flat().map((name) => name.length));
  const rule = `  +${`${"-".repeat(width + 2)}+`.repeat(columns)}\n`;
  const lines = names.map((row) => `  |${row.map((name) => ` ${paint(name.padStart(width))} |`).join("")}\n`);
  return rule + lines.map((line) => line + rule).join("");
}
