/** Computes the positions of views from BigStitcher's registrations: the transformations of a view. */
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

/** The transformation that applies `second` first. */
function compose(first: Affine, second: Affine): Affine {
  return [0, 1, 2].flatMap((row) => {
    const [a, b, c, shift] = first.slice(4 * row, 4 * row + 4);
    const sum = (column: number) => a! * second[column]! + b! * second[4 + column]! + c! * second[8 + column]!;
    return [sum(0), sum(1), sum(2), sum(3) + shift!];
  });
}

/** A view and its registration. */
interface RegisteredView {
  readonly affine: Affine;
  readonly shapeZyx: Zyx;
  /** For messages. */
  readonly where: string;
}

/**
 * The positions of the first pixels of views by their registrations, in pixels of the views, in the directions of the
 * image: x grows to the right. The space of all views may count pixels, micrometres or anything else, and may be
 * mirrored against the images, as long as it is the same for all views.
 * @throws IsoluxError `unsupported` where a view is turned or sheared by a pixel or more, or scaled otherwise than the
 *   first one
 */
export function registeredPositions(views: readonly RegisteredView[]): Zyx[] {
  const all = views.map((view) => ({ view, steps: stepsOf(view) }));
  for (const { view, steps } of all) {
    if (!isAlongAxes(view, steps) || !isScaledAs(steps, all[0]!.steps, view.shapeZyx)) throw distorted(view);
  }
  return all.map(({ view: { affine }, steps }) => mapAxes(steps, (step, axis) => affine[4 * (2 - axis) + 3]! / step));
}

/** The distance between pixels along each axis; a single plane may have none along z, which then counts as 1. */
function stepsOf({ affine, shapeZyx }: RegisteredView): Zyx {
  return mapAxes(shapeZyx, (extent, axis) => affine[5 * (2 - axis)]! || (extent === 1 ? 1 : 0));
}

function isAlongAxes({ affine, shapeZyx }: RegisteredView, steps: Zyx): boolean {
  return steps.every((step, axis) => {
    const row = 2 - axis;
    const turned = [0, 1, 2].filter((column) => column !== row);
    const isStraight = turned.every((column) => {
      return Math.abs(affine[4 * row + column]!) * shapeZyx[2 - column]! < Math.abs(step);
    });
    return step !== 0 && isStraight;
  });
}

function isScaledAs(steps: Zyx, reference: Zyx, shapeZyx: Zyx): boolean {
  return steps.every((step, axis) => Math.abs(step / reference[axis]! - 1) * (shapeZyx[axis]! - 1) < 1);
}

function distorted({ affine, where }: RegisteredView): IsoluxError {
  return new IsoluxError({
    kind: "unsupported",
    what: "The registration rotates, shears or scales a tile",
    where,
    found: `the affine ${affine.map((value) => Number(value.toPrecision(6))).join(" ")} (rows of x, y, z)`,
    expected: "translations, and a scale along the axes that all tiles share",
    advice: "Give the XML file from before that registration",
  });
}
