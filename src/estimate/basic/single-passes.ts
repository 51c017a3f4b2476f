/** The passes in single precision, slab by slab: by kernels where the planes lie in their memory, else by the twins. */
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

/** What the passes keep beside the planes. */
interface Room extends SingleIllumination {
  /** By slab and plane. */
  readonly planeSums: Float64Array;
  /** Of one slab. */
  readonly totals: Float64Array;
}

/** The bytes that the passes need in the planes' memory beside them. */
export function singlePassesBytes(planeCount: number, pixelCount: number): number {
  const slabs = Math.ceil(pixelCount / slabPixels(pixelCount));
  return 12 * pixelCount + 4 * planeCount + 8 * slabs * planeCount + 16 + 6 * 64;
}

/** The passes over planes. */
export function singlePasses(planes: SinglePlanes): LadmapPasses {
  const { planeCount, pixelCount, image, residual, multiplier, weights } = planes;
  const memory = memoryOf(image, residual, multiplier, weights);
  const inMemory = memory && takeRoom(memory, planeCount, pixelCount);
  const room = inMemory ?? allocateRoom(planeCount, pixelCount);
  const slab = inMemory ? kernelSlabs(planes, memory.functions, room) : twinSlabs(planes, room);
  const pixels = slabPixels(pixelCount);
  const slabs = Math.ceil(pixelCount / pixels);
  const bounds = (index: number) => [index * pixels, Math.min((index + 1) * pixels, pixelCount)] as const;
  const setIllumination = ({ flatfield, darkfield, baselines }: Illumination) => {
    room.flatfield.set(flatfield);
    room.darkfield.set(darkfield);
    room.baselines.set(baselines);
  };
  return {
    updateResiduals(illumination, mu, planeSums, pixelSums) {
      setIllumination(illumination);
      let squaredChange = 0;
      planeSums.fill(0);
      for (let index = 0; index < slabs; index++) {
        squaredChange += slab.residuals(...bounds(index), 1 / mu, 1 / (mu * planeCount), index);
        const sums = index * planeCount;
        for (let n = 0; n < planeCount; n++) planeSums[n]! += room.planeSums[sums + n]!;
      }
      pixelSums.set(room.pixelSums);
      return squaredChange;
    },
    updateMultipliers(illumination, mu, nextMu, pixelSums, totals) {
      setIllumination(illumination);
      totals.fill(0);
      for (let index = 0; index < slabs; index++) {
        slab.multipliers(...bounds(index), mu, 1 / nextMu);
        totals[0]! += room.totals[0]!;
        totals[1]! += room.totals[1]!;
      }
      pixelSums.set(room.pixelSums);
    },
  };
}

/** One slab's share of the passes. */
interface Slabs {
  residuals(from: number, to: number, inverseMu: number, threshold: number, index: number): number;
  multipliers(from: number, to: number, mu: number, inverseNextMu: number): void;
}

function twinSlabs(planes: SinglePlanes, room: Room): Slabs {
  const { planeCount } = planes;
  return {
    residuals(from, to, inverseMu, threshold, index) {
      const sums = room.planeSums.subarray(index * planeCount, (index + 1) * planeCount);
      return updateResidualsTwin(planes, room, from, to, inverseMu, threshold, sums);
    },
    multipliers(from, to, mu, inverseNextMu) {
      updateMultipliersTwin(planes, room, from, to, mu, inverseNextMu, room.totals);
    },
  };
}

function kernelSlabs(planes: SinglePlanes, functions: KernelFunctions, room: Room): Slabs {
  const { planeCount, pixelCount } = planes;
  const [image, residual, multiplier, weights] = [
    planes.image.byteOffset,
    planes.residual.byteOffset,
    planes.multiplier.byteOffset,
    planes.weights.byteOffset,
  ];
  const [flat, dark, baselines] = [room.flatfield.byteOffset, room.darkfield.byteOffset, room.baselines.byteOffset];
  const [pixelSums, totals] = [room.pixelSums.byteOffset, room.totals.byteOffset];
  return {
    residuals(from, to, inverseMu, threshold, index) {
      const planeSums = room.planeSums.byteOffset + 8 * index * planeCount;
      return functions.updateResiduals(
        image,
        residual,
        multiplier,
        weights,
        planeCount,
        pixelCount,
        from,
        to,
        flat,
        dark,
        baselines,
        inverseMu,
        threshold,
        planeSums,
        pixelSums,
      );
    },
    multipliers(from, to, mu, inverseNextMu) {
      functions.updateMultipliers(
        image,
        residual,
        multiplier,
        planeCount,
        pixelCount,
        from,
        to,
        flat,
        dark,
        baselines,
        mu,
        inverseNextMu,
        pixelSums,
        totals,
      );
    },
  };
}

function allocateRoom(planeCount: number, pixelCount: number): Room {
  const slabs = Math.ceil(pixelCount / slabPixels(pixelCount));
  return {
    flatfield: new Float32Array(pixelCount),
    darkfield: new Float32Array(pixelCount),
    pixelSums: new Float32Array(pixelCount),
    baselines: new Float32Array(planeCount),
    planeSums: new Float64Array(slabs * planeCount),
    totals: new Float64Array(2),
  };
}

function takeRoom(memory: KernelMemory, planeCount: number, pixelCount: number): Room | undefined {
  const slabs = Math.ceil(pixelCount / slabPixels(pixelCount));
  const [flatfield, darkfield, pixelSums] = [
    memory.floats(pixelCount),
    memory.floats(pixelCount),
    memory.floats(pixelCount),
  ];
  const baselines = memory.floats(planeCount);
  const [planeSums, totals] = [memory.doubles(slabs * planeCount), memory.doubles(2)];
  if (!flatfield || !darkfield || !pixelSums || !baselines || !planeSums || !totals) return undefined;
  return { flatfield, darkfield, pixelSums, baselines, planeSums, totals };
}
