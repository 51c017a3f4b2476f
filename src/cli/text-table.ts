/** A column of a table: its heading, and where its cells stand. */
export interface Column {
  readonly heading: string;
  readonly align: "left" | "right";
}

/** A table of text: cells in columns two blanks apart, a rule below the headings; each line ends with a line break. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map(({ heading }, at) => Math.max(heading.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `  ${columns.map(({ align }, at) => pad(cells[at] ?? "", widths[at]!, align)).join("  ")}`.trimEnd();
  const headings = line(columns.map(({ heading }) => heading));
  const rule = line(widths.map((width) => "-".repeat(width)));
  return [headings, rule, ...rows.map(line)].map((text) => `${text}\n`).join("");
}

function pad(text: string, width: number, align: Column["align"]): string {
  return align === "left" ? text.padEnd(width) : text.padStart(width);
}
