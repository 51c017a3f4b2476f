/**
 * Reads parts of planes at full resolution, where noise is as the camera made it: means of many pixels in coarser
 * levels no longer distinguish photon noise from read noise.
 */
import { type Acquisition, fullResolution } from "../acquisition/acquisition.ts";
import { type BoxZyx, elementCount, type Yx } from "../shapes.ts";
import { fieldShapeAtLevel, tileBoxAtLevel } from "../tiles/levels.ts";
import type { PlannedPlane, SamplePlan } from "./plan-sample.ts";
import { MemoryStack, withoutAbsent } from "./plane-stack.ts";
import { type ReadHooks, readPlanes } from "./read-planes.ts";

/** The most rows and columns of a part, which with the most parts are four million pixels. */
const mostPx = 256;
const mostParts = 64;
/** The width of a part is a multiple of the size of noise blocks. */
const stepPx = 16;

/**
 * Parts of planes of a plan, spread over its planes and over the field.
 * @returns pixels `[part, y, x]` in counts; `undefined` where the plan is at full resolution, or tiles are too small
 * @throws IsoluxError as {@link readPlanes}
 */
export async function readNoise(
  acquisition: Acquisition,
  channel: number,
  plan: SamplePlan,
  hooks: ReadHooks,
): Promise<MemoryStack | undefined> {
  const parts = planNoise(acquisition, plan);
  if (parts === undefined) return undefined;
  const stack = new MemoryStack(acquisition.type, parts.planes.length, parts.fieldYx);
  await readPlanes(acquisition, channel, parts, stack, hooks);
  return withoutAbsent(stack, parts.planes).stack;
}

/** The plan of these parts. */
export function planNoise(acquisition: Acquisition, plan: SamplePlan): SamplePlan | undefined {
  const coarse = acquisition.levels[plan.level]!.factorsZyx;
  const full = fullResolution(acquisition);
  const tileYx = fieldShapeAtLevel(acquisition.tiles, full.factorsZyx);
  const [rows, columns] = tileYx.map((extent) => stepPx * Math.floor(Math.min(mostPx, extent) / stepPx)) as [
    number,
    number,
  ];
  if (elementCount(coarse) === 1 || rows === 0 || columns === 0) return undefined;
  const places = placesOf(tileYx, [rows, columns]);
  const step = Math.max(1, plan.planes.length / mostParts);
  const planes = Array.from({ length: Math.min(mostParts, plan.planes.length) }, (_, at): PlannedPlane => {
    const { tileNumber, plane } = plan.planes[Math.floor(at * step)]!;
    const tile = acquisition.tiles.find(({ number }) => number === tileNumber)!;
    const { start, stop } = tileBoxAtLevel(tile, full.factorsZyx, tileYx, full.shapeZyx);
    const z = Math.min(stop[0] - 1, Math.max(start[0], plane * coarse[0]));
    const [y, x] = places[at % places.length]!;
    const box: BoxZyx = {
      start: [z, start[1] + y, start[2] + x],
      stop: [z + 1, start[1] + y + rows, start[2] + x + columns],
    };
    return { tileNumber, plane: z, box };
  });
  return { level: 0, fieldYx: [rows, columns], planes, warnings: [] };
}

/** Positions of parts in the field: side by side, from corner to corner. */
function placesOf([height, width]: Yx, [rows, columns]: Yx): Yx[] {
  const [down, across] = [Math.ceil(height / rows), Math.ceil(width / columns)];
  const startOf = (at: number, count: number, buffer: number) =>
    count === 1 ? 0 : Math.round((at * buffer) / (count - 1));
  const places: Yx[] = [];
  for (let row = 0; row < down; row++)
    for (let column = 0; column < across; column++)
      places.push([startOf(row, down, height - rows), startOf(column, across, width - columns)]);
  return places;
}
