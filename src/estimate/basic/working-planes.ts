/** The planes as the fit sees them: resized, in the fit's precision, with their first weights. */
import { IsoluxError } from "../../errors.ts";
import { KernelMemory } from "../../kernels/kernel-memory.ts";
import { elementCount, type Yx } from "../../shapes.ts";
import { weighBackground } from "./background-mask.ts";
import { checkFinite, checkLight } from "./check.ts";
import type { ImageStack } from "./image-stack.ts";
import type { LadmapPlanes, Numbers } from "./ladmap-kernels.ts";
import type { BasicParameters } from "./parameters.ts";
import type { Pause } from "./pause.ts";
import { planResize, resizePlane } from "./resize.ts";
import { singlePassesBytes } from "./single-passes.ts";
import { rangeOf } from "./vectors.ts";

/** How the large arrays of a fit are kept: `double` is the specification, `single` needs half as much. */
export type Precision = "single" | "double";

/** The arrays of a fit, in the memory of the kernels where there is one; {@link loadPlanes} fills them. */
export function allocatePlanes(planeCount: number, pixelCount: number, precision: Precision): LadmapPlanes {
  const length = planeCount * pixelCount;
  const bytes = 4 * (4 * length + 16) + singlePassesBytes(planeCount, pixelCount);
  const memory = precision === "single" ? KernelMemory.open(bytes) : undefined;
  const plain = (): Numbers => (precision === "single" ? new Float32Array(length) : new Float64Array(length));
  const allocate = () => memory?.floats(length) ?? plain();
  const [image, residual, multiplier, weights] = [allocate(), allocate(), allocate(), allocate()];
  return { planeCount, pixelCount, image, residual, multiplier, weights };
}

/**
 * Fills the image with the planes of a stack, resized to `workingYx`.
 *
 * @returns the smallest pixel
 * @throws {IsoluxError} kind `estimation` where there is nothing to fit: no light, or values that are no numbers
 */
export async function loadPlanes(stack: ImageStack, workingYx: Yx, image: Numbers, pause: Pause): Promise<number> {
  const { pixels, planeCount, shapeYx } = stack;
  const plan = isResized(stack, workingYx) ? planResize(shapeYx, workingYx) : undefined;
  const sourceCount = elementCount(shapeYx);
  const workingCount = elementCount(workingYx);
  let smallest = Number.POSITIVE_INFINITY;
  let largest = Number.NEGATIVE_INFINITY;
  for (let n = 0; n < planeCount; n++) {
    const plane = pixels.subarray(n * sourceCount, (n + 1) * sourceCount);
    const destination = image.subarray(n * workingCount, (n + 1) * workingCount);
    if (plan) resizePlane(plan, plane, destination);
    else destination.set(plane);
    const [low, high] = rangeOf(destination);
    checkFinite(low, high, n);
    smallest = Math.min(smallest, low);
    largest = Math.max(largest, high);
    await pause();
  }
  checkLight(smallest, largest);
  return smallest;
}

/**
 * Gives every pixel its first weight: 1, or with `autosegment` 0 where it is not background.
 *
 * @throws {IsoluxError} kind `estimation` where nothing is background
 */
export function weighPlanes(stack: ImageStack, workingYx: Yx, parameters: BasicParameters, planes: LadmapPlanes): void {
  const { image, weights } = planes;
  if (!parameters.autosegment) {
    weights.fill(1);
    return;
  }
  const ofFractions = stack.pixels instanceof Float32Array || stack.pixels instanceof Float64Array;
  const wholeNumbers = !ofFractions && !isResized(stack, workingYx);
  const background = weighBackground(image, workingYx, wholeNumbers, parameters.autosegmentMargin, weights);
  if (background > 0) return;
  throw new IsoluxError({
    kind: "estimation",
    what: "Automatic segmentation leaves no background to fit",
    advice: "Lower autosegment_margin, or switch autosegment off",
  });
}

function isResized({ shapeYx }: ImageStack, workingYx: Yx): boolean {
  return workingYx[0] !== shapeYx[0] || workingYx[1] !== shapeYx[1];
}
