import type { SurveyRoom } from "../estimate/empty-survey.ts";
import { gatheringBytes } from "../estimate/evened-surveys.ts";
import { baselineStep, thinArea } from "../estimate/thin-planes.ts";
import { KernelMemory } from "../kernels/kernel-memory.ts";
import { loadKernels } from "../kernels/load-kernels.ts";
import { type FieldPiece, pieceShape } from "../sample/field-pieces.ts";
import { bytesPerPixel, elementCount, type PixelType } from "../shapes.ts";

/**
 * Room for what is found in each piece of a field, all in one memory of the kernels, which go on from there: nothing is
 * copied again. With room for the gathering of the lowest values, too. `undefined` where there is no such memory: what
 * is found then lies in arrays of its own.
 * @param isShared whether other threads put it there
 */
export async function openSurveyRooms(
  type: PixelType,
  planeCount: number,
  pieces: readonly FieldPiece[],
  isShared: boolean,
): Promise<readonly SurveyRoom[] | undefined> {
  if (isShared && !(await loadKernels("kernels-shared.wasm"))) return undefined;
  const sizes = pieces.map((piece) => ({
    area: elementCount(pieceShape(piece)),
    counted: planeCount * thinArea(piece.startYx, pieceShape(piece), baselineStep),
  }));
  const sizeOf = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0);
  const [area, counted] = [sizeOf(sizes.map((size) => size.area)), sizeOf(sizes.map((size) => size.counted))];
  const largest = Math.max(...sizes.map((size) => size.counted));
  const bytes = 4 * area + bytesPerPixel(type) * counted + 2 * 64 * pieces.length + gatheringBytes(counted, largest);
  const memory = isShared ? KernelMemory.openShared(bytes) : KernelMemory.open(bytes);
  if (memory === undefined) return undefined;
  const rooms: SurveyRoom[] = [];
  for (const size of sizes) {
    const [median, background] = [memory.floats(size.area), memory.pixels(type, size.counted)];
    if (median === undefined || background === undefined) return undefined;
    rooms.push({ median, background });
  }
  return rooms;
}
