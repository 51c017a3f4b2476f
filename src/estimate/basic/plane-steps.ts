/**
 * What happens to the planes between fits, plane by plane: by WebAssembly and all threads of the fit where everything lies
 * in one kernel memory, else by TypeScript, with the same bits.
 */
import { memoryOf } from "../../kernels/kernel-memory.ts";
import type { Illumination, LadmapPlanes, Numbers } from "./ladmap-kernels.ts";
import { doTogether } from "./team-job.ts";
import { sum } from "./vectors.ts";

/** Sets all values of one of the arrays of a fit. */
export async function fillPlanes(values: Numbers, value: number, planes: LadmapPlanes): Promise<void> {
  const { planeCount, pixelCount, team } = planes;
  const memory = memoryOf(values);
  if (memory === undefined || values instanceof Float64Array) {
    values.fill(value);
    return;
  }
  const eachPlane = [values.byteOffset, 4 * pixelCount] as const;
  const job = { kernel: "fillFloats", parts: planeCount, given: [eachPlane, pixelCount, value] } as const;
  await doTogether(memory.functions, job, team);
}

/** Divides all values of one of the arrays of a fit. */
export async function dividePlanes(values: Numbers, divisor: number, planes: LadmapPlanes): Promise<void> {
  const { planeCount, pixelCount, team } = planes;
  const memory = memoryOf(values);
  if (memory === undefined || values instanceof Float64Array) {
    for (let i = 0; i < values.length; i++) values[i]! /= divisor;
    return;
  }
  const eachPlane = [values.byteOffset, 4 * pixelCount] as const;
  const job = { kernel: "divideFloats", parts: planeCount, given: [eachPlane, pixelCount, divisor] } as const;
  await doTogether(memory.functions, job, team);
}

/** The Frobenius norm of all planes: squares are summed in two lanes by plane, and what is left over in a third. */
export async function normOfPlanes({ image, planeCount, pixelCount, team }: LadmapPlanes): Promise<number> {
  const memory = memoryOf(image);
  const mark = memory?.mark() ?? 0;
  const sums = memory?.doubles(planeCount);
  if (memory === undefined || sums === undefined || image instanceof Float64Array) {
    return Math.sqrt(sum(squaresByTwin(image, planeCount, pixelCount)));
  }
  const eachPlane = [image.byteOffset, 4 * pixelCount] as const;
  const eachSum = [sums.byteOffset, 8] as const;
  const job = { kernel: "sumSquares", parts: planeCount, given: [eachPlane, pixelCount, eachSum] } as const;
  await doTogether(memory.functions, job, team);
  const norm = Math.sqrt(sum(sums));
  memory.release(mark);
  return norm;
}

function squaresByTwin(image: Numbers, planeCount: number, pixelCount: number): Float64Array {
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

/** The pixels of planes at the same places of each, one after the other. */
export async function gatherPlanes(
  source: Numbers,
  pixelCount: number,
  places: Int32Array,
  target: Numbers,
  { planeCount, team }: LadmapPlanes,
): Promise<void> {
  const count = places.length;
  const memory = memoryOf(source, target, places);
  if (memory === undefined || source instanceof Float64Array) {
    for (let n = 0; n < planeCount; n++) {
      for (let p = 0; p < count; p++) target[n * count + p] = source[n * pixelCount + places[p]!]!;
    }
    return;
  }
  const [eachSource, eachTarget] = [
    [source.byteOffset, 4 * pixelCount] as const,
    [target.byteOffset, 4 * count] as const,
  ];
  const given = [eachSource, places.byteOffset, count, eachTarget] as const;
  await doTogether(memory.functions, { kernel: "gatherPixels", parts: planeCount, given }, team);
}

/** R becomes what the illumination leaves of the planes. */
export async function leaveResiduals(planes: LadmapPlanes, illumination: Illumination): Promise<void> {
  const { planeCount, pixelCount, image, residual, team } = planes;
  const { flatfield, darkfield, baselines } = illumination;
  const memory = memoryOf(image, residual, flatfield, darkfield, baselines);
  if (memory === undefined || image instanceof Float64Array) {
    for (let n = 0, i = 0; n < planeCount; n++) {
      const baseline = baselines[n]!;
      for (let p = 0; p < pixelCount; p++, i++) residual[i] = image[i]! - flatfield[p]! * baseline - darkfield[p]!;
    }
    return;
  }
  const stride = 4 * pixelCount;
  const arrays = [[image.byteOffset, stride] as const, [residual.byteOffset, stride] as const] as const;
  const light = [flatfield.byteOffset, darkfield.byteOffset, [baselines.byteOffset, 8]] as const;
  const given = [...arrays, pixelCount, ...light] as const;
  await doTogether(memory.functions, { kernel: "leaveResidual", parts: planeCount, given }, team);
}

/**
 * Y becomes `muSum · (I - mean illumination)`, but not more than its weight lets it be, and R what its step makes of that.
 */
export async function takeUpPlanes(
  planes: LadmapPlanes,
  illumination: Illumination,
  mean: Illumination,
  muSum: number,
  inverseMu: number,
): Promise<void> {
  const { planeCount, pixelCount, image, residual, multiplier, weights, team } = planes;
  const lights = [illumination, mean].flatMap(({ flatfield, darkfield, baselines }) => [
    flatfield,
    darkfield,
    baselines,
  ]);
  const memory = memoryOf(image, residual, multiplier, weights, ...lights);
  if (memory === undefined || image instanceof Float64Array) {
    takeUpByTwin(planes, illumination, mean, muSum, inverseMu);
    return;
  }
  const each = ({ byteOffset }: Numbers) => [byteOffset, 4 * pixelCount] as const;
  const light = ({ flatfield, darkfield, baselines }: Illumination) =>
    [flatfield.byteOffset, darkfield.byteOffset, [baselines.byteOffset, 8]] as const;
  const arrays = [each(image), each(residual), each(multiplier), each(weights)] as const;
  const scalars = [planeCount, muSum, inverseMu] as const;
  const given = [...arrays, pixelCount, ...light(illumination), ...light(mean), ...scalars] as const;
  await doTogether(memory.functions, { kernel: "takeUpPlane", parts: planeCount, given }, team);
}

function takeUpByTwin(
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
