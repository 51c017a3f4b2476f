import type { OverlapPatch } from "../../sample/read-overlaps.ts";
import type { Yx } from "../../shapes.ts";

/** The part of an overlap whose images show the same when the second lies `shiftYx` pixels further than planned. */
export function shiftedPatch(patch: OverlapPatch, [shiftY, shiftX]: Yx): OverlapPatch {
  if (shiftY === 0 && shiftX === 0) return patch;
  const { shapeYx, binPx, inFirstYx, inSecondYx } = patch;
  const shape: Yx = [shapeYx[0] - Math.abs(shiftY), shapeYx[1] - Math.abs(shiftX)];
  const first: Yx = [Math.max(0, -shiftY), Math.max(0, -shiftX)];
  const second: Yx = [Math.max(0, shiftY), Math.max(0, shiftX)];
  return {
    ...patch,
    shapeYx: shape,
    inFirstYx: [inFirstYx[0] + first[0] * binPx, inFirstYx[1] + first[1] * binPx],
    inSecondYx: [inSecondYx[0] + second[0] * binPx, inSecondYx[1] + second[1] * binPx],
    first: cropped(patch.first, shapeYx, first, shape),
    second: cropped(patch.second, shapeYx, second, shape),
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
