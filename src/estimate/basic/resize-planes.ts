/**
 * Resizes the planes of a stack to the working size of a fit: in single precision by the kernel and all threads of the
 * fit.
 */
import { IsoluxError } from "../../errors.ts";
import { reading, writing } from "../../kernels/addresses.ts";
import { bytes, doubles, integers, type Layout, layoutOf } from "../../kernels/layout.ts";
import { elementCount, type Yx } from "../../shapes.ts";
import type { Pause } from "../pause.ts";
import { rangeOf } from "../vectors.ts";
import type { LadmapPlanes, Numbers } from "./ladmap-passes.ts";
import type { ImageStack } from "./parameters.ts";
import { type AxisPlan, planAxis, planResize, resizePlane } from "./resize.ts";
import { doTogether, eachPart, type JobOf } from "./team-job.ts";

/** Planes that are in the kernels' memory at a time. */
const planesAtOnce = 8;
const kindsOfPixels = [Uint8Array, Uint16Array, Float32Array, Float64Array];

/**
 * Resizes planes `[from, to)` of a stack into the image; at most {@link planesAtOnce}.
 * @returns the smallest and the largest pixel of each, NaN where any is
 */
type ResizePlanes = (from: number, to: number) => Promise<Float64Array>;

/** What {@link planResizing} allocates in the kernels' memory. */
interface ResizeArrays {
  /** The planes, and the buffer of rows that the kernel has for each. */
  readonly slots: Uint8Array;
  readonly scratch: Uint8Array;
  readonly alongY: AxisArrays;
  readonly alongX: AxisArrays;
  readonly ranges: Float64Array;
}

/** See `AxisPlan`. */
type AxisArrays = Pick<AxisPlan, "starts" | "weights">;

/** What {@link planResizing} allocates in the kernels' memory, until all planes are resized. */
export function resizingLayout(stack: ImageStack, targetYx: Yx): Layout<ResizeArrays> {
  return layoutOf({
    ...layoutsOfPlanes(stack, planAxis(stack.shapeYx[0], targetYx[0])),
    alongY: axisLayout(planAxis(stack.shapeYx[0], targetYx[0])),
    alongX: axisLayout(planAxis(stack.shapeYx[1], targetYx[1])),
    ranges: doubles(2 * planesAtOnce),
  });
}

function layoutsOfPlanes({ pixels, shapeYx }: ImageStack, alongY: AxisPlan) {
  return {
    slots: bytes(planesAtOnce * elementCount(shapeYx) * pixels.BYTES_PER_ELEMENT),
    scratch: bytes(planesAtOnce * scratchBytes(shapeYx, alongY)),
  };
}

function axisLayout({ starts, weights }: AxisPlan): Layout<AxisArrays> {
  return layoutOf({ starts: integers(starts.length), weights: doubles(weights.length) });
}

/**
 * Prepares the resizing of planes.
 *
 * @param planes `image` is `[plane, y, x]` of planes of `targetYx`
 */
export function planResizing(stack: ImageStack, targetYx: Yx, planes: ResizedPlanes): ResizePlanes {
  const { image } = planes;
  if (image instanceof Float32Array) return byKernel(stack, targetYx, { ...planes, image });
  return inDouble(stack, targetYx, image);
}

/** The destination of resized planes. */
type ResizedPlanes = Pick<LadmapPlanes, "image" | "memory" | "team">;

function inDouble({ pixels, shapeYx }: ImageStack, targetYx: Yx, image: Numbers): ResizePlanes {
  const plan = planResize(shapeYx, targetYx);
  const [sourceCount, targetCount] = [elementCount(shapeYx), elementCount(targetYx)];
  const isSame = shapeYx.every((extent, axis) => extent === targetYx[axis]);
  const ranges = new Float64Array(2 * planesAtOnce);
  return async (from, to) => {
    for (let n = from; n < to; n++) {
      const plane = pixels.subarray(n * sourceCount, (n + 1) * sourceCount);
      const target = image.subarray(n * targetCount, (n + 1) * targetCount);
      if (isSame) target.set(plane);
      else resizePlane(plan, plane, target);
      ranges.set(rangeOf(target), 2 * (n - from));
    }
    return ranges;
  };
}

