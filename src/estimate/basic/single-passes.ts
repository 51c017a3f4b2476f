/**
 * The passes in single precision, some planes after the other: by kernels where the planes lie in their memory, by a team of threads
 * where they have one; else by the twins.
 */
import type { KernelFunctions } from "../../kernels/kernel-functions.ts";
import { type KernelMemory, memoryOf } from "../../kernels/kernel-memory.ts";
import type { Illumination } from "./ladmap-kernels.ts";
import type { LadmapPasses } from "./ladmap-passes.ts";
import {
  type SingleIllumination,
  type SinglePlanes,
  updateMultipliersTwin,
  updateResidualsTwin,
} from "./single-kernels.ts";
import { doTogether, type TeamJob } from "./team-job.ts";
import { narrow } from "./vectors.ts";

/** Planes fall into so many parts, or less. Sums are taken by part: these, not who computes them, decide how one is rounded. */
const mostParts = 16;

/** How many planes each part has, but for the last one: they pass in pairs. */
export function planesPerPart(planeCount: number): number {
  return 2 * Math.ceil(planeCount / mostParts / 2);
}

function partsOf(planeCount: number): number {
  return Math.ceil(planeCount / planesPerPart(planeCount));
}

/** What the passes keep beside the planes. */
interface Room extends SingleIllumination {
  readonly planeSums: Float64Array;
  /** By part and pixel. */
  readonly partSums: Float32Array;
  /** Two by part. */
  readonly totals: Float64Array;
}

/** The bytes that the passes need in the planes' memory beside them. */
export function singlePassesBytes(planeCount: number, pixelCount: number): number {
  const parts = partsOf(planeCount);
  return (8 + 4 * parts) * pixelCount + 12 * planeCount + 16 * parts + 6 * 64;
}

/** The passes over planes. */
export function singlePasses(planes: SinglePlanes): LadmapPasses {
  const { planeCount, pixelCount, image, residual, multiplier, weights } = planes;
  const memory = memoryOf(image, residual, multiplier, weights);
  const inMemory = memory && takeRoom(memory, planeCount, pixelCount);
  const room = inMemory ?? allocateRoom(planeCount, pixelCount);
  const doParts = inMemory ? kernelParts(planes, memory.functions, room) : twinParts(planes, room);
  const parts = partsOf(planeCount);
  const setIllumination = ({ flatfield, darkfield, baselines }: Illumination) => {
    narrow(flatfield, room.flatfield);
    narrow(darkfield, room.darkfield);
    narrow(baselines, room.baselines);
  };
  return {
    async updateResiduals(illumination, mu, planeSums, pixelSums) {
      setIllumination(illumination);
      await doParts(0, 1 / mu, 1 / (mu * planeCount));
      planeSums.set(room.planeSums);
      addParts(room.partSums, pixelSums);
      let squaredChange = 0;
      for (let part = 0; part < parts; part++) squaredChange += room.totals[2 * part]!;
      return squaredChange;
    },
    async updateMultipliers(illumination, mu, nextMu, pixelSums, totals) {
      setIllumination(illumination);
      await doParts(1, mu, 1 / nextMu);
      addParts(room.partSums, pixelSums);
      totals.fill(0);
      for (let part = 0; part < parts; part++) {
        totals[0]! += room.totals[2 * part]!;
        totals[1]! += room.totals[2 * part + 1]!;
      }
    },
  };
}

/** Adds up what was summed by pixel for each of several parts of the planes: one part after the other. */
function addParts(partSums: Float32Array, pixelSums: Float64Array): void {
  const memory = memoryOf(partSums, pixelSums);
  const pixelCount = pixelSums.length;
  if (memory !== undefined) {
    const parts = partSums.length / pixelCount;
    memory.functions.addParts(partSums.byteOffset, parts, pixelCount, pixelSums.byteOffset);
    return;
  }
  pixelSums.fill(0);
  for (let at = 0; at < partSums.length; at += pixelCount) {
    for (let p = 0; p < pixelCount; p++) pixelSums[p]! += partSums[at + p]!;
  }
}

/**
 * Does a pass over all parts, the first (0) with 1 / mu and the threshold, the second (1) with mu and 1 / the next mu.
 */
type DoParts = (pass: 0 | 1, ...scalars: readonly [number, number]) => Promise<void>;

function twinParts(planes: SinglePlanes, room: Room): DoParts {
  const { planeCount, pixelCount } = planes;
  const count = planesPerPart(planeCount);
  return async (pass, a, b) => {
    for (let part = 0; part < partsOf(planeCount); part++) {
      const [first, stop] = [part * count, Math.min((part + 1) * count, planeCount)];
      const totals = room.totals.subarray(2 * part, 2 * part + 2);
      const sums = room.partSums.subarray(part * pixelCount, (part + 1) * pixelCount);
      if (pass === 0) totals[0] = updateResidualsTwin(planes, room, first, stop, a, b, room.planeSums, sums);
      else updateMultipliersTwin(planes, room, first, stop, a, b, sums, totals);
    }
  };
}

function kernelParts(planes: SinglePlanes, kernels: KernelFunctions, room: Room): DoParts {
  const { planeCount, pixelCount, team } = planes;
  const parts = partsOf(planeCount);
  const count = planesPerPart(planeCount);
  const { image, residual, multiplier, weights } = planes;
  const arrays = [image.byteOffset, residual.byteOffset, multiplier.byteOffset] as const;
  const illumination = [room.flatfield.byteOffset, room.darkfield.byteOffset, room.baselines.byteOffset] as const;
  const range = [planeCount, pixelCount, [0, count], count] as const;
  const pixelSums = [room.partSums.byteOffset, 4 * pixelCount] as const;
  const totals = [room.totals.byteOffset, 16] as const;
  const sums = [room.planeSums.byteOffset, pixelSums, totals] as const;
  return async (pass, ...scalars) => {
    const common = [...range, ...illumination, ...scalars] as const;
    const job: TeamJob =
      pass === 0
        ? { kernel: "updateResiduals", parts, given: [...arrays, weights.byteOffset, ...common, ...sums] }
        : { kernel: "updateMultipliers", parts, given: [...arrays, ...common, pixelSums, totals] };
    await doTogether(kernels, job, team);
  };
}

function allocateRoom(planeCount: number, pixelCount: number): Room {
  const parts = partsOf(planeCount);
  return {
    flatfield: new Float32Array(pixelCount),
    darkfield: new Float32Array(pixelCount),
    baselines: new Float32Array(planeCount),
    planeSums: new Float64Array(planeCount),
    partSums: new Float32Array(parts * pixelCount),
    totals: new Float64Array(2 * parts),
  };
}

function takeRoom(memory: KernelMemory, planeCount: number, pixelCount: number): Room | undefined {
  const parts = partsOf(planeCount);
  const [flatfield, darkfield] = [memory.floats(pixelCount), memory.floats(pixelCount)];
  const [baselines, partSums] = [memory.floats(planeCount), memory.floats(parts * pixelCount)];
  const [planeSums, totals] = [memory.doubles(planeCount), memory.doubles(2 * parts)];
  if (!flatfield || !darkfield || !baselines || !planeSums || !partSums || !totals) return undefined;
  return { flatfield, darkfield, baselines, planeSums, partSums, totals };
}
