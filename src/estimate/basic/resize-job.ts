/** Planes to be resized, side by side in the memory of the kernels, as plain numbers: any thread can do any of them. */
import type { KernelFunctions } from "../../kernels/kernel-functions.ts";
import type { Yx } from "../../shapes.ts";

/** A job, in the order of its numbers. Names of arrays stand for their addresses. */
export interface ResizeJob {
  /** Tells this job from the passes of an iteration. */
  readonly pass: 2;
  /** How many planes. */
  readonly slabs: number;
  readonly source: number;
  readonly sourceBytes: number;
  /** The type of the source's pixels, see `assembly/resize.ts`. */
  readonly pixelKind: number;
  readonly shapeYx: Yx;
  readonly target: number;
  readonly targetYx: Yx;
  readonly alongY: AxisAddresses;
  readonly alongX: AxisAddresses;
  readonly scratch: number;
  /** Of every plane. */
  readonly scratchBytes: number;
}

/** Where the starts and weights of an axis are, see `ResizePlan`. */
export interface AxisAddresses {
  readonly taps: number;
  readonly starts: number;
  readonly weights: number;
}

/** Writes a job as numbers. */
export function writeResizeJob(job: ResizeJob, numbers: Float64Array): void {
  const { pass, slabs, source, sourceBytes, pixelKind, shapeYx, target, targetYx, alongY, alongX } = job;
  const axes = [alongY, alongX].flatMap(({ taps, starts, weights }) => [taps, starts, weights]);
  const planes = [source, sourceBytes, pixelKind, ...shapeYx, target, ...targetYx];
  numbers.set([pass, slabs, ...planes, ...axes, job.scratch, job.scratchBytes]);
}

/** Whether the numbers are those of a {@link ResizeJob}. */
export function isResizeJob(job: Float64Array): boolean {
  return job[0] === 2;
}

/** Resizes a plane of a job, given as numbers. */
export function doPlane(kernels: KernelFunctions, job: Float64Array, plane: number): void {
  const [height, width, targetHeight, targetWidth] = [job[5]!, job[6]!, job[8]!, job[9]!];
  kernels.resizePlane(
    job[2]! + plane * job[3]!,
    job[4]!,
    height,
    width,
    job[7]! + 4 * plane * targetHeight * targetWidth,
    targetHeight,
    targetWidth,
    job[10]!,
    job[11]!,
    job[12]!,
    job[13]!,
    job[14]!,
    job[15]!,
    job[16]! + plane * job[17]!,
  );
}
