/** Resizing the planes of a stack to those of a fit: by the kernel and all threads of the fit, else by its twin. */
import { type KernelMemory, memoryOf } from "../../kernels/kernel-memory.ts";
import { elementCount, type Yx } from "../../shapes.ts";
import type { FitTeam } from "./fit-team.ts";
import type { ImageStack } from "./image-stack.ts";
import type { Numbers } from "./ladmap-kernels.ts";
import { type AxisPlan, planAxis, planResize, type ResizePlan, resizePlane } from "./resize.ts";
import { doTogether, type JobOf } from "./team-job.ts";
import { rangeOf } from "./vectors.ts";

/** Planes that are in the memory of the kernels at a time. */
export const planesAtOnce = 8;
const kindsOfPixels = [Uint8Array, Uint16Array, Float32Array, Float64Array];

/**
 * Resizes planes `[from, to)` of a stack into the image; at most {@link planesAtOnce}.
 * @returns the smallest and the largest pixel of each, NaN where any is
 */
export type ResizePlanes = (from: number, to: number) => Promise<Float64Array>;

/** The bytes that {@link planResizing} takes from the kernels' memory. */
export function resizingBytes({ pixels, shapeYx }: ImageStack, targetYx: Yx): number {
  const [alongY, alongX] = [planAxis(shapeYx[0], targetYx[0]), planAxis(shapeYx[1], targetYx[1])];
  const axisBytes = ({ starts, weights }: AxisPlan) => starts.byteLength + weights.byteLength + 2 * 64;
  const planeBytes = elementCount(shapeYx) * pixels.BYTES_PER_ELEMENT + scratchBytes(shapeYx, alongY) + 2 * 64;
  return planesAtOnce * (planeBytes + 16) + axisBytes(alongY) + axisBytes(alongX) + 64;
}

/**
 * Prepares the resizing of planes.
 *
 * @param image `[plane, y, x]` of planes of `targetYx`
 * @param team threads that share the image's memory
 */
export function planResizing(stack: ImageStack, targetYx: Yx, image: Numbers, team?: FitTeam): ResizePlanes {
  const plan = planResize(stack.shapeYx, targetYx);
  const memory = image instanceof Float32Array ? memoryOf(image) : undefined;
  return (memory && byKernel(stack, plan, image, memory, team)) ?? byTwin(stack, plan, image);
}

function byTwin({ pixels }: ImageStack, plan: ResizePlan, image: Numbers): ResizePlanes {
  const [sourceCount, targetCount] = [elementCount(plan.shapeYx), elementCount(plan.targetYx)];
  const isSame = plan.shapeYx.every((extent, axis) => extent === plan.targetYx[axis]);
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

/** What was taken from the memory is given back before anything else is taken: the planes are resized in one go. */
function byKernel(
  { pixels }: ImageStack,
  { shapeYx, targetYx, ...plan }: ResizePlan,
  image: Numbers,
  memory: KernelMemory,
  team: FitTeam | undefined,
): ResizePlanes | undefined {
  const [sourceCount, targetCount] = [elementCount(shapeYx), elementCount(targetYx)];
  const sourceBytes = sourceCount * pixels.BYTES_PER_ELEMENT;
  const bytesOfScratch = scratchBytes(shapeYx, plan.alongY);
  const mark = memory.mark();
  const slots = memory.bytes(planesAtOnce * sourceBytes);
  const scratch = memory.bytes(planesAtOnce * bytesOfScratch);
  const [alongY, alongX] = [placeAxis(plan.alongY, memory), placeAxis(plan.alongX, memory)];
  const ranges = memory.doubles(2 * planesAtOnce);
  memory.release(mark);
  if (!slots || !scratch || !alongY || !alongX || !ranges) return undefined;
  const pixelKind = kindsOfPixels.findIndex((kind) => pixels instanceof kind);
  const bytes = new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength);
  return async (from, to) => {
    slots.set(bytes.subarray(from * sourceBytes, to * sourceBytes));
    const target = [image.byteOffset + 4 * from * targetCount, 4 * targetCount] as const;
    const source = [slots.byteOffset, sourceBytes] as const;
    const job: JobOf<"resizePlane"> = {
      kernel: "resizePlane",
      parts: to - from,
      given: [
        ...([source, pixelKind, ...shapeYx, target, ...targetYx] as const),
        ...([...alongY, ...alongX, [scratch.byteOffset, bytesOfScratch], [ranges.byteOffset, 16]] as const),
      ],
    };
    await doTogether(memory.functions, job, team);
    return ranges;
  };
}

/** Taps, starts and weights of an axis, see `ResizePlan`, in the memory of the kernels. */
type AxisAddresses = readonly [taps: number, starts: number, weights: number];

function placeAxis({ taps, starts, weights }: AxisPlan, memory: KernelMemory): AxisAddresses | undefined {
  const [placedStarts, placedWeights] = [memory.integers(starts.length), memory.doubles(weights.length)];
  placedStarts?.set(starts);
  placedWeights?.set(weights);
  return placedStarts && placedWeights && [taps, placedStarts.byteOffset, placedWeights.byteOffset];
}

/** The rows that the kernel keeps, whole vectors of doubles. */
function scratchBytes([, width]: Yx, { taps }: AxisPlan): number {
  return 16 * Math.ceil(width / 2) * (taps + 1);
}
