/**
 * Finds planes without light. They are the dimmest and even, while brighter ones are shaded: they show the camera's
 * offset, and nothing of how light is distributed. A plane in even light looks the same, and is as little use.
 */
import { medianOf } from "../statistics.ts";
import { groupByTile, type PlaneStatistics } from "./plane-statistics.ts";

/** Planes without light, and their level. */
export interface DarkStatistics {
  readonly looks: ReadonlySet<PlaneStatistics>;
  /** Tiles with such planes. */
  readonly tiles: readonly number[];
  /** Their level in counts: the camera's offset. */
  readonly level: number;
}

/** The most that blocks of an even plane differ: this multiple of their noise, or as much as dark-fields vary. */
const even = { noises: 1.6, counts: 1.5, share: 0.015 } as const;
/** The most that planes without light differ in level, in noises of a block and in counts. */
const alike = { noises: 6, counts: 2 } as const;

/** Finds them among the planes of tiles lit from one side. @returns `undefined` where there are none, or only such */
export function findDarkStatistics(looks: readonly PlaneStatistics[]): DarkStatistics | undefined {
  const flat = looks.filter(isEven);
  if (flat.length === 0 || flat.length === looks.length) return undefined;
  const dimmest = Math.min(...looks.map(levelOf));
  const dark = flat.filter((look) => levelOf(look) <= dimmest + Math.max(alike.counts, alike.noises * look.blockNoise));
  if (dark.length === 0) return undefined;
  const level = medianOf(Float64Array.from(dark, levelOf));
  return { looks: new Set(dark), tiles: [...groupByTile(dark).keys()], level };
}

function levelOf({ blocks }: PlaneStatistics): number {
  return medianOf(blocks.slice());
}

/** Whether the blocks differ by no more than noise; single ones may contain a defect. */
function isEven(look: PlaneStatistics): boolean {
  const level = levelOf(look);
  const spread = 1.4826 * medianOf(look.blocks.map((value) => Math.abs(value - level)));
  return spread <= Math.max(Math.min(even.counts, even.share * level), even.noises * look.blockNoise);
}
