/** The planes of a fit: resized, in the fit's precision, with their first weights. */
import { IsoluxError } from "../../errors.ts";
import { KernelMemory } from "../../kernels/kernel-memory.ts";
import { floats, type Layout, layoutOf } from "../../kernels/layout.ts";
import { loadSharedKernels } from "../../kernels/load-kernels.ts";
import { elementCount, type Yx } from "../../shapes.ts";
import { histogramOf, otsuThreshold } from "../otsu.ts";
import { FitTeam, type FitThreads, teamLayout } from "./fit-team.ts";
import { pathLayout } from "./ladmap.ts";
import type { LadmapPlanes, Numbers } from "./ladmap-passes.ts";
import { ladmapLayout } from "./ladmap-state.ts";
import type { BasicParameters, ImageStack } from "./parameters.ts";
import { fillPlanes } from "./plane-steps.ts";
import { singlePassesLayout } from "./single-passes.ts";

/** The precision of the large arrays of a fit: `double` is the specification, `single` needs half the memory. */
export type Precision = "single" | "double";

/** The memory of a fit's arrays, and the threads that work on them. */
export interface FitBuffers {
  readonly precision: Precision;
  readonly memory: KernelMemory;
  /** The threads that share it, where there are several. */
  readonly team: FitTeam | undefined;
}

/** With fewer pixels of all planes a helper thread would cost more than it saves. */
const fewestPixelsOfTeam = 2 ** 18;

/** The arrays of planes in single precision. */
function planesLayout(planeCount: number, pixelCount: number): Layout<Planes<Float32Array>> {
  const all = floats(planeCount * pixelCount);
  return layoutOf({ image: all, residual: all, multiplier: all, weights: all });
}

/** I, R, Y and W, see `LadmapPlanes`. */
type Planes<Precise extends Numbers> = Record<"image" | "residual" | "multiplier" | "weights", Precise>;

/**
 * Allocates memory for planes of the given shapes, and starts the threads that help with them. In double precision
 * nothing is shared: it is the specification, and its arrays lie outside of the kernels' memory.
 *
 * @param shapes of a plane of the stack and, where there is one, of its sample
 * @param moreBytes to be allocated in the same memory
 * @throws IsoluxError `memory` where there is not enough
 */
export async function allocateForFit(
  planeCount: number,
  shapes: readonly Yx[],
  precision: Precision,
  threads?: FitThreads,
  moreBytes = 0,
): Promise<FitBuffers> {
  const bytesFor = (shapeYx: Yx) => {
    const pixels = elementCount(shapeYx);
    const fit = ladmapLayout(planeCount, shapeYx).bytes + pathLayout(planeCount, pixels).bytes;
    if (precision === "double") return fit;
    return fit + planesLayout(planeCount, pixels).bytes + singlePassesLayout(planeCount, pixels).bytes;
  };
  const bytes = shapes.reduce((sum, shapeYx) => sum + bytesFor(shapeYx), teamLayout.bytes + moreBytes);
  const isLarge = planeCount * elementCount(shapes[0]!) >= fewestPixelsOfTeam;
  const isShared = precision === "single" && threads !== undefined && threads.count > 1 && isLarge;
  if (isShared && (await loadSharedKernels())) {
    const memory = KernelMemory.openShared(bytes);
    if (memory !== undefined) return { precision, memory, team: FitTeam.start(memory, threads) };
  }
  return { precision, memory: KernelMemory.need(bytes), team: undefined };
}

/** The arrays of a fit; {@link loadPlanes} fills them. */
export function allocatePlanes(planeCount: number, pixelCount: number, buffer: FitBuffers): LadmapPlanes {
  const { precision, memory, team } = buffer;
  const plain = () => new Float64Array(planeCount * pixelCount);
  const planes: Planes<Numbers> =
    precision === "single"
      ? planesLayout(planeCount, pixelCount).take(memory)
      : { image: plain(), residual: plain(), multiplier: plain(), weights: plain() };
  return { planeCount, pixelCount, ...planes, memory, team };
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

/**
 * Gives weight 1 to background and 0 to all else. Background is what is darker than the Otsu threshold of all planes
 * and farther than `margin` pixels from anything brighter in its plane.
 *
 * @param planes `[planeCount, y, x]`
 * @param wholeNumbers whether the planes hold whole numbers by their type, see {@link histogramOf}
 * @param weights as long as `planes`
 * @returns how many pixels are background
 */
function weighBackground(
  planes: Numbers,
  shapeYx: Yx,
  wholeNumbers: boolean,
  margin: number,
  weights: Numbers,
): number {
  const pixelCount = shapeYx[0] * shapeYx[1];
  const threshold = otsuThreshold(histogramOf(planes, wholeNumbers));
  const dark = new Uint8Array(pixelCount);
  const eroded = new Uint8Array(pixelCount);
  let background = 0;
  for (let offset = 0; offset < planes.length; offset += pixelCount) {
    for (let p = 0; p < pixelCount; p++) dark[p] = planes[offset + p]! < threshold ? 1 : 0;
    erodeByDisk(dark, shapeYx, margin, eroded);
    for (let p = 0; p < pixelCount; p++) {
      weights[offset + p] = eroded[p]!;
      background += eroded[p]!;
    }
  }
  return background;
}

/**
 * Erodes a mask by a disk: a pixel stays 1 where every pixel with `dy² + dx² <= radius²` is 1. What lies outside the
 * plane counts as 1.
 *
 * Every 0 spreads along its column first, then, by what is left of the radius, along the rows: the cost does not
 * depend on the radius.
 *
 * @param mask 0 or 1, `[y, x]`; not changed
 * @param eroded where the result goes, as long as `mask`
 */
export function erodeByDisk(mask: Uint8Array, shapeYx: Yx, radius: number, eroded: Uint8Array): void {
  const [height, width] = shapeYx;
  const distances = distancesAlongY(mask, shapeYx);
  const reach = Array.from({ length: radius + 1 }, (_, dy) => Math.floor(Math.sqrt(radius * radius - dy * dy)));
  const edges = new Int32Array(width + 1);
  for (let y = 0; y < height; y++) {
    edges.fill(0);
    for (let x = 0; x < width; x++) {
      const distance = distances[y * width + x]!;
      if (distance > radius) continue;
      edges[Math.max(0, x - reach[distance]!)]! += 1;
      edges[Math.min(width, x + reach[distance]! + 1)]! -= 1;
    }
    let covering = 0;
    for (let x = 0; x < width; x++) {
      covering += edges[x]!;
      eroded[y * width + x] = covering > 0 ? 0 : 1;
    }
  }
}

/** For every pixel the distance in rows to the nearest 0 of its column; more than any radius where there is none. */
function distancesAlongY(mask: Uint8Array, [height, width]: Yx): Int32Array {
  const none = 2 ** 30;
  const distances = new Int32Array(height * width);
  let at = 0;
  for (; at < width; at++) distances[at] = mask[at] === 0 ? 0 : none;
  for (; at < distances.length; at++) distances[at] = mask[at] === 0 ? 0 : Math.min(distances[at - width]! + 1, none);
  for (at -= width + 1; at >= 0; at--) distances[at] = Math.min(distances[at]!, distances[at + width]! + 1);
  return distances;
}
