/** Reads a preview of a channel: few planes of all its tiles, at a coarse level. */
import type { Acquisition } from "../acquisition/acquisition.ts";
import { bytesPerPixel, elementCount } from "../shapes.ts";
import { fieldShapeAtLevel } from "../tiles/levels.ts";
import type { Tile } from "../tiles/tile.ts";
import { planSample } from "./plan-sample.ts";
import { MemoryStack } from "./plane-stack.ts";
import { readPlanes } from "./read-planes.ts";

/** As many planes as fit into these bytes, within these numbers. */
const look = { bytes: 16e6, fewest: 3, most: 60 } as const;

/** Which planes are read. */
interface Preview {
  readonly channel: number;
  readonly tiles: readonly Tile[];
  readonly seed: number;
  /** The coarsest level by default. */
  readonly level?: number;
}

/** Planes of a channel, `[n, y, x]`; the same for the same seed. @throws IsoluxError as reading does */
export async function readPreview(
  acquisition: Acquisition,
  { channel, tiles, seed, level = acquisition.levels.length - 1 }: Preview,
  signal: AbortSignal,
): Promise<MemoryStack> {
  const fieldYx = fieldShapeAtLevel(acquisition.tiles, acquisition.levels[level]!.factorsZyx);
  const affordable = Math.floor(look.bytes / (elementCount(fieldYx) * bytesPerPixel(acquisition.type)));
  const planeCount = Math.max(look.fewest, Math.min(look.most, affordable));
  const plan = planSample(acquisition, { level, planeCount, seed, among: tiles });
  const stack = new MemoryStack(acquisition.type, plan.planes.length, plan.fieldYx);
  await readPlanes(acquisition, channel, plan, stack, { signal });
  return stack;
}
