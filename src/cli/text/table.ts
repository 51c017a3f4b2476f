/** Formats tables as text. */
import type { TextStream } from "../context.ts";

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

// Fits text into the width of a terminal.

/** How a text is shown. */
export interface Screen {
  /** Characters of a line; infinite where the text does not go to a terminal. */
  readonly columns: number;
  readonly isColoured: boolean;
}

/** A screen that shows lines as they are. */
export const endlessScreen: Screen = { columns: Number.POSITIVE_INFINITY, isColoured: false };

/** How text is shown on a stream. */
export function screenOf({ isTTY = false, columns = 80 }: TextStream): Screen {
  return isTTY ? { columns, isColoured: !process.env.NO_COLOR } : endlessScreen;
}

/** Breaks what is longer than `width` between its words; a word that is longer stays as it is. */
export function wrapWords(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ").filter((one) => one !== "")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

/**
 * Breaks the lines of a text that are too long: sentences between words, below their first word or, after a name and a
 * gap, below the text beside it; commands so that a shell still takes them whole.
 */
export function fitWidth(text: string, columns: number): string {
  if (!Number.isFinite(columns)) return text;
  return text
    .split("\n")
    .flatMap((line) => (line.length <= columns ? line : brokenLine(line, columns)))
    .join("\n");
}

function brokenLine(line: string, columns: number): string[] {
  const indent = /^ */.exec(line)![0];
  if (/^ {2,}(isolux|node|npx|bash) /.test(line)) return brokenCommand(line, indent, columns);
  const named = /^ *\S+(?: \S+)* {2,}(?=\S)/.exec(line)?.[0] ?? "";
  // A name that takes more than half of the line leaves too little beside it
  const head = named.length > 0 && named.length <= columns / 2 ? named : indent;
  const hanging = " ".repeat(head.length);
  return wrapWords(line.slice(head.length), columns - head.length).map(
    (part, index) => (index === 0 ? head : hanging) + part,
  );
}

/** Breaks a command between its words, as a shell reads it on; what is said of it comes below. */
function brokenCommand(line: string, indent: string, columns: number): string[] {
  const [command = "", remark] = line.trim().split(/ {2,}(?=\S)/, 2);
  const below = remark === undefined ? [] : fitWidth(`${indent}    ${remark}`, columns).split("\n");
  // An option stays with its value, and a quoted word whole
  const parts = command.match(/--\S+ (?!-)(?:'[^']*'|\S+)|'[^']*'|\S+/g) ?? [];
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + part.length + 3 <= columns) lines[lines.length - 1] = `${last} ${part}`;
    else lines.push(`${indent}${last === undefined ? "" : "  "}${part}`);
  }
  return [...lines.map((one, index) => (index === lines.length - 1 ? one : `${one} \\`)), ...below];
}
