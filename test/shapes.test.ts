import { expect, it } from "vitest";
import { arrayBytes, isSameShape, mapAxes, type Zyx } from "../src/shapes.ts";

it("tuples keep their length when they are mapped, and are compared along all axes", () => {
  const shape: Zyx = [2, 3, 4];
  expect(mapAxes(shape, (extent, axis) => extent * 10 ** axis)).toEqual([2, 30, 400]);
  expect(isSameShape(shape, [2, 3, 4])).toBe(true);
  expect([isSameShape(shape, [2, 3]), isSameShape([2, 3], shape), isSameShape(shape, [2, 3, 5])]).toEqual([
    false,
    false,
    false,
  ]);
  expect([arrayBytes("uint8", shape), arrayBytes("uint16", shape), arrayBytes("float32", shape)]).toEqual([24, 48, 96]);
});
