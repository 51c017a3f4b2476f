/** Lists of numbers as people write them: 1, 3, 7-9. */

/** The numbers of a list, in order; `undefined` where it is none, or names what is not there. */
export function parseNumbers(text: string, known: ReadonlySet<number>): number[] | undefined {
  const parts = text.split(/[\s,;]+/).filter((part) => part !== "");
  const found = new Set<number>();
  for (const part of parts) {
    const [, first, last = first] = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(part) ?? [];
    if (first === undefined) return undefined;
    for (let number = Number(first); number <= Number(last); number++) {
      if (!known.has(number)) return undefined;
      found.add(number);
    }
  }
  return [...found].sort((a, b) => a - b);
}

/** A list of numbers, in which three and more that follow each other are a range. */
export function writeNumbers(numbers: readonly number[]): string {
  const sorted = [...numbers].sort((a, b) => a - b);
  const runs: [first: number, last: number][] = [];
  for (const number of sorted) {
    const run = runs.at(-1);
    if (run !== undefined && number === run[1] + 1) run[1] = number;
    else runs.push([number, number]);
  }
  return runs
    .map(([first, last]) => (last - first > 1 ? `${first}-${last}` : [...new Set([first, last])].join(", ")))
    .join(", ");
}
