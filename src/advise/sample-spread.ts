/** How uneven the mean of planes is because of the sample: few parts of it do not average out. */
import { meanOf } from "../statistics.ts";
import { blocksOfPlane } from "./field-blocks.ts";
import { noShading, type Subject } from "./subject.ts";

/** What the spread is measured in. */
type SpreadSubject = Pick<Subject, "planes" | "fieldYx"> & { readonly sample: Pick<Subject["sample"], "planes"> };

/**
 * The unevenness that the mean of the planes has by chance, from how far means of single parts of the sample are apart:
 * a standard deviation over the field, in terms of the brightness. The mean over subjects.
 * @param viewsPerTile number of parts of the sample that the planes of a tile show, one behind the other
 */
export function sampleSpread(subjects: readonly SpreadSubject[], viewsPerTile: number): number {
  return meanOf(subjects.map((subject) => spreadOf(subject, viewsPerTile)));
}

function spreadOf(subject: SpreadSubject, viewsPerTile: number): number {
  const views = viewsOf(subject, viewsPerTile);
  if (views.length < 2) return Number.POSITIVE_INFINITY;
  const blocks = views[0]!.length;
  let variance = 0;
  for (let block = 0; block < blocks; block++) {
    const mean = meanOf(views.map((view) => view[block]!));
    const squares = views.reduce((sum, view) => sum + (view[block]! - mean) ** 2, 0);
    variance += squares / (views.length - 1) / views.length / blocks;
  }
  return Math.sqrt(variance);
}

/** Means over blocks of the field of the planes of each part of the sample, each plane in terms of its brightness. */
function viewsOf(subject: SpreadSubject, viewsPerTile: number): Float64Array[] {
  const { planes, sample } = subject;
  const shading = noShading(subject);
  const depth = 1 + Math.max(...sample.planes.map(({ plane }) => plane));
  const views = new Map<string, { readonly sum: Float64Array; count: number }>();
  for (const [n, { tileNumber, plane }] of sample.planes.entries()) {
    const blocks = blocksOfPlane(planes, n, shading);
    const mean = meanOf(blocks);
    if (!(mean > 0)) continue;
    const name = `${tileNumber}, ${Math.floor((plane * viewsPerTile) / depth)}`;
    const view = views.get(name) ?? { sum: new Float64Array(blocks.length), count: 0 };
    views.set(name, view);
    for (const [block, value] of blocks.entries()) view.sum[block]! += value / mean;
    view.count++;
  }
  return [...views.values()].map(({ sum, count }) => sum.map((value) => value / count));
}
