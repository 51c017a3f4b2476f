/**
 * Steps on all planes between fits, plane by plane: in single precision by kernels and all threads of the fit; in
 * double precision, the specification, by plain loops.
 */
import { reading, writing } from "../../kernels/addresses.ts";
import { bytes, doubles, type Layout, layoutOf } from "../../kernels/layout.ts";
import { medianOfSorted } from "../../statistics.ts";
import type { Pause } from "../pause.ts";
import { sum } from "../vectors.ts";
import { areSingle, type Illumination, type LadmapPlanes, type Numbers, type SinglePlanes } from "./ladmap-passes.ts";
import { doTogether, eachPart } from "./team-job.ts";

/** Sets all values of one of the arrays of a fit. */
export async function fillPlanes(values: Numbers, value: number, planes: LadmapPlanes): Promise<void> {
  const { planeCount, pixelCount, team } = planes;
  if (values instanceof Float64Array) {
    values.fill(value);
    return;
  }
  const given = [eachPart(writing(values), pixelCount), pixelCount, value] as const;
  await doTogether({ kernel: "fillFloats", parts: planeCount, given }, team);
}

/** The Frobenius norm of all planes: squares are summed in two lanes by plane, and the remaining ones in a third. */
export async function normOfPlanes(planes: LadmapPlanes): Promise<number> {
  const { planeCount, pixelCount, memory, team } = planes;
  const mark = memory.mark();
  const sums = doubles(planeCount).take(memory);
  if (areSingle(planes)) {
    const given = [eachPart(reading(planes.image), pixelCount), pixelCount, eachPart(writing(sums), 1)] as const;
    await doTogether({ kernel: "sumSquares", parts: planeCount, given }, team);
  } else {
    sums.set(squaresInDouble(planes));
  }
  const norm = Math.sqrt(sum(sums));
  memory.release(mark);
  return norm;
}

function squaresInDouble({ image, planeCount, pixelCount }: LadmapPlanes): Float64Array {
  return Float64Array.from({ length: planeCount }, (_, n) => {
    const [from, to] = [n * pixelCount, (n + 1) * pixelCount];
    const pairs = to - (pixelCount % 2);
    let [a, b] = [0, 0];
    for (let i = from; i < pairs; i += 2) {
      a += image[i]! * image[i]!;
      b += image[i + 1]! * image[i + 1]!;
    }
    return a + b + (pairs < to ? image[pairs]! * image[pairs]! : 0);
  });
}

/** The illumination of one plane as kernels take it: flat-field and dark-field, and the plane's baseline. */
function lightOf({ flatfield, darkfield, baselines }: Illumination) {
  return [reading(flatfield), reading(darkfield), eachPart(reading(baselines), 1)] as const;
}

/** R becomes the planes minus the illumination. */
export async function leaveResiduals(planes: LadmapPlanes, illumination: Illumination): Promise<void> {
  const { planeCount, pixelCount, team } = planes;
  if (areSingle(planes)) {
    const { image, residual } = planes;
    const arrays = [eachPart(reading(image), pixelCount), eachPart(writing(residual), pixelCount)] as const;
    const given = [...arrays, pixelCount, ...lightOf(illumination)] as const;
    await doTogether({ kernel: "leaveResidual", parts: planeCount, given }, team);
    return;
  }
  const { image, residual } = planes;
  const { flatfield, darkfield, baselines } = illumination;
  for (let n = 0, i = 0; n < planeCount; n++) {
    const baseline = baselines[n]!;
    for (let p = 0; p < pixelCount; p++, i++) residual[i] = image[i]! - flatfield[p]! * baseline - darkfield[p]!;
  }
}

