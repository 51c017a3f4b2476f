/** Estimates a profile from empty regions one piece of the field at a time, in several threads. */
import type { Acquisition } from "../../acquisition/acquisition.ts";
import { Level, type PixelLevel } from "../../acquisition/level.ts";
import { estimateFromSurveys, surveyBytes } from "../../estimate/empty/empty.ts";
import { baselineStep, subsampledArea } from "../../estimate/empty/planes.ts";
import { type PieceSurvey, type SurveyBuffers, surveyPiece } from "../../estimate/empty/survey.ts";
import { KernelMemory } from "../../kernels/kernel-memory.ts";
import { floats, layoutOf, layoutOfAll, pixels } from "../../kernels/layout.ts";
import { loadSharedKernels } from "../../kernels/load-kernels.ts";
import type { SamplePlan } from "../../sample/plan-sample.ts";
import { PieceStack } from "../../sample/plane-stack.ts";
import { countChunks, type ReadHooks, readPlanes } from "../../sample/read-planes.ts";
import { arrayBytes, elementCount, isCameraType, type PixelType, type Yx } from "../../shapes.ts";
import { readingBytes } from "../blocks/plan.ts";
import type { TaskHooks } from "./estimate-channel.ts";
import type { ProfileEstimate } from "./estimate-stack.ts";
import { SurveyMemory, surveyPlanesBytes } from "./survey-memory.ts";

/** A piece of the field of one channel's planes, whose statistics are wanted. */
export interface PieceOrder {
  readonly channel: number;
  readonly plan: SamplePlan;
  readonly piece: FieldPiece;
  /** Shared memory for the results. */
  readonly buffer?: SurveyBuffers;
}

/** How a sample is divided into pieces. */
export interface PiecePlan extends FieldPieces {
  readonly workers: number;
  /** An upper bound of the memory of the survey and the estimate, beside what the threads themselves need. */
  readonly projectedBytes: number;
}

/**
 * Plans to survey a sample in pieces, with as many workers as the memory allows; `undefined` where pieces are slower
 * than whole planes or do not fit.
 */
export function planSurvey(
  { levels, type, readerBytes = 0 }: Acquisition,
  sample: SamplePlan,
  memoryBytes: number,
  mostWorkers: number,
): PiecePlan | undefined {
  const level = levels[sample.level]!;
  const planned = planPieces(level, sample, isRemote(level) ? mostRemoteReads : mostReads);
  if (planned === undefined || planned.pieces.length < 2) return undefined;
  const { pieces } = planned;
  const largestYx = largestShape(pieces.map(pieceShape));
  const chunkBytes = arrayBytes(type, level.chunkShapeCzyx);
  const perWorker =
    surveyPlanesBytes(level, sample.planes.length, largestYx) +
    4 * elementCount(largestYx) +
    chunksInFlight * chunkBytes;
  const shared = surveyBytes(type, sample.planes.length, sample.fieldYx);
  for (let workers = Math.min(mostWorkers, pieces.length); workers >= 1; workers--) {
    const projectedBytes = shared + workers * perWorker;
    if (readingBytes(workers, readerBytes) + projectedBytes <= memoryBytes)
      return { ...planned, workers, projectedBytes };
  }
  return undefined;
}

/** The largest number of rows and of columns among the shapes. */
function largestShape(shapes: readonly Yx[]): Yx {
  return [Math.max(...shapes.map(([rows]) => rows)), Math.max(...shapes.map(([, columns]) => columns))];
}

function isRemote(level: PixelLevel): boolean {
  return level instanceof Level && level.array.store.isRemote === true;
}

/** How many times a chunk may be read: decoded by all workers, that is faster than whole planes in one worker. */
const mostReads = 5;
/** The same for remote sources, where reading costs more. */
const mostRemoteReads = 2;

/** Chunks that a worker holds: the encoded bytes, the decoded chunk, one behind the planes, and uncollected garbage. */
const chunksInFlight = 4;

/** Surveys pieces, in worker threads or in the calling thread. */
export interface PieceSurveys {
  /** Whether worker threads do it. */
  readonly areThreaded: boolean;
  /**
   * @param onRead called with the number of chunks that were read since the last call
   * @returns the results, piece by piece
   */
  readonly survey: (orders: Iterable<PieceOrder>, onRead: (chunks: number) => void) => Promise<readonly PieceSurvey[]>;
}

/** Surveys pieces one after the other; keeps its working memory between them. */
export class PieceSurveyor {
  private readonly acquisition: Acquisition;
  private memory: SurveyMemory | undefined;

  constructor(acquisition: Acquisition) {
    this.acquisition = acquisition;
  }

