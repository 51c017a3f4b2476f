/** The gains of the tiles of a synthetic acquisition. */

import { meanOf } from "../statistics.ts";
import type { SyntheticLayout } from "./layout.ts";
import type { SyntheticOptions } from "./options.ts";
import { hashOf, normal } from "./random.ts";

/** The brightness of each tile, in the order of the tiles; logarithms have mean 0 where they are drawn. */
export function syntheticGains({ tileGains, seed }: SyntheticOptions, { tiles }: SyntheticLayout): number[] {
  if (typeof tileGains !== "number") return tiles.map((_, index) => tileGains[index] ?? 1);
  const logs = tiles.map(({ number }) => tileGains * normal(hashOf(seed, 0x6a14, number)));
  const mean = meanOf(logs);
  return logs.map((log) => Math.exp(log - mean));
}