/** Y becomes `muSum · (I - mean illumination)`, limited by its weight, and R what its step makes of that. */
export async function takeUpPlanes(
  planes: LadmapPlanes,
  illumination: Illumination,
  mean: Illumination,
  muSum: number,
  inverseMu: number,
): Promise<void> {
  if (!areSingle(planes)) {
    takeUpInDouble(planes, illumination, mean, muSum, inverseMu);
    return;
  }
  const { planeCount, pixelCount, image, residual, multiplier, weights, team } = planes;
  const [read, written] = [
    (array: Float32Array) => eachPart(reading(array), pixelCount),
    (array: Float32Array) => eachPart(writing(array), pixelCount),
  ];
  const arrays = [read(image), written(residual), written(multiplier), read(weights), pixelCount] as const;
  const given = [...arrays, ...lightOf(illumination), ...lightOf(mean), planeCount, muSum, inverseMu] as const;
  await doTogether({ kernel: "takeUpPlane", parts: planeCount, given }, team);
}

function takeUpInDouble(
  { planeCount, pixelCount, image, residual, multiplier, weights }: LadmapPlanes,
  { flatfield, darkfield, baselines }: Illumination,
  mean: Illumination,
  muSum: number,
  inverseMu: number,
): void {
  for (let n = 0, i = 0; n < planeCount; n++) {
    const [baseline, baselineMean] = [baselines[n]!, mean.baselines[n]!];
    for (let p = 0; p < pixelCount; p++, i++) {
      const bound = weights[i]! / planeCount;
      const left = muSum * (image[i]! - mean.flatfield[p]! * baselineMean - mean.darkfield[p]!);
      const y = Math.min(Math.max(left, -bound), bound);
      const x = image[i]! + y * inverseMu;
      const unexplained = x - flatfield[p]! * baseline - darkfield[p]!;
      const limit = bound * inverseMu;
      multiplier[i] = y;
      residual[i] = unexplained > limit ? unexplained - limit : unexplained < -limit ? unexplained + limit : 0;
    }
  }
}

// Order statistics of every pixel over the planes.

/**
 * The most parts that the kernel's pixels are divided into, and how many pixels of every plane each part gathers at a
 * time.
 */
const [mostParts, gatheredPixels] = [16, 64];
/** Pixels that are sorted before the event loop gets a turn. */
export const pixelsAtOnce = 2048;

/** What {@link medianOverPlanes} allocates in the memory of the planes. */
export function medianLayout(
  planeCount: number,
  pixelCount: number,
): Layout<{ readonly medians: Float64Array; readonly scratch: Uint8Array }> {
  return layoutOf({ medians: doubles(pixelCount), scratch: bytes(mostParts * 4 * gatheredPixels * planeCount) });
}

/** The median of every pixel over the planes; of an even number of planes the middle of two values. */
export async function medianOverPlanes(planes: LadmapPlanes, pause: Pause): Promise<Float64Array> {
  if (areSingle(planes)) return await medianByKernel(planes);
  const { pixelCount } = planes;
  const median = new Float64Array(pixelCount);
  for (let from = 0; from < pixelCount; from += pixelsAtOnce) {
    medianInDouble(planes, from, Math.min(from + pixelsAtOnce, pixelCount), median);
    await pause();
  }
  return median;
}

async function medianByKernel({ planeCount, pixelCount, image, memory, team }: SinglePlanes): Promise<Float64Array> {
  const mark = memory.mark();
  const { medians, scratch } = medianLayout(planeCount, pixelCount).take(memory);
  const pixels = 4 * Math.ceil(pixelCount / mostParts / 4);
  const range = [planeCount, pixelCount, [0, pixels], pixels] as const;
  const ofPart = eachPart(writing(scratch), 4 * gatheredPixels * planeCount);
  const given = [reading(image), ...range, writing(medians), ofPart] as const;
  await doTogether({ kernel: "medianOfFloats", parts: Math.ceil(pixelCount / pixels), given }, team);
  const found = medians.slice();
  memory.release(mark);
  return found;
}

function medianInDouble(
  { planeCount, pixelCount, image }: LadmapPlanes,
  from: number,
  to: number,
  median: Float64Array,
): void {
  const values = new Float64Array(planeCount);
  for (let p = from; p < to; p++) {
    for (let n = 0; n < planeCount; n++) values[n] = image[n * pixelCount + p]!;
    median[p] = medianOfSorted(values.sort());
  }
}
