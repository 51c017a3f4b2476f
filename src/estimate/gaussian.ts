import { KernelMemory } from "../kernels/kernel-memory.ts";
import type { Yx } from "../shapes.ts";
import { addRows } from "./blur-row.ts";

/** Gives row `y` of an image: its pixels, which are single precision, into `row`. */
export type RowSource = (y: number, row: Float64Array) => void;

/** The rows of an image in C order, each of `width` pixels. */
export function rowsOfImage(image: Float32Array, width: number): RowSource {
  return (y, row) => row.set(image.subarray(y * width, (y + 1) * width));
}

/**
 * A Gaussian blur of an image of `shapeYx`, in C order; `sigmaPx` 0 gives a copy. The image goes on mirrored beyond its
 * edges, the edge pixel repeated; the kernel ends at `truncate` sigmas. Sums in double precision, rounded to single after
 * each axis: the same bits as SciPy gives for float32. Row by row, so that beside the blurred image, which lies in
 * a kernel memory where there is any, only some rows are held.
 * @see https://docs.scipy.org/doc/scipy/reference/generated/scipy.ndimage.gaussian_filter.html
 */
export function gaussianBlur(source: RowSource, shapeYx: Yx, sigmaPx = 1, truncate = 4): Float32Array {
  const [height, width] = shapeYx;
  const radius = sigmaPx > 0 ? Math.trunc(truncate * sigmaPx + 0.5) : 0;
  const plainWeights = radius > 0 ? gaussianWeights(sigmaPx, radius) : Float64Array.of(1);
  const { weights, addresses, near, padded, blurred } = blurRoom(height, width, plainWeights);
  const aside = near.map((_, at) => padded.subarray(at, at + width));
  const inY = padded.subarray(radius, radius + width);
  for (let y = 0, brought = 0; y < height; y++) {
    // Rows that lie no farther than the radius from this one, each in its place of those that go round
    for (; brought < Math.min(height, y + radius + 1); brought++) source(brought, near[brought % near.length]!);
    const rows = near.map((_, at) => near[reflected(y - radius + at, height) % near.length]!);
    addRows(rows, weights, inY, addresses);

    // The row itself, mirrored at both ends
    for (let x = 1; x <= radius; x++) {
      padded[radius - x] = inY[reflected(-x, width)]!;
      padded[radius + width - 1 + x] = inY[reflected(width - 1 + x, width)]!;
    }
    addRows(aside, weights, blurred.subarray(y * width, (y + 1) * width), addresses);
  }
  return blurred;
}

/** The arrays that a blur works in: in the kernels' memory where there is any. */
function blurRoom(height: number, width: number, plainWeights: Float64Array) {
  const size = 2 * plainWeights.length - 1;
  const paddedWidth = width + size - 1;
  const imageBytes = 4 * height * width;
  const memory = KernelMemory.open(imageBytes + (size + 1) * (8 * width + 64) + 8 * paddedWidth + 16 * size + 4 * 64);
  const doubles = (length: number) => memory?.doubles(length) ?? new Float64Array(length);
  const weights = doubles(plainWeights.length);
  weights.set(plainWeights);
  return {
    weights,
    addresses: memory?.integers(size) ?? new Int32Array(size),
    /** As many rows of the image as are added. */
    near: Array.from({ length: size }, () => doubles(width)),
    /** A row with the radius on both sides. */
    padded: doubles(paddedWidth),
    blurred: memory?.floats(height * width) ?? new Float32Array(height * width),
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
