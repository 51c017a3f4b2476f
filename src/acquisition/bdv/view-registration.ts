/** Where BigStitcher's registrations put views: the transformations of a view, and the position that they amount to. */
import { IsoluxError } from "../../errors.ts";
import { mapAxes, type Zyx } from "../../shapes.ts";
import type { XmlElement } from "./xml.ts";

/** An affine transformation of x, y and z: 3 rows of 4 numbers, the last of each the translation. */
export type Affine = readonly number[];

const identity: Affine = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0];

/**
 * All transformations of a view as one, from its pixels to the space of all views; that which is listed first applies
 * last. `undefined` where there are none, or one that is not affine.
 */
export function composeRegistration(registration: XmlElement): Affine | undefined {
  const transforms = registration.all("ViewTransform").map((transform) => transform.numbers("affine"));
  if (transforms.length === 0 || transforms.some((affine) => affine?.length !== 12)) return undefined;
  return (transforms as Affine[]).reduce(compose, identity);
}

/** What applies `second` first. */
function compose(first: Affine, second: Affine): Affine {
  return [0, 1, 2].flatMap((row) => {
    const [a, b, c, shift] = first.slice(4 * row, 4 * row + 4);
    const sum = (column: number) => a! * second[column]! + b! * second[4 + column]! + c! * second[8 + column]!;
    return [sum(0), sum(1), sum(2), sum(3) + shift!];
  });
}

/**
 * Where a registration puts the first pixel of a view, in pixels of it, in the directions of the image: x grows to the
 * right. The space of all views may count pixels, micrometres or pixels of the finest axis.
 * @param voxelSizesZyx by which axes may be calibrated, in any unit
 * @param where the view, for messages
 * @throws IsoluxError `unsupported` where the view is turned, sheared or scaled by a pixel or more
 */
export function registeredPosition(affine: Affine, voxelSizesZyx: readonly Zyx[], shapeZyx: Zyx, where: string): Zyx {
  // A single plane may have no distance from the next, and so a calibration of 0.
  const steps = mapAxes(shapeZyx, (extent, axis) => affine[5 * (2 - axis)]! || (extent === 1 ? 1 : 0));
  const isAlong = steps.every((step, axis) => {
    const row = 2 - axis;
    const turned = [0, 1, 2].filter((column) => column !== row);
    return step > 0 && turned.every((column) => Math.abs(affine[4 * row + column]!) * shapeZyx[2 - column]! < step);
  });
  const isEven = (unit: Zyx) => {
    const lengths = mapAxes(unit, (size, axis) => steps[axis]! / size);
    return lengths.every((length, axis) => Math.abs(length / lengths[2] - 1) * (shapeZyx[axis]! - 1) < 1);
  };
  if (!isAlong || ![...voxelSizesZyx, [1, 1, 1] as const].some(isEven)) {
    throw new IsoluxError({
      kind: "unsupported",
      what: "The registration of a tile turns, shears or scales it, so that tiles cannot lie side by side",
      where,
      found: `the affine ${affine.map((value) => Number(value.toPrecision(6))).join(" ")} (rows of x, y, z)`,
      expected: "translations, and the calibration of the axes",
      advice: "Give an XML file from before such a registration",
    });
  }
  return mapAxes(steps, (step, axis) => affine[4 * (2 - axis) + 3]! / step);
}
