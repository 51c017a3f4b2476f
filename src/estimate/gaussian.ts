import type { Yx } from "../shapes.ts";

/**
 * A Gaussian blur of an image, C order, `shapeYx`; `sigmaPx` 0 gives a copy. The image goes on mirrored beyond its edges,
 * the edge pixel repeated; the kernel ends at `truncate` sigmas. Sums in double precision, rounded to single after each
 * axis: the same bits as SciPy gives for float32.
 * @see https://docs.scipy.org/doc/scipy/reference/generated/scipy.ndimage.gaussian_filter.html
 */
export function gaussianBlur(image: Float32Array, shapeYx: Yx, sigmaPx = 1, truncate = 4): Float32Array {
  if (sigmaPx <= 0) return image.slice();
  const kernel = gaussianKernel(sigmaPx, Math.trunc(truncate * sigmaPx + 0.5));
  const blurredInY = new Float32Array(image.length);
  blurY(image, shapeYx, kernel, blurredInY);
  const blurred = new Float32Array(image.length);
  blurX(blurredInY, shapeYx, kernel, blurred);
  return blurred;
}

/** One half of the kernel, its centre first; the whole sums to 1. */
function gaussianKernel(sigmaPx: number, radius: number): Float64Array {
  const half = Float64Array.from({ length: radius + 1 }, (_, k) => Math.exp((-0.5 * k * k) / (sigmaPx * sigmaPx)));
  const sum = half.reduce((total, weight, k) => total + (k === 0 ? weight : 2 * weight), 0);
  return half.map((weight) => weight / sum);
}

/** Row by row: the row itself and its neighbours on both sides, each pair added with its weight, the farthest first. */
function blurY(source: Float32Array, [height, width]: Yx, kernel: Float64Array, destination: Float32Array): void {
  const line = new Float64Array(width);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) line[x] = source[y * width + x]! * kernel[0]!;
    for (let k = kernel.length - 1; k > 0; k--) {
      const above = reflected(y - k, height) * width;
      const below = reflected(y + k, height) * width;
      const weight = kernel[k]!;
      for (let x = 0; x < width; x++) line[x]! += (source[above + x]! + source[below + x]!) * weight;
    }
    destination.set(line, y * width);
  }
}

function blurX(source: Float32Array, [height, width]: Yx, kernel: Float64Array, destination: Float32Array): void {
  const radius = kernel.length - 1;
  const padded = new Float32Array(width + 2 * radius);
  const from = Int32Array.from(padded, (_, at) => reflected(at - radius, width));
  for (let y = 0; y < height; y++) {
    for (let at = 0; at < padded.length; at++) padded[at] = source[y * width + from[at]!]!;
    for (let x = 0; x < width; x++) {
      const centre = x + radius;
      let sum = padded[centre]! * kernel[0]!;
      for (let k = radius; k > 0; k--) sum += (padded[centre - k]! + padded[centre + k]!) * kernel[k]!;
      destination[y * width + x] = sum;
    }
  }
}

/** The pixel that an index beyond the edge stands for, however far beyond. */
function reflected(index: number, length: number): number {
  const within = ((index % (2 * length)) + 2 * length) % (2 * length);
  return within < length ? within : 2 * length - 1 - within;
}