/** What was allocated is freed before anything else is allocated: the planes are resized in one go. */
function byKernel(
  stack: ImageStack,
  targetYx: Yx,
  { image, memory, team }: ResizedPlanes & { readonly image: Float32Array },
): ResizePlanes {
  const { pixels, shapeYx } = stack;
  const [alongY, alongX] = [planAxis(shapeYx[0], targetYx[0]), planAxis(shapeYx[1], targetYx[1])];
  const [sourceCount, targetCount] = [elementCount(shapeYx), elementCount(targetYx)];
  const sourceBytes = sourceCount * pixels.BYTES_PER_ELEMENT;
  const mark = memory.mark();
  const arrays = resizingLayout(stack, targetYx).take(memory);
  memory.release(mark);
  const axis = ({ taps, starts, weights }: AxisPlan, placed: AxisArrays) => {
    placed.starts.set(starts);
    placed.weights.set(weights);
    return [taps, reading(placed.starts), reading(placed.weights)] as const;
  };
  const axes = [...axis(alongY, arrays.alongY), ...axis(alongX, arrays.alongX)] as const;
  const pixelKind = kindsOfPixels.findIndex((kind) => pixels instanceof kind);
  const all = new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength);
  const source = eachPart(reading(arrays.slots), sourceBytes);
  const scratch = eachPart(writing(arrays.scratch), scratchBytes(shapeYx, alongY));
  const ranges = eachPart(writing(arrays.ranges), 2);
  return async (from, to) => {
    arrays.slots.set(all.subarray(from * sourceBytes, to * sourceBytes));
    const target = eachPart(writing(image, from * targetCount, (to - from) * targetCount), targetCount);
    const job: JobOf<"resizePlane"> = {
      kernel: "resizePlane",
      parts: to - from,
      given: [source, pixelKind, ...shapeYx, target, ...targetYx, ...axes, scratch, ranges],
    };
    await doTogether(job, team);
    return arrays.ranges;
  };
}

/** The kernel's buffer of rows, in whole vectors of doubles. */
function scratchBytes([, width]: Yx, { taps }: AxisPlan): number {
  return 16 * Math.ceil(width / 2) * (taps + 1);
}

/**
 * Fills the image with the planes of a stack, resized to `workingYx`.
 *
 * @returns the smallest pixel
 * @throws {IsoluxError} kind `estimation` where there is nothing to fit: no light, or values that are not finite
 */
export async function loadPlanes(
  stack: ImageStack,
  workingYx: Yx,
  planes: LadmapPlanes,
  pause: Pause,
): Promise<number> {
  const { planeCount } = stack;
  const resize = planResizing(stack, workingYx, planes);
  let smallest = Number.POSITIVE_INFINITY;
  let largest = Number.NEGATIVE_INFINITY;
  for (let from = 0; from < planeCount; from += planesAtOnce) {
    const to = Math.min(from + planesAtOnce, planeCount);
    const ranges = await resize(from, to);
    for (let n = from; n < to; n++) {
      const [low, high] = [ranges[2 * (n - from)]!, ranges[2 * (n - from) + 1]!];
      checkFinite(low, high, n);
      smallest = Math.min(smallest, low);
      largest = Math.max(largest, high);
    }
    await pause();
  }
  checkLight(smallest, largest);
  return smallest;
}

/**
 * Refuses a plane with NaN or infinity.
 *
 * @param smallest the plane's smallest pixel, NaN if any is
 * @param largest the plane's largest pixel
 * @param plane its number, from 0
 * @throws {IsoluxError} kind `estimation`
 */
function checkFinite(smallest: number, largest: number, plane: number): void {
  if (Number.isFinite(smallest) && Number.isFinite(largest)) return;
  throw new IsoluxError({
    kind: "estimation",
    what: "A plane holds pixels that are not numbers, or infinite",
    where: `plane ${plane}, counted from 0`,
    advice: "Replace these pixels, or leave the plane out",
  });
}

/**
 * Refuses planes without any light.
 *
 * @param smallest the smallest pixel of all planes
 * @param largest the largest pixel of all planes
 * @throws {IsoluxError} kind `estimation`
 */
function checkLight(smallest: number, largest: number): void {
  if (smallest !== 0 || largest !== 0) return;
  throw new IsoluxError({
    kind: "estimation",
    what: "Every pixel of the planes is 0: there is no illumination to estimate",
    advice: "Choose planes, tiles or a channel with signal",
  });
}
