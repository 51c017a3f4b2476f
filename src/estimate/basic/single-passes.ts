/**
 * The passes in single precision, slab by slab: by kernels where the planes lie in their memory, by a team of threads
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
import { doSlab, type SlabJob, writeSlabJob } from "./slab-job.ts";
import { jobNumbers } from "./team-job.ts";

/**
 * A slab has so many pixels that what is kept for each of them (12 bytes) stays in the first-level cache, and small
 * planes fall into several. Sums are taken by slab: the slabs, not who computes them, decide how a sum is rounded.
 */
const [fewestPixels, mostPixels, wantedSlabs] = [64, 1024, 16];

/** How many pixels each slab of planes has, but for the last one. */
export function slabPixels(pixelCount: number): number {
  const even = 4 * Math.ceil(pixelCount / wantedSlabs / 4);
  return Math.min(Math.max(even, fewestPixels), mostPixels);
}

function slabsOf(pixelCount: number): number {
  return Math.ceil(pixelCount / slabPixels(pixelCount));
}

/** What the passes keep beside the planes. */
interface Room extends SingleIllumination {
  /** By slab and plane. */
  readonly planeSums: Float64Array;
  /** Two by slab. */
  readonly totals: Float64Array;
}

/** The bytes that the passes need in the planes' memory beside them. */
export function singlePassesBytes(planeCount: number, pixelCount: number): number {
  const slabs = slabsOf(pixelCount);
  return 12 * pixelCount + 4 * planeCount + 8 * slabs * (planeCount + 2) + 6 * 64;
}

/** The passes over planes. */
export function singlePasses(planes: SinglePlanes): LadmapPasses {
  const { planeCount, pixelCount, image, residual, multiplier, weights } = planes;
  const memory = memoryOf(image, residual, multiplier, weights);
  const inMemory = memory && takeRoom(memory, planeCount, pixelCount);
  const room = inMemory ?? allocateRoom(planeCount, pixelCount);
  const doSlabs = inMemory ? kernelSlabs(planes, memory.functions, room) : twinSlabs(planes, room);
  const slabs = slabsOf(pixelCount);
  const setIllumination = ({ flatfield, darkfield, baselines }: Illumination) => {
    room.flatfield.set(flatfield);
    room.darkfield.set(darkfield);
    room.baselines.set(baselines);
  };
  return {
    async updateResiduals(illumination, mu, planeSums, pixelSums) {
      setIllumination(illumination);
      await doSlabs(0, 1 / mu, 1 / (mu * planeCount));
      let squaredChange = 0;
      planeSums.fill(0);
      for (let index = 0; index < slabs; index++) {
        squaredChange += room.totals[2 * index]!;
        const sums = index * planeCount;
        for (let n = 0; n < planeCount; n++) planeSums[n]! += room.planeSums[sums + n]!;
      }
      pixelSums.set(room.pixelSums);
      return squaredChange;
    },
    async updateMultipliers(illumination, mu, nextMu, pixelSums, totals) {
      setIllumination(illumination);
      await doSlabs(1, mu, 1 / nextMu);
      totals.fill(0);
      for (let index = 0; index < slabs; index++) {
        totals[0]! += room.totals[2 * index]!;
        totals[1]! += room.totals[2 * index + 1]!;
      }
      pixelSums.set(room.pixelSums);
    },
  };
}

/** Does a pass over all slabs; the scalars are those of {@link SlabJob}. */
type DoSlabs = (pass: SlabJob["pass"], ...scalars: SlabJob["scalars"]) => Promise<void>;

function twinSlabs(planes: SinglePlanes, room: Room): DoSlabs {
  const { planeCount, pixelCount } = planes;
  const pixels = slabPixels(pixelCount);
  return async (pass, first, second) => {
    for (let index = 0; index < slabsOf(pixelCount); index++) {
      const [from, to] = [index * pixels, Math.min((index + 1) * pixels, pixelCount)];
      const totals = room.totals.subarray(2 * index, 2 * index + 2);
      if (pass === 0) {
        const sums = room.planeSums.subarray(index * planeCount, (index + 1) * planeCount);
        totals[0] = updateResidualsTwin(planes, room, from, to, first, second, sums);
      } else {
        updateMultipliersTwin(planes, room, from, to, first, second, totals);
      }
    }
  };
}

function kernelSlabs(planes: SinglePlanes, kernels: KernelFunctions, room: Room): DoSlabs {
  const { planeCount, pixelCount, team } = planes;
  const slabs = slabsOf(pixelCount);
  const common: Omit<SlabJob, "pass" | "scalars"> = {
    slabs,
    slabPixels: slabPixels(pixelCount),
    image: planes.image.byteOffset,
    residual: planes.residual.byteOffset,
    multiplier: planes.multiplier.byteOffset,
    weights: planes.weights.byteOffset,
    planeCount,
    pixelCount,
    flatfield: room.flatfield.byteOffset,
    darkfield: room.darkfield.byteOffset,
    baselines: room.baselines.byteOffset,
    pixelSums: room.pixelSums.byteOffset,
    planeSums: room.planeSums.byteOffset,
    totals: room.totals.byteOffset,
  };
  const numbers = new Float64Array(jobNumbers);
  const doubles = new Float64Array(room.totals.buffer);
  return async (pass, ...scalars) => {
    const job = { ...common, pass, scalars };
    if (team !== undefined) return team.run(job);
    writeSlabJob(job, numbers);
    for (let slab = 0; slab < slabs; slab++) doSlab(kernels, numbers, slab, doubles);
  };
}

function allocateRoom(planeCount: number, pixelCount: number): Room {
  const slabs = slabsOf(pixelCount);
  return {
    flatfield: new Float32Array(pixelCount),
    darkfield: new Float32Array(pixelCount),
    pixelSums: new Float32Array(pixelCount),
    baselines: new Float32Array(planeCount),
    planeSums: new Float64Array(slabs * planeCount),
    totals: new Float64Array(2 * slabs),
  };
}

function takeRoom(memory: KernelMemory, planeCount: number, pixelCount: number): Room | undefined {
  const slabs = slabsOf(pixelCount);
  const [flatfield, darkfield, pixelSums] = [
    memory.floats(pixelCount),
    memory.floats(pixelCount),
    memory.floats(pixelCount),
  ];
  const baselines = memory.floats(planeCount);
  const [planeSums, totals] = [memory.doubles(slabs * planeCount), memory.doubles(2 * slabs)];
  if (!flatfield || !darkfield || !pixelSums || !baselines || !planeSums || !totals) return undefined;
  return { flatfield, darkfield, pixelSums, baselines, planeSums, totals };
}
