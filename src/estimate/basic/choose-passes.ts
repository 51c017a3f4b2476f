import type { LadmapPlanes } from "./ladmap-kernels.ts";
import { doublePasses, type LadmapPasses } from "./ladmap-passes.ts";
import { singlePasses } from "./single-passes.ts";

/** Magnitudes for which neither squares of counts nor penalties leave the range of single precision. */
const singleRange = [1e-6, 1e12] as const;

/**
 * The passes for planes: planes in single precision are computed in it, four pixels at a time where there are kernels;
 * planes in double precision, and such as leave its range, in double precision.
 * @param imageNorm the Frobenius norm of all planes
 */
export function passesFor(planes: LadmapPlanes, imageNorm: number): LadmapPasses {
  const { image, residual, multiplier, weights } = planes;
  if (!(image instanceof Float32Array && residual instanceof Float32Array)) return doublePasses(planes);
  if (!(multiplier instanceof Float32Array && weights instanceof Float32Array)) return doublePasses(planes);
  const magnitude = imageNorm / Math.sqrt(image.length);
  if (!(magnitude >= singleRange[0] && magnitude <= singleRange[1])) return doublePasses(planes);
  return singlePasses({ ...planes, image, residual, multiplier, weights });
}
