/**
 * Planes without light. They are the dimmest and even, while brighter ones are shaded: what they show is the camera's
 * offset, and nothing of how light is spread. A plane in even light looks the same, and tells as little.
 */
import { medianOf } from "../estimate/select-median.ts";
import { groupByTile, type PlaneLook } from "./plane-look.ts";

/** Planes without light, and what they show. */
export interface DarkLooks {
  readonly looks: ReadonlySet<PlaneLook>;
  /** Tiles that hold such planes. */
  readonly tiles: readonly number[];
  /** Their level in counts: the camera's offset. */
  readonly level: number;
}

/** Blocks of an even plane differ by so many times their noise, or by what dark-fields differ by. */
const even = { noises: 1.6, counts: 1.5, share: 0.015 } as const;
/** Planes without light differ in their level by at most so many counts, and noises of a block. */
const alike = { noises: 6, counts: 2 } as const;

/** Finds them among the planes of tiles lit from one side. @returns `undefined` where there are none, or nothing but such */
export function findDarkLooks(looks: readonly PlaneLook[]): DarkLooks | undefined {
  const flat = looks.filter(isEven);
  if (flat.length === 0 || flat.length === looks.length) return undefined;
  const dimmest = Math.min(...looks.map(levelOf));
  const dark = flat.filter((look) => levelOf(look) <= dimmest + Math.max(alike.counts, alike.noises * look.blockNoise));
  if (dark.length === 0) return undefined;
  const level = medianOf(Float64Array.from(dark, levelOf));
  return { looks: new Set(dark), tiles: [...groupByTile(dark).keys()], level };
}

function levelOf({ blocks }: PlaneLook): number {
  return medianOf(blocks.slice());
}

/** Whether the blocks differ by no more than noise makes them; single ones may hold a defect. */
function isEven(look: PlaneLook): boolean {
  const level = levelOf(look);
  const spread = 1.4826 * medianOf(look.blocks.map((value) => Math.abs(value - level)));
  return spread <= Math.max(Math.min(even.counts, even.share * level), even.noises * look.blockNoise);
}
