/**
 * Decides whether the planes of an estimate are held in memory or in a scratch file, and bounds the memory beside them.
 */
import { IsoluxError, unreachable } from "../../errors.ts";
import { sampleShape } from "../../estimate/basic/fast-fit.ts";
import { type FitSize, fitShape } from "../../estimate/basic/fit.ts";
import { singlePassesLayout } from "../../estimate/basic/single-passes.ts";
import type { Precision } from "../../estimate/basic/working-planes.ts";
import { estimateEmpty } from "../../estimate/empty/empty.ts";
import { medianScratch } from "../../estimate/empty/median.ts";
import { percentileBytes } from "../../estimate/empty/percentile.ts";
import { baselineStep, rowsPerBand } from "../../estimate/empty/planes.ts";
import { formatCount } from "../../quantities.ts";
import { type OverlapPlan, overlapBytes } from "../../sample/plan-overlaps.ts";
import type { SamplePlan } from "../../sample/plan-sample.ts";
import { arrayBytes, bytesPerPixel, elementCount, isSameShape, type PixelType, type Yx } from "../../shapes.ts";
import { processBytes, tooSmall } from "../blocks/plan.ts";
import type { EstimateMethod } from "./estimate-stack.ts";

/** How an estimation stays within its memory budget. */
export interface EstimateMemory {
  readonly stack: "memory" | "scratch";
  readonly bandBytes: number;
  /** An upper bound of what the estimation of one channel holds. */
  readonly projectedBytes: number;
}

/** Bytes of a band of the planes; the estimate from empty regions goes through them band by band. */
const bandBytes = 32e6;
/** A scratch file is written in batches, and an index of its pieces is held. */
const scratchBytes = 48e6;

/**
 * Decides whether the sampled planes are held in memory or in a scratch file.
 * @param chunkBytes bytes of a chunk of the sampled level
 * @throws IsoluxError `memory` where the estimation does not fit either way; says how much would do
 */
export function planEstimateMemory(
  type: PixelType,
  { planes, fieldYx }: SamplePlan,
  method: EstimateMethod,
  chunkBytes: number,
  memoryBytes: number,
  overlaps?: OverlapPlan,
): EstimateMemory {
  const stackBytes = planes.length * arrayBytes(type, fieldYx);
  const refining = overlaps === undefined ? 0 : refiningBytes(overlaps, method, planes.length);
  const working = Math.max(4 * chunkBytes, workingBytes(type, planes.length, fieldYx, method)) + refining;
  const available = memoryBytes - processBytes;
  const inMemory = stackBytes + working;
  if (inMemory <= available) return { stack: "memory", bandBytes, projectedBytes: inMemory };
  const needsAllPlanes = method.kind === "basic" && isSameShape(fitShape(method.parameters, fieldYx), fieldYx);
  const inScratch = scratchBytes + working;
  if (!needsAllPlanes && inScratch <= available) return { stack: "scratch", bandBytes, projectedBytes: inScratch };
  if (!needsAllPlanes) throw tooSmall("estimate a profile", memoryBytes, processBytes + Math.min(inMemory, inScratch));
  const smaller = Math.min(...fieldYx) > 128 ? "--working-size 128, " : "";
  throw new IsoluxError({
    kind: "memory",
    what: `The memory budget is too small for a BaSiC fit of ${formatCount(planes.length, "plane")} of ${fieldYx.join(" x ")} pixels`,
    found: `${Math.floor(memoryBytes / 1e6)}MB`,
    expected: `at least ${Math.ceil((processBytes + inMemory) / 1e6)}MB`,
    advice: `Give --memory that much, or ${smaller}a coarser --resolution-level or fewer --n-zplanes`,
  });
}

/** The memory of a refinement: the overlaps, images of the field, terms at coarse pixels, and planes less an offset. */
function refiningBytes(overlaps: OverlapPlan, method: EstimateMethod, planeCount: number): number {
  const { fieldYx, pairs } = overlaps;
  const needsPlanes = method.kind === "basic" && isSameShape(fitShape(method.parameters, fieldYx), fieldYx);
  const planes = needsPlanes ? 4 * planeCount * elementCount(fieldYx) : 0;
  return 1.5 * overlapBytes(overlaps) + 14 * 8 * elementCount(fieldYx) + pairs.length * 300e3 + planes;
}

/** I, R, Y and W, see `LadmapPlanes`. */
const arraysOfPlanes = 4;
/** Float64 images: the state of the fit, the result, and the transforms' tables, which prime sizes make large. */
const imagesOfFit = 36;

/**
 * The bytes that {@link fitBasic} needs at its peak, without the stack itself.
 *
 * @param shapeYx the shape of the planes
 */
export function basicFitBytes(planeCount: number, shapeYx: Yx, precision: Precision, size: FitSize): number {
  const bytesPerNumber = precision === "single" ? 4 : 8;
  const workingYx = fitShape(size, shapeYx);
  const sampleYx = size.solver === "fast" ? sampleShape(planeCount, workingYx, true) : undefined;
  const pixels = elementCount(workingYx) + (sampleYx ? elementCount(sampleYx) : 0);
  const largest = Math.max(pixels, elementCount(shapeYx));
  const passesBytes = precision === "single" ? singlePassesLayout(planeCount, pixels).bytes : 0;
  return planeCount * pixels * arraysOfPlanes * bytesPerNumber + passesBytes + largest * imagesOfFit * 8;
}

/** The memory of an estimation beside the sampled planes. */
function workingBytes(type: PixelType, planeCount: number, fieldYx: Yx, method: EstimateMethod): number {
  switch (method.kind) {
    case "empty":
      return estimateEmptyBytes(type, planeCount, fieldYx, bandBytes);
    case "basic": {
      const { parameters } = method;
      const fitYx = fitShape(parameters, fieldYx);
      const lessOffset = method.cameraOffset === 0 ? 0 : 4 * planeCount * elementCount(fieldYx);
      if (isSameShape(fitYx, fieldYx)) return basicFitBytes(planeCount, fieldYx, "single", parameters) + lessOffset;
      const resized = 4 * planeCount * elementCount(fitYx) + 6 * 8 * elementCount(fieldYx);
      return resized + basicFitBytes(planeCount, fitYx, "single", { solver: parameters.solver });
    }
    case "even":
      return 4 * 8 * elementCount(fieldYx);
    default:
      return unreachable(method);
  }
}

/** An upper bound of the memory that {@link estimateEmpty} allocates, beside the stack itself. */
export function estimateEmptyBytes(type: PixelType, planeCount: number, shapeYx: Yx, bandBytes: number): number {
  const rowBytes = planeCount * shapeYx[1] * bytesPerPixel(type);
  const bandRows = Math.min(shapeYx[0], rowsPerBand(rowBytes, bandBytes));
  // One band in use, two that wait for garbage collection; the median, its blur and the images between, the dark-field.
  const bands = 3 * bandRows * rowBytes;
  const images = 4 * 4 * elementCount(shapeYx);
  const quotients = 2 * 4 * planeCount * Math.ceil(bandRows / baselineStep) * Math.ceil(shapeYx[1] / baselineStep);
  const heap = 16e6 + planeCount * 64 * 8;
  return bands + images + quotients + percentileBytes + medianScratch(planeCount).bytes + heap;
}
