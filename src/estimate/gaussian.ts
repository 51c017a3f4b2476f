import { KernelMemory } from "../kernels/kernel-memory.ts";
import type { Yx } from "../shapes.ts";
import { addRows } from "./blur-row.ts";

/**
 * A Gaussian blur of an image, C order, `shapeYx`; `sigmaPx` 0 gives a copy. The image goes on mirrored beyond its edges,
 * the edge pixel repeated; the kernel ends at `truncate` sigmas. Sums in double precision, rounded to single after each
 * axis: the same bits as SciPy gives for float32. Row by row, so that beside the two images only some rows are held.
 * @see https://docs.scipy.org/doc/scipy/reference/generated/scipy.ndimage.gaussian_filter.html
 */
export function gaussianBlur(image: Float32Array, shapeYx: Yx, sigmaPx = 1, truncate = 4): Float32Array {
  if (sigmaPx <= 0) return image.slice();
  const [height, width] = shapeYx;
  const radius = Math.trunc(truncate * sigmaPx + 0.5);
  const { weights, addresses, near, padded, blurredRow } = blurRoom(width, gaussianWeights(sigmaPx, radius));
  const blurred = new Float32Array(image.length);
  const aside = near.map((_, at) => padded.subarray(at, at + width));
  const inY = padded.subarray(radius, radius + width);
  for (let y = 0, brought = 0; y < height; y++) {
    // Rows that lie no farther than the radius from this one, each in its place of those that go round
    for (; brought < Math.min(height, y + radius + 1); brought++) {
      near[brought % near.length]!.set(image.subarray(brought * width, (brought + 1) * width));
    }
    const rows = near.map((_, at) => near[reflected(y - radius + at, height) % near.length]!);
    addRows(rows, weights, inY, addresses);

    // The row itself, mirrored at both ends
    for (let x = 1; x <= radius; x++) {
      padded[radius - x] = inY[reflected(-x, width)]!;
      padded[radius + width - 1 + x] = inY[reflected(width - 1 + x, width)]!;
    }
    addRows(aside, weights, blurredRow, addresses);
    blurred.set(blurredRow, y * width);
  }
  return blurred;
}

/** The arrays that a blur works in: in the kernels' memory where there is any. */
function blurRoom(width: number, plainWeights: Float64Array) {
  const size = 2 * plainWeights.length - 1;
  const paddedWidth = width + size - 1;
  const memory = KernelMemory.open((size + 1) * (4 * width + 64) + 4 * paddedWidth + 16 * size + 3 * 64);
  const floats = (length: number) => memory?.floats(length) ?? new Float32Array(length);
  const weights = memory?.doubles(plainWeights.length) ?? plainWeights;
  weights.set(plainWeights);
  return {
    weights,
    addresses: memory?.integers(size) ?? new Int32Array(size),
    /** As many rows of the image as are added. */
    near: Array.from({ length: size }, () => floats(width)),
    /** A row with the radius on both sides. */
    padded: floats(paddedWidth),
    blurredRow: floats(width),
  };
}

/** One half of the kernel, its centre first; the whole sums to 1. */
function gaussianWeights(sigmaPx: number, radius: number): Float64Array {
  const half = Float64Array.from({ length: radius + 1 }, (_, k) => Math.exp((-0.5 * k * k) / (sigmaPx * sigmaPx)));
  const sum = half.reduce((total, weight, k) => total + (k === 0 ? weight : 2 * weight), 0);
  return half.map((weight) => weight / sum);
}

/** The pixel that an index beyond the edge stands for, however far beyond. */
function reflected(index: number, length: number): number {
  const within = ((index % (2 * length)) + 2 * length) % (2 * length);
  return within < length ? within : 2 * length - 1 - within;
}
