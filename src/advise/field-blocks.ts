/** Planes as means over blocks of the field, corrected by a profile, and how even the dimmest of them are. */
import { blocksAcross, meansOfBlocks } from "../estimate/refine/dim-light.ts";
import type { Shading } from "../estimate/refine/overlap-data.ts";
import type { Profile } from "../profile/profile.ts";
import type { MemoryStack } from "../sample/plane-stack.ts";
import { elementCount } from "../shapes.ts";
import { meanOf } from "../statistics.ts";
import { noShading, type Subject } from "./subject.ts";

/** The means of a plane, corrected by a profile or as it is, over blocks of the field, C order. */
export function blocksOfPlane({ pixels, shapeYx }: MemoryStack, plane: number, shading: Shading): Float64Array {
  return meansOfBlocks(pixels, plane * elementCount(shapeYx), shading);
}

/** The share of the planes that are dimmer at a place than the value that is looked at: most of them show no sample. */
const dimShare = 0.1;
/** With fewer planes the dimmest of a block is not known. */
const fewestPlanes = 20;

/**
 * How uneven the light is where planes are dim: the standard deviation over the field of a low quantile of every block,
 * over its mean. Where the sample leaves every part of the field in some planes, and there is light beside it, this is
 * the error of the profile; else it is large whatever the profile is.
 * @returns the largest of all subjects; infinite where planes are too few
 */
export function dimUnevenness(subjects: readonly Subject[], profiles: readonly (Profile | undefined)[]): number {
  return Math.max(...subjects.map((subject, index) => ofSubject(subject, profiles[index])));
}

function ofSubject(subject: Subject, profile: Profile | undefined): number {
  const { planes } = subject;
  if (planes.planeCount < fewestPlanes) return Number.POSITIVE_INFINITY;
  const shading = profile ?? noShading(subject);
  const blocks = Array.from({ length: planes.planeCount }, (_, n) => blocksOfPlane(planes, n, shading));
  const dim = Float64Array.from({ length: blocksAcross ** 2 }, (_, block) => {
    const values = Float64Array.from(blocks, (plane) => plane[block]!).sort();
    return values[Math.floor(dimShare * values.length)]!;
  });
  const mean = meanOf(dim);
  const spread = Math.sqrt(meanOf(dim.map((value) => (value - mean) ** 2)));
  return mean > 0 ? spread / mean : Number.POSITIVE_INFINITY;
}
