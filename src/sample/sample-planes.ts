import { elementCount, pixelTypeOf } from "../shapes.ts";
import { MemoryStack } from "./memory-stack.ts";
import type { PlaneStack } from "./plane-stack.ts";

/** Planes that are held beside a stack take no more. */
const mostBytes = 64e6;

/** Planes of a stack in memory: all of one that is there already, else as many as a few bytes hold, evenly spread. */
export async function samplePlanes(stack: PlaneStack): Promise<MemoryStack> {
  if (stack instanceof MemoryStack) return stack;
  const { planeCount, shapeYx } = stack;
  const length = elementCount(shapeYx);
  const first = await stack.read(0, 1, 0, shapeYx[0]);
  const count = Math.max(1, Math.min(planeCount, Math.floor(mostBytes / first.byteLength)));
  const sample = new MemoryStack(pixelTypeOf(first), count, shapeYx);
  for (let n = 0; n < count; n++) {
    const plane = Math.floor((n * planeCount) / count);
    sample.pixels.set(await stack.read(plane, plane + 1, 0, shapeYx[0]), n * length);
  }
  return sample;
}