  /** @throws IsoluxError as the reading of planes does */
  async survey({ channel, plan, piece, buffer: found }: PieceOrder, hooks: ReadHooks = {}): Promise<PieceSurvey> {
    const shapeYx = pieceShape(piece);
    const planeCount = plan.planes.length;
    const level = this.acquisition.levels[plan.level]!;
    if (!this.memory?.fits(level, planeCount, shapeYx)) {
      const [, , chunkRows, chunkColumns] = level.chunkShapeCzyx;
      const [rows, columns] = plan.fieldYx;
      const usual: Yx = [Math.min(rows, chunkRows), Math.min(columns, chunkColumns)];
      this.memory = new SurveyMemory(level, planeCount, largestShape([shapeYx, usual]));
    }
    const { pixels, buffer, scratch } = this.memory;
    const stack = new PieceStack(pixels, shapeYx);
    await readPlanes(this.acquisition, channel, cropToPiece(plan, piece), stack, { ...hooks, buffer });
    const planes = { pixels, planeCount, startYx: piece.startYx, shapeYx };
    return surveyPiece(planes, plan.fieldYx, scratch, found);
  }
}

/**
 * Estimates the profile of a channel from its planes' pieces.
 * @throws IsoluxError as an estimate from empty regions does, or the reading of planes
 */
export async function estimateFromPieces(
  { levels }: Acquisition,
  { areThreaded, survey }: PieceSurveys,
  { channel, plan, cameraOffset }: { channel: number; plan: SamplePlan; cameraOffset: number },
  { pieces, reads }: FieldPieces,
  { onProgress }: Pick<TaskHooks, "onProgress">,
): Promise<ProfileEstimate> {
  // Reading and medians are nearly all of the work. Chunks of a lost worker are read again.
  let read = 0;
  const onRead = (chunks: number) => {
    read += chunks;
    onProgress?.(readingShare * Math.min(1, read / reads), 1);
  };
  const { type } = levels[plan.level]!;
  const buffers = await openSurveyBuffers(type, plan.planes.length, pieces, areThreaded);
  const orders = pieces.map((piece, index) => ({ channel, plan, piece, buffer: buffers?.[index] }));
  const found = await survey(orders, onRead);
  // Results of another thread lie in shared memory, but in arrays that this thread's kernels cannot address.
  const surveys = found.map((one, index) => ({ ...one, ...buffers?.[index] }));
  const estimate = await estimateFromSurveys(surveys, plan.planes.length, plan.fieldYx, { cameraOffset });
  onProgress?.(1, 1);
  return { profile: estimate.profile, baselineMeaning: "offset", warnings: estimate.warnings };
}

/** The share of an estimate's work when all chunks have been read. */
const readingShare = 0.95;

/**
 * Buffers for the results of all pieces of a field, all in one memory of the kernels, which need no further copy.
 * `undefined` where there is no such memory: results then lie in arrays of their own.
 * @param isShared whether other threads write to it
 */
async function openSurveyBuffers(
  type: PixelType,
  planeCount: number,
  pieces: readonly FieldPiece[],
  isShared: boolean,
): Promise<readonly SurveyBuffers[] | undefined> {
  if (isShared && !(await loadSharedKernels())) return undefined;
  // Kernels support no other pixel types, and results outside of their memory are not shared between threads.
  if (!isCameraType(type)) return undefined;
  const counts = pieces.map((piece) => planeCount * subsampledArea(piece.startYx, pieceShape(piece), baselineStep));
  const ofPiece = (piece: FieldPiece, index: number) =>
    layoutOf({ median: floats(elementCount(pieceShape(piece))), background: pixels(type, counts[index]!) });
  const layout = layoutOfAll(pieces.map(ofPiece));
  const memory = isShared ? KernelMemory.openShared(layout.bytes) : KernelMemory.open(layout.bytes);
  return memory && layout.take(memory);
}

/** A rectangle of the field: half-open, from its first pixel. */
export interface FieldPiece {
  readonly startYx: Yx;
  readonly stopYx: Yx;
}

/** The field in pieces, and the total number of chunks that are read for them. */
interface FieldPieces {
  readonly pieces: readonly FieldPiece[];
  readonly reads: number;
}

/**
 * Divides the field at the chunk boundaries of the first plane's tile. A piece takes little memory, and where all tiles
 * have the same position relative to chunks no chunk is read twice.
 *
 * @param mostReads how many times as many chunks may be read as for whole planes: where tiles differ in that position,
 * up to four pieces read the same chunk
 * @returns `undefined` where more would be read: then pieces are slower
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

/** The plan for reading only a piece of every plane. */
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
