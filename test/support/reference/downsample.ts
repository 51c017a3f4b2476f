/** Means over blocks, value by value: what the kernels of `assembly/downsample.ts` are held against. */
import type { downsample as averaged } from "../../../src/correct/downsample.ts";
import { elementCount, type Zyx } from "../../../src/shapes.ts";
import { blockMean } from "../../correct/naive.ts";

/** Writes the means over blocks of `factors` pixels, each over the pixels that exist. */
export function downsample(boxes: Parameters<typeof averaged>[0], factors: Zyx): void {
  const { source, target, sourceExtent, targetExtent } = boxes;
  const present = source.slice(0, elementCount(sourceExtent));
  for (const [n, at] of indicesIn(sourceExtent, boxes.sourceShape, boxes.sourceStart)) present[n] = source[at]!;
  for (const [, at, place] of indicesIn(targetExtent, boxes.targetShape, boxes.targetStart)) {
    target[at] = blockMean(present, sourceExtent, factors, place);
  }
}

/** The pixels of a box at the start of an array, in their order: number, index in the array, and place in the box. */
function* indicesIn(extent: Zyx, shape: Zyx, start: number): Generator<[n: number, at: number, place: Zyx]> {
  let n = 0;
  for (let z = 0; z < extent[0]; z++) {
    for (let y = 0; y < extent[1]; y++) {
      for (let x = 0; x < extent[2]; x++) yield [n++, start + (z * shape[1] + y) * shape[2] + x, [z, y, x]];
    }
  }
}
