import type { MetaBlock } from "../native/meta-block.ts";

/** How many sides, channels, tiles and rotations an acquisition has. */
type Counts = readonly number[];

/**
 * The setup of each row of an acquisition list, where nothing but the file's groups tells, or `undefined` where they do
 * not tell enough. The microscope counts sides, channels, tiles and rotations in the order in which they first come;
 * `setup = ((side * channels + channel) * tiles + tile) * rotations + rotation`. A list that was cut short by an abort
 * knows too few of them; then those counts are taken that make as many setups as the file announces and for which every
 * row has pixels, provided that only one assignment comes of it.
 *
 * @param rows the metadata of the views, in the order of the list
 * @param announced how many setups the file announces; 0 where it does not, and the list counts as complete
 * @param present the setups that have pixels
 */
export function assignSetups(
  rows: readonly MetaBlock[],
  announced: number,
  present: ReadonlySet<number>,
): readonly number[] | undefined {
  if (rows.length === 0) return undefined;
  const ranks = ranksOf(rows);
  const known = [0, 1, 2, 3].map((attribute) => 1 + Math.max(...ranks.map((rank) => rank[attribute]!)));
  const assignments = new Map<string, readonly number[]>();
  for (const counts of announced === 0 ? [known] : countsWithProduct(announced)) {
    if (counts.some((count, attribute) => count < known[attribute]!)) continue;
    const setups = ranks.map((rank) => rank.reduce((setup, at, attribute) => setup * counts[attribute]! + at, 0));
    if (setups.every((setup) => present.has(setup))) assignments.set(String(setups), setups);
  }
  return assignments.size === 1 ? assignments.values().next().value : undefined;
}

/** Of each row the side, channel, tile and rotation, numbered in the order in which they first come. */
function ranksOf(rows: readonly MetaBlock[]): number[][] {
  const attributes = [
    rows.map((row) => row.find("CFG", "Shutter") ?? ""),
    rows.map((row) => row.laser),
    rows.map((row) => [...row.stageUmZyx, row.rotation].join(" ")),
    rows.map((row) => String(row.rotation)),
  ].map((values) => {
    const order = [...new Set(values)];
    return values.map((value) => order.indexOf(value));
  });
  return rows.map((_, row) => attributes.map((ranks) => ranks[row]!));
}

function* countsWithProduct(product: number): Generator<Counts> {
  for (const sides of divisors(product)) {
    for (const channels of divisors(product / sides)) {
      for (const tiles of divisors(product / sides / channels)) {
        yield [sides, channels, tiles, product / sides / channels / tiles];
      }
    }
  }
}

function divisors(product: number): number[] {
  return Array.from({ length: product }, (_, index) => index + 1).filter((divisor) => product % divisor === 0);
}
