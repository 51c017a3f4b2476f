/** Planes as means over blocks of the field, corrected by a profile, and how even the dimmest of them are. */
import { meansOfBlocks } from "../estimate/refine/dim-light.ts";
import type { Shading } from "../estimate/refine/overlap-data.ts";
import type { MemoryStack } from "../sample/plane-stack.ts";
import { elementCount } from "../shapes.ts";

/** The means of a plane, corrected by a profile or as it is, over blocks of the field, C order. */
export function blocksOfPlane({ pixels, shapeYx }: MemoryStack, plane: number, shading: Shading): Float64Array {
  return meansOfBlocks(pixels, plane * elementCount(shapeYx), shading);
}
