/** Fits text into the width of a terminal. */
import type { TextStream } from "../context.ts";

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
