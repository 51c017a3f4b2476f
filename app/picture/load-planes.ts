/** Reads what a picture shows: all of a plane coarsely, then what is visible as finely as the screen can show it. */
import { callEngine } from "../actions.ts";
import type { ImageFacts } from "../engine/messages.ts";
import { type LoadedPlane, type View, visible } from "./painter.ts";

/** A plane is read as a whole from the finest level that has at most this many pixels a side. */
const backdropPx = 1400;
/** No more of a level is read at once, a side. */
const mostPx = 2600;

/** The whole plane; of a mosaic whose coarsest level is larger, its middle. */
export function readBackdrop(image: ImageFacts, channel: number, z: number): Promise<LoadedPlane> {
  const level = backdropLevel(image);
  return readPart(image, { channel, level, z }, wholeExtent(image));
}

/** A picture of fewer pixels needs no coarser one before it. */
const soonPx = 600_000;

/** The whole plane from the coarsest level, which comes sooner; `undefined` where {@link readBackdrop} is as coarse, or small. */
export function readCoarsest(image: ImageFacts, channel: number, z: number): Promise<LoadedPlane> | undefined {
  const level = image.levels.length - 1;
  const [, rows, columns] = image.levels[backdropLevel(image)]!.shapeZyx;
  if (backdropLevel(image) === level || rows * columns <= soonPx) return undefined;
  return readPart(image, { channel, level, z }, wholeExtent(image));
}

/** The level of {@link readBackdrop}. */
function backdropLevel({ levels }: ImageFacts): number {
  const at = levels.findIndex(({ shapeZyx: [, y, x] }) => Math.max(y, x) <= backdropPx);
  return at < 0 ? levels.length - 1 : at;
}

/** What is visible, from the level whose pixels are about those of the screen; `undefined` where the backdrop is as fine. */
export async function readDetail(
  image: ImageFacts,
  channel: number,
  z: number,
  view: View,
  screen: { readonly width: number; readonly height: number },
): Promise<LoadedPlane | undefined> {
  const wanted = 1 / view.scale;
  const backdrop = backdropLevel(image);
  const level = Math.max(
    0,
    image.levels.findLastIndex(({ factorsZyx: [, y] }) => y <= Math.max(1, wanted * 1.01)),
  );
  const isWhole = coversAll(image, backdrop);
  if (level >= backdrop && isWhole) return undefined;
  return await readPart(image, { channel, level, z }, visible(view, screen));
}

function coversAll({ levels }: ImageFacts, level: number): boolean {
  const [, rows, columns] = levels[level]!.shapeZyx;
  return Math.max(rows, columns) <= mostPx;
}

export function wholeExtent({ levels }: ImageFacts): LoadedPlane["extent"] {
  const [, rows, columns] = levels[0]!.shapeZyx;
  return [0, 0, columns, rows];
}

async function readPart(
  { levels }: ImageFacts,
  { channel, level, z }: { readonly channel: number; readonly level: number; readonly z: number },
  [left, top, right, bottom]: LoadedPlane["extent"],
): Promise<LoadedPlane> {
  const { shapeZyx, factorsZyx } = levels[level]!;
  const [depth, rows, columns] = shapeZyx;
  const range = (from: number, to: number, factor: number, end: number): [number, number] => {
    const start = Math.max(0, Math.min(end - 1, Math.floor(from / factor)));
    const stop = Math.max(start + 1, Math.min(end, Math.ceil(to / factor)));
    const excess = Math.max(0, stop - start - mostPx);
    return [start + Math.floor(excess / 2), stop - Math.ceil(excess / 2)];
  };
  const [y0, y1] = range(top, bottom, factorsZyx[1], rows);
  const [x0, x1] = range(left, right, factorsZyx[2], columns);
  const plane = Math.min(depth - 1, Math.floor(z / factorsZyx[0]));
  const counts = await callEngine("readPlane", [{ channel, level, z: plane, startYx: [y0, x0], stopYx: [y1, x1] }]);
  const extent = [x0 * factorsZyx[2], y0 * factorsZyx[1], x1 * factorsZyx[2], y1 * factorsZyx[1]] as const;
  return { extent, columns: x1 - x0, rows: y1 - y0, counts };
}

/** Counts that become black and white: but for one pixel in a hundred at the dark end and one in 500 at the bright one. */
export function greyRange(counts: Float32Array): readonly [number, number] {
  const step = Math.max(1, Math.floor(counts.length / 60_000));
  const sampled = Float32Array.from({ length: Math.ceil(counts.length / step) }, (_, at) => counts[at * step]!).sort();
  const lit = sampled.filter((count) => count > 0);
  const values = lit.length > 100 ? lit : sampled;
  const at = (share: number) => values[Math.min(values.length - 1, Math.floor(share * values.length))] ?? 0;
  return [Math.round(at(0.01)), Math.round(Math.max(at(0.998), at(0.01) + 1))];
}
