/** Averages blocks of pixels into the pixels of the next coarser level of a pyramid. */

import { readingRows, strideOf, writing, writingRows } from "../kernels/addresses.ts";
import { runKernel } from "../kernels/bind.ts";
import { areForKernels, type CameraPixels } from "../kernels/kernel-functions.ts";
import { elementCount, mapAxes, type PixelArray, type Zyx } from "../shapes.ts";

/** Blocks of more pixels could overflow the kernel's 32-bit sums, which hold twice the total. */
const mostPixelsOfBlock = 32767;

/**
 * Writes the means over blocks of `factors` pixels, each over the pixels that exist. Integers round half up;
 * floating-point means are taken in double precision.
 *
 * @throws RangeError where a box reaches beyond its array
 */
export function downsample(boxes: DownsampleBoxes, factors: Zyx): void {
  const { source, target, sourceExtent, targetExtent } = boxes;
  if ([...sourceExtent, ...targetExtent].some((extent) => extent <= 0)) return;
  if (!areForKernels(source) || !areForKernels(target) || elementCount(factors) > mostPixelsOfBlock) {
    averageBlocks(boxes, factors);
    return;
  }
  const whole = mapAxes(targetExtent, (n, axis) => Math.min(n, Math.floor(sourceExtent[axis]! / factors[axis]!)));
  if (elementCount(whole) > 0) averageWhole({ ...boxes, source, target }, factors, whole);
  averageEdges(boxes, factors, whole);
}

/** Blocks that have all their pixels: by kernels. */
function averageWhole(
  { source, target, sourceShape, targetShape, sourceStart, targetStart }: DownsampleBoxes<CameraPixels>,
  [fz, fy, fx]: Zyx,
  [planes, rows, columns]: Zyx,
): void {
  const itemBytes = source.BYTES_PER_ELEMENT;
  const [stride, plane] = [sourceShape[2], sourceShape[1] * sourceShape[2]];
  const halves = fz <= 2 && fy === 2 && fx === 2;
  for (let z = 0; z < planes; z++) {
    const first = sourceStart + z * fz * plane;
    const firstTo = targetStart + z * targetShape[1] * targetShape[2];
    if (halves) {
      const from = readingRows(source, first, [fz, (2 * rows - 1) * stride + 2 * columns, plane]);
      const to = writingRows(target, firstTo, [rows, columns, targetShape[2]]);
      const strides = [itemBytes, stride, strideOf(from), fz] as const;
      runKernel("halvePlane", from, ...strides, to, strideOf(to), rows, columns);
      continue;
    }
    for (let y = 0; y < rows; y++) {
      const from = readingRows(source, first + y * fy * stride, [fz, (fy - 1) * stride + fx * columns, plane]);
      const to = writing(target, firstTo + y * targetShape[2], columns);
      runKernel("averageRow", from, itemBytes, stride, strideOf(from), fz, fy, fx, to, columns);
    }
  }
}

/** The remaining blocks at the ends of columns, rows and planes. */
function averageEdges(boxes: DownsampleBoxes, factors: Zyx, [planes, rows, columns]: Zyx): void {
  const [depth, height, width] = boxes.targetExtent;
  if (columns < width) averagePart(boxes, factors, [0, 0, columns], [planes, rows, width - columns]);
  if (rows < height) averagePart(boxes, factors, [0, rows, 0], [planes, height - rows, width]);
  if (planes < depth) averagePart(boxes, factors, [planes, 0, 0], [depth - planes, height, width]);
}

/** A part of the blocks: `extent` of them, beginning at `first`. */
function averagePart(boxes: DownsampleBoxes, factors: Zyx, first: Zyx, extent: Zyx): void {
  const { sourceShape, targetShape, sourceExtent } = boxes;
  const sourceFirst = mapAxes(first, (at, axis) => at * factors[axis]!);
  averageBlocks(
    {
      ...boxes,
      sourceStart: boxes.sourceStart + indexOf(sourceFirst, sourceShape),
      sourceExtent: mapAxes(sourceExtent, (n, axis) => n - sourceFirst[axis]!),
      targetStart: boxes.targetStart + indexOf(first, targetShape),
      targetExtent: extent,
    },
    factors,
  );
}

function indexOf([z, y, x]: Zyx, shape: Zyx): number {
  return (z * shape[1] + y) * shape[2] + x;
}

/** Where block means are read from and written to: boxes in two C-order arrays of planes, rows and columns. */
interface DownsampleBoxes<Pixels extends PixelArray = PixelArray> {
  readonly source: Pixels;
  /** Extents of the source array. */
  readonly sourceShape: Zyx;
  /** Index of the box's first pixel. */
  readonly sourceStart: number;
  /** Extents of the pixels that exist from there: blocks at an edge average fewer pixels. */
  readonly sourceExtent: Zyx;
  readonly target: Pixels;
  readonly targetShape: Zyx;
  readonly targetStart: number;
  /** Pixels to write per axis; each has at least one source pixel. */
  readonly targetExtent: Zyx;
}

/** Blocks of any size and pixel type, also those without some of their pixels. */
function averageBlocks(boxes: DownsampleBoxes, factors: Zyx): void {
  const { source, target, sourceShape, targetShape, sourceExtent, targetExtent } = boxes;
  const isInteger = !(source instanceof Float32Array || source instanceof Float64Array);
  const [fz, fy, fx] = factors;
  const sourceRow = sourceShape[2];
  const sourcePlane = sourceShape[1] * sourceRow;
  for (let z = 0; z < targetExtent[0]; z++) {
    const z1 = Math.min((z + 1) * fz, sourceExtent[0]);
    for (let y = 0; y < targetExtent[1]; y++) {
      const y1 = Math.min((y + 1) * fy, sourceExtent[1]);
      const out = boxes.targetStart + (z * targetShape[1] + y) * targetShape[2];
      for (let x = 0; x < targetExtent[2]; x++) {
        const x0 = x * fx;
        const x1 = Math.min(x0 + fx, sourceExtent[2]);
        let sum = 0;
        for (let sz = z * fz; sz < z1; sz++) {
          for (let sy = y * fy; sy < y1; sy++) {
            const row = boxes.sourceStart + sz * sourcePlane + sy * sourceRow;
            for (let i = row + x0; i < row + x1; i++) sum += source[i]!;
          }
        }
        const count = (z1 - z * fz) * (y1 - y * fy) * (x1 - x0);
        target[out + x] = isInteger ? Math.floor((2 * sum + count) / (2 * count)) : sum / count;
      }
    }
  }
}
