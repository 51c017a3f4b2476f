/** Overlaps as a profile corrects them. */
import type { Profile } from "../profile/profile.ts";
import type { OverlapPatch } from "../sample/read-overlaps.ts";
import type { Yx } from "../shapes.ts";

/** What of a profile a correction by it takes; both images are C order, `shapeYx`. */
export type Shading = Pick<Profile, "shapeYx"> & {
  readonly flatfield: ArrayLike<number>;
  readonly darkfield: ArrayLike<number>;
};

/** Overlaps corrected by a profile of the fields' shape: (I - D) / F, nothing clipped, nothing rounded. */
export function correctPatches(patches: readonly OverlapPatch[], shading: Shading): OverlapPatch[] {
  return patches.map((patch) => ({
    ...patch,
    first: correctPatch(patch.first, patch, patch.inFirstYx, shading),
    second: correctPatch(patch.second, patch, patch.inSecondYx, shading),
  }));
}

function correctPatch(
  image: Float32Array,
  { shapeYx, binPx }: OverlapPatch,
  startYx: Yx,
  { shapeYx: fieldYx, flatfield, darkfield }: Shading,
): Float32Array {
  const light = binnedWindow(flatfield, fieldYx, startYx, shapeYx, binPx);
  const dark = binnedWindow(darkfield, fieldYx, startYx, shapeYx, binPx);
  return image.map((value, i) => (value - dark[i]!) / light[i]!);
}

/** The means of bins of `binPx` x `binPx` pixels, `shapeYx` of them, of a part of an image of `fieldYx`. */
export function binnedWindow(
  image: ArrayLike<number>,
  fieldYx: Yx,
  [startY, startX]: Yx,
  [rows, columns]: Yx,
  binPx: number,
): Float64Array {
  const binned = new Float64Array(rows * columns);
  const share = 1 / binPx ** 2;
  for (let y = 0; y < rows * binPx; y++) {
    let from = (startY + y) * fieldYx[1] + startX;
    const row = Math.floor(y / binPx) * columns;
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let x = 0; x < binPx; x++) sum += image[from++]!;
      binned[row + column]! += sum * share;
    }
  }
  return binned;
}
