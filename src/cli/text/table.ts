/** Formats tables as text. */
import { wrapWords } from "./fit-width.ts";

/** A column of a table: its heading and its alignment. */
export interface Column {
  readonly heading: string;
  readonly align: "left" | "right";
}

type Rows = readonly (readonly string[])[];

/**
 * A table of text: columns two blanks apart, a rule below the headings; each line ends with a line break. Where it is
 * wider than `width`, headings and texts are broken between words; where that is not enough, each row becomes a list.
 */
export function formatTable(columns: readonly Column[], rows: Rows, width = Number.POSITIVE_INFINITY): string {
  const widths = columnWidths(columns, rows, width);
  if (widths === undefined) return rows.map((row) => formatList(columns, row)).join("\n");
  const lines = (cells: readonly string[]) => brokenRow(columns, cells, widths);
  const headings = lines(columns.map(({ heading }) => heading));
  const rule = joined(widths.map((one) => "-".repeat(one)));
  return [...headings, rule, ...rows.flatMap(lines)].map((text) => `${text}\n`).join("");
}

/** The widths of columns: as wide as their cells, or narrower to fit; `undefined` where they cannot. */
function columnWidths(columns: readonly Column[], rows: Rows, width: number): number[] | undefined {
  const cells = columns.map(({ heading }, at) => [heading, ...rows.map((row) => row[at] ?? "")]);
  const widths = cells.map((texts) => longest(texts));
  // Numbers stay in one line
  const least = cells.map(([heading = "", ...texts], at) => {
    const words = (columns[at]!.align === "left" ? texts : []).flatMap((text) => text.split(" "));
    const whole = columns[at]!.align === "left" ? [] : texts;
    return longest([...heading.split(" "), ...words, ...whole]);
  });
  const between = 2 * widths.length;
  const total = () => widths.reduce((sum, one) => sum + one, between);
  while (total() > width) {
    const slack = widths.map((one, at) => (one > least[at]! ? one : 0));
    const widest = slack.indexOf(Math.max(...slack));
    if (slack[widest] === 0) return undefined;
    widths[widest]! -= 1;
  }
  return widths;
}

const longest = (texts: readonly string[]) => Math.max(0, ...texts.map(({ length }) => length));

function brokenRow(columns: readonly Column[], cells: readonly string[], widths: readonly number[]): string[] {
  const broken = widths.map((width, at) => wrapWords(cells[at] ?? "", width));
  const height = Math.max(...broken.map(({ length }) => length));
  return Array.from({ length: height }, (_, line) =>
    joined(broken.map((lines, at) => pad(lines[line] ?? "", widths[at]!, columns[at]!.align))),
  );
}

function joined(cells: readonly string[]): string {
  return `  ${cells.join("  ")}`.trimEnd();
}

/** A row as a list of headings and cells, without those that are empty. */
function formatList(columns: readonly Column[], row: readonly string[]): string {
  const width = longest(columns.map(({ heading }) => heading));
  const lines = columns.map(({ heading }, at) => (row[at] ? `  ${heading.padEnd(width)}  ${row[at]}\n` : ""));
  return lines.join("");
}

function pad(text: string, width: number, align: Column["align"]): string {
  return align === "left" ? text.padEnd(width) : text.padStart(width);
}
