import { type KernelMemory, memoryOf } from "../kernels/kernel-memory.ts";
import { elementCount, mapAxes, type Zyx } from "../shapes.ts";
import type { DownsampleBoxes } from "./downsample-boxes.ts";
import { downsampleTwin } from "./downsample-twin.ts";

/** Twice the sum of so many pixels fits 32 bits. */
const mostPixelsOfBlock = 32767;

/**
 * Writes the means over blocks of `factors` pixels, each over the pixels that exist. Integers round half up;
 * floating-point means are taken in double precision. By WebAssembly where both arrays lie in its memory, else by its
 * twin, with the same bits.
 */
export function downsample(boxes: DownsampleBoxes, factors: Zyx): void {
  const { source, target, sourceExtent, targetExtent } = boxes;
  const memory = memoryOf(source, target);
  if (memory === undefined || elementCount(factors) > mostPixelsOfBlock || !isInside(boxes)) {
    downsampleTwin(boxes, factors);
    return;
  }
  const whole = mapAxes(targetExtent, (n, axis) => Math.min(n, Math.floor(sourceExtent[axis]! / factors[axis]!)));
  averageWhole(memory, boxes, factors, whole);
  averageEdges(boxes, factors, whole);
}

/** Blocks that have all their pixels. */
function averageWhole({ functions }: KernelMemory, boxes: DownsampleBoxes, factors: Zyx, [planes, rows, columns]: Zyx) {
  const { source, target, sourceShape, targetShape } = boxes;
  const [fz, fy, fx] = factors;
  const bytes = source.BYTES_PER_ELEMENT;
  const [stride, plane] = [sourceShape[2], sourceShape[1] * sourceShape[2]];
  const halves = fz <= 2 && fy === 2 && fx === 2;
  for (let z = 0; z < planes; z++) {
    const from = source.byteOffset + (boxes.sourceStart + z * fz * plane) * bytes;
    const to = target.byteOffset + (boxes.targetStart + z * targetShape[1] * targetShape[2]) * bytes;
    if (halves) {
      functions.halvePlane(from, bytes, stride, plane, fz, to, targetShape[2], rows, columns);
      continue;
    }
    for (let y = 0; y < rows; y++) {
      const [row, toRow] = [from + y * fy * stride * bytes, to + y * targetShape[2] * bytes];
      functions.averageRow(row, bytes, stride, plane, fz, fy, fx, toRow, columns);
    }
  }
}

/** What is left: columns beyond the whole blocks, rows beyond them, planes beyond them. */
function averageEdges(boxes: DownsampleBoxes, factors: Zyx, [planes, rows, columns]: Zyx): void {
  const [depth, height, width] = boxes.targetExtent;
  if (columns < width) averagePart(boxes, factors, [0, 0, columns], [planes, rows, width - columns]);
  if (rows < height) averagePart(boxes, factors, [0, rows, 0], [planes, height - rows, width]);
  if (planes < depth) averagePart(boxes, factors, [planes, 0, 0], [depth - planes, height, width]);
}

/** The blocks from `first` on, `extent` of them. */
function averagePart(boxes: DownsampleBoxes, factors: Zyx, first: Zyx, extent: Zyx): void {
  const { sourceShape, targetShape, sourceExtent } = boxes;
  const sourceFirst = mapAxes(first, (at, axis) => at * factors[axis]!);
  downsampleTwin(
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

/** A kernel does not stop at the end of an array. */
function isInside({ source, sourceShape, sourceStart, sourceExtent, ...boxes }: DownsampleBoxes): boolean {
  const { target, targetShape, targetStart, targetExtent } = boxes;
  const last = ([z, y, x]: Zyx, shape: Zyx) => indexOf([z - 1, y - 1, x - 1], shape);
  const isEmpty = [...sourceExtent, ...targetExtent].some((n) => n <= 0);
  const isWithin = (start: number, extent: Zyx, shape: Zyx, length: number) =>
    start >= 0 && start + last(extent, shape) < length;
  return (
    !isEmpty &&
    isWithin(sourceStart, sourceExtent, sourceShape, source.length) &&
    isWithin(targetStart, targetExtent, targetShape, target.length)
  );
}

function indexOf([z, y, x]: Zyx, shape: Zyx): number {
  return (z * shape[1] + y) * shape[2] + x;
}
