/** The field of the sampled planes in pieces, each of which can be read and worked on without the others. */
import type { PixelLevel } from "../acquisition/pixel-level.ts";
import type { Yx } from "../shapes.ts";
import type { SamplePlan } from "./plan-sample.ts";
import { countChunks } from "./read-planes.ts";

/** A rectangle of the field: half-open, from its first pixel. */
export interface FieldPiece {
  readonly startYx: Yx;
  readonly stopYx: Yx;
}

/** The field in pieces, and how many chunks are read for all of them. */
export interface FieldPieces {
  readonly pieces: readonly FieldPiece[];
  readonly reads: number;
}

/**
 * Cuts the field where chunks end below the first plane's tile. One piece takes little memory, and for tiles that all lie
 * over the chunks alike no chunk is read twice.
 *
 * @param mostReads how many times as often chunks may be read in pieces as for whole planes: up to four pieces take from
 *   one where tiles lie differently over the chunks
 * @returns `undefined` where they would be read more often: pieces do not pay then
 */
export function planPieces(level: PixelLevel, plan: SamplePlan, mostReads: number): FieldPieces | undefined {
  const [, , chunkRows, chunkColumns] = level.chunkShapeCzyx;
  const origin = plan.planes[0]?.box.start;
  if (origin === undefined) return undefined;
  const ys = cuts(origin[1], plan.fieldYx[0], chunkRows);
  const xs = cuts(origin[2], plan.fieldYx[1], chunkColumns);
  const pieces = ys.flatMap(([y0, y1]) => xs.map(([x0, x1]) => ({ startYx: [y0, x0], stopYx: [y1, x1] }) as const));
  const reads = pieces.reduce((sum, piece) => sum + countChunks(level, cropToPiece(plan, piece)), 0);
  return reads <= mostReads * countChunks(level, plan) ? { pieces, reads } : undefined;
}

/** The spans of 0 to `extent` between multiples of `chunk`, counted from `origin`. */
function cuts(origin: number, extent: number, chunk: number): [number, number][] {
  const spans: [number, number][] = [];
  for (let start = 0; start < extent; ) {
    const stop = Math.min(extent, (Math.floor((origin + start) / chunk) + 1) * chunk - origin);
    spans.push([start, stop]);
    start = stop;
  }
  return spans;
}

/** Rows and columns of a piece. */
export function pieceShape({ startYx, stopYx }: FieldPiece): Yx {
  return [stopYx[0] - startYx[0], stopYx[1] - startYx[1]];
}

/** The plan to read just a piece of every plane. */
export function cropToPiece(plan: SamplePlan, piece: FieldPiece): SamplePlan {
  const { startYx, stopYx } = piece;
  const planes = plan.planes.map(({ box, ...rest }) => ({
    ...rest,
    box: {
      start: [box.start[0], box.start[1] + startYx[0], box.start[2] + startYx[1]],
      stop: [box.stop[0], box.start[1] + stopYx[0], box.start[2] + stopYx[1]],
    } as const,
  }));
  return { ...plan, fieldYx: pieceShape(piece), planes };
}
