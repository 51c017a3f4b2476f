/** Planes that were sampled from tiles, read again as parts of fields. */

import type { SamplePlan } from "../sample/plan-sample.ts";
import type { PlaneStack } from "../sample/plane-stack.ts";
import { allocatePixels } from "../shapes.ts";
import type { FieldReader } from "./seams.ts";

/** Reads fields from a stack that holds the planes of a plan; asking for another plane is a mistake of the caller. */
export function fieldsOfStack(stack: PlaneStack, plan: SamplePlan): FieldReader {
  const indices = new Map(plan.planes.map(({ tileNumber, plane }, index) => [`${tileNumber} ${plane}`, index]));
  return async (tile, plane, { startYx, shapeYx }) => {
    const n = indices.get(`${tile.number} ${plane}`);
    if (n === undefined) throw new RangeError(`plane ${plane} of tile ${tile.number} was not sampled`);
    const rows = await stack.read(n, n + 1, startYx[0], startYx[0] + shapeYx[0]);
    const field = allocatePixels(stack.type, shapeYx[0] * shapeYx[1]);
    for (let y = 0; y < shapeYx[0]; y += 1) {
      const from = y * stack.shapeYx[1] + startYx[1];
      field.set(rows.subarray(from, from + shapeYx[1]), y * shapeYx[1]);
    }
    return field;
  };
}
