import type { OverlapPatch } from "../sample/read-overlaps.ts";
import type { Yx } from "../shapes.ts";

/** The parts of an overlap's images that show the same when the second lies `shiftYx` pixels further than planned. */
export function shiftedPatch(
  { first, second, shapeYx }: OverlapPatch,
  [shiftY, shiftX]: Yx,
): { readonly first: Float32Array; readonly second: Float32Array } {
  if (shiftY === 0 && shiftX === 0) return { first, second };
  const shape: Yx = [shapeYx[0] - Math.abs(shiftY), shapeYx[1] - Math.abs(shiftX)];
  return {
    first: cropped(first, shapeYx, [Math.max(0, -shiftY), Math.max(0, -shiftX)], shape),
    second: cropped(second, shapeYx, [Math.max(0, shiftY), Math.max(0, shiftX)], shape),
  };
}

function cropped(image: Float32Array, [, width]: Yx, [startY, startX]: Yx, [rows, columns]: Yx): Float32Array {
  const part = new Float32Array(rows * columns);
  for (let y = 0; y < rows; y++) {
    const from = (startY + y) * width + startX;
    part.set(image.subarray(from, from + columns), y * columns);
  }
  return part;
}
