import type { SyntheticLayout } from "./layout.ts";
import type { SyntheticOptions } from "./options.ts";
import { hashOf, normal } from "./random.ts";

/** How bright the light of each tile is, in the order of the tiles; logarithms have mean 0 where they are drawn. */
export function syntheticGains({ tileGains, seed }: SyntheticOptions, { tiles }: SyntheticLayout): number[] {
  if (typeof tileGains !== "number") return tiles.map((_, index) => tileGains[index] ?? 1);
  const logs = tiles.map(({ number }) => tileGains * normal(hashOf(seed, 0x6a14, number)));
  const mean = logs.reduce((sum, log) => sum + log, 0) / logs.length;
  return logs.map((log) => Math.exp(log - mean));
}
