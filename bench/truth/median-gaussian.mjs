// @ts-check
/** The simplest estimate of a flat-field: the median over all planes, blurred by a Gaussian. */

/** The Gaussian's standard deviation, as a part of the field's shorter side. */
const sigmaShare = 1 / 12;

/**
 * @param {import("./stack.mjs").Stack} stack
 * @returns {Float32Array} of mean 1
 */
export function medianGaussian({ pixels, planeCount, shapeYx }) {
  const [rows, columns] = shapeYx;
  const length = rows * columns;
  const column = new Uint16Array(planeCount);
  const medians = Float64Array.from({ length }, (_, at) => {
    for (let plane = 0; plane < planeCount; plane++) column[plane] = pixels[plane * length + at] ?? 0;
    column.sort();
    return ((column[(planeCount - 1) >> 1] ?? 0) + (column[planeCount >> 1] ?? 0)) / 2;
  });
  const kernel = gaussian(sigmaShare * Math.min(rows, columns));
  const blurred = blurLines(blurLines(medians, kernel, rows, columns, columns, 1), kernel, columns, rows, 1, columns);
  const mean = blurred.reduce((sum, value) => sum + value, 0) / length;
  return Float32Array.from(blurred, (value) => value / mean);
}

/** @param {number} sigma in pixels */
function gaussian(sigma) {
  const reach = Math.ceil(3 * sigma);
  const weights = Float64Array.from({ length: 2 * reach + 1 }, (_, at) => Math.exp(-0.5 * ((at - reach) / sigma) ** 2));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/**
 * Blurs every line of an image, mirrored at its ends.
 * @param {Float64Array} image
 * @param {Float64Array} kernel
 * @param {number} lines
 * @param {number} extent pixels of a line
 * @param {number} lineStride
 * @param {number} stride from one pixel of a line to the next
 */
function blurLines(image, kernel, lines, extent, lineStride, stride) {
  const reach = (kernel.length - 1) / 2;
  const result = new Float64Array(image.length);
  const mirrored = Int32Array.from({ length: extent + 2 * reach }, (_, at) => {
    const from = (((at - reach) % (2 * extent)) + 2 * extent) % (2 * extent);
    return from < extent ? from : 2 * extent - 1 - from;
  });
  for (let line = 0; line < lines; line++) {
    for (let at = 0; at < extent; at++) {
      let sum = 0;
      for (let k = 0; k < kernel.length; k++) {
        sum += (kernel[k] ?? 0) * (image[line * lineStride + (mirrored[at + k] ?? 0) * stride] ?? 0);
      }
      result[line * lineStride + at * stride] = sum;
    }
  }
  return result;
}
