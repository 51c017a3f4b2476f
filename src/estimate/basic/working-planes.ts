/** The planes as the fit sees them: resized, in the fit's precision, with their first weights. */
import { IsoluxError } from "../../errors.ts";
import { KernelMemory } from "../../kernels/kernel-memory.ts";
import { loadKernels } from "../../kernels/load-kernels.ts";
import { elementCount, type Yx } from "../../shapes.ts";
import { weighBackground } from "./background-mask.ts";
import { checkFinite, checkLight } from "./check.ts";
import { FitTeam, type FitThreads, teamBytes } from "./fit-team.ts";
import type { ImageStack } from "./image-stack.ts";
import type { LadmapPlanes, Numbers } from "./ladmap-kernels.ts";
import { ladmapBytes } from "./ladmap-state.ts";
import type { BasicParameters } from "./parameters.ts";
import type { Pause } from "./pause.ts";
import { fillPlanes } from "./plane-steps.ts";
import { planesAtOnce, planResizing } from "./resize-planes.ts";
import { singlePassesBytes } from "./single-passes.ts";

/** How the large arrays of a fit are kept: `double` is the specification, `single` needs half as much. */
export type Precision = "single" | "double";

/** Where the arrays of a fit come from, and who works on them. */
export interface FitRoom {
  readonly precision: Precision;
  /** The memory of the kernels, where there is one. */
  readonly memory: KernelMemory | undefined;
  /** The threads that share it, where there are several. */
  readonly team: FitTeam | undefined;
}

/** For fewer pixels of all planes another thread would cost more than it spares. */
const fewestPixelsOfTeam = 2 ** 18;

/**
 * Makes room for planes of the given shapes, and starts the threads that help with them. In double precision
 * there is nothing to share: it is the specification.
 *
 * @param shapes of a plane of the stack and, where there is one, of its sample
 * @param moreBytes that are taken from the same memory
 */
export async function makeRoom(
  planeCount: number,
  shapes: readonly Yx[],
  precision: Precision,
  threads?: FitThreads,
  moreBytes = 0,
): Promise<FitRoom> {
  if (precision === "double") return { precision, memory: undefined, team: undefined };
  const planesBytes = (shapeYx: Yx) => {
    const pixels = elementCount(shapeYx);
    const arrays = 4 * (4 * planeCount * pixels + 16);
    return arrays + singlePassesBytes(planeCount, pixels) + ladmapBytes(planeCount, shapeYx);
  };
  const bytes = shapes.reduce((sum, shapeYx) => sum + planesBytes(shapeYx), teamBytes + moreBytes);
  const isLarge = planeCount * elementCount(shapes[0]!) >= fewestPixelsOfTeam;
  if (threads !== undefined && threads.count > 1 && isLarge && (await loadKernels("kernels-shared.wasm"))) {
    const memory = KernelMemory.openShared(bytes);
    if (memory !== undefined) return { precision, memory, team: FitTeam.start(memory, threads) };
  }
  return { precision, memory: KernelMemory.open(bytes), team: undefined };
}

/** The arrays of a fit, in the memory of the kernels where there is one; {@link loadPlanes} fills them. */
export function allocatePlanes(planeCount: number, pixelCount: number, room: FitRoom): LadmapPlanes {
  const { precision, memory, team } = room;
  const length = planeCount * pixelCount;
  const plain = (): Numbers => (precision === "single" ? new Float32Array(length) : new Float64Array(length));
  const allocate = () => memory?.floats(length) ?? plain();
  const [image, residual, multiplier, weights] = [allocate(), allocate(), allocate(), allocate()];
  return { planeCount, pixelCount, image, residual, multiplier, weights, ...(team && { team }) };
}

/**
 * Fills the image with the planes of a stack, resized to `workingYx`.
 *
 * @returns the smallest pixel
 * @throws {IsoluxError} kind `estimation` where there is nothing to fit: no light, or values that are no numbers
 */
export async function loadPlanes(
  stack: ImageStack,
  workingYx: Yx,
  { image, team }: LadmapPlanes,
  pause: Pause,
): Promise<number> {
  const { planeCount } = stack;
  const resize = planResizing(stack, workingYx, image, team);
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
 * Gives every pixel its first weight: 1, or with `autosegment` 0 where it is not background.
 *
 * @throws {IsoluxError} kind `estimation` where nothing is background
 */
export async function weighPlanes(
  stack: ImageStack,
  workingYx: Yx,
  parameters: BasicParameters,
  planes: LadmapPlanes,
): Promise<void> {
  const { image, weights } = planes;
  if (!parameters.autosegment) {
    await fillPlanes(weights, 1, planes);
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

/** Whether planes of a stack have to be resized to `workingYx`. */
function isResized({ shapeYx }: ImageStack, workingYx: Yx): boolean {
  return workingYx[0] !== shapeYx[0] || workingYx[1] !== shapeYx[1];
}
