/** A profile from empty regions, piece of the field by piece, in several threads. */
import type { Acquisition } from "../acquisition/acquisition.ts";
import { Level } from "../acquisition/level.ts";
import type { PixelLevel } from "../acquisition/pixel-level.ts";
import { estimateFromSurveys, surveyBytes } from "../estimate/empty.ts";
import { type PieceSurvey, type SurveyRoom, surveyPiece } from "../estimate/empty-survey.ts";
import { cropToPiece, type FieldPiece, type FieldPieces, pieceShape, planPieces } from "../sample/field-pieces.ts";
import { PieceStack } from "../sample/piece-stack.ts";
import type { SamplePlan } from "../sample/plan-sample.ts";
import { type ReadHooks, readPlanes } from "../sample/read-planes.ts";
import { arrayBytes, elementCount, type Yx } from "../shapes.ts";
import type { ChannelEstimate, TaskHooks } from "./estimate-channel.ts";
import type { Place } from "./location.ts";
import { readingBytes } from "./plan.ts";
import { SurveyMemory, surveyPlanesBytes } from "./survey-memory.ts";
import { openSurveyRooms } from "./survey-rooms.ts";
import { takeTurns } from "./take-turns.ts";

/** A piece of the field of one channel's planes, to be surveyed. */
export interface PieceOrder {
  readonly channel: number;
  readonly plan: SamplePlan;
  readonly piece: FieldPiece;
  /** Where what is found is to lie, in memory that the threads share. */
  readonly room?: SurveyRoom;
}

/** How a sample is surveyed in pieces. */
export interface PiecePlan extends FieldPieces {
  readonly workers: number;
  /** An upper bound of what the survey and the estimate hold beside what the threads themselves need. */
  readonly projectedBytes: number;
}

/**
 * Plans to survey a sample in pieces, with as many workers as the memory allows; `undefined` where pieces do not pay or
 * do not fit.
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

/** The fewest rows and columns that none of the shapes exceeds. */
function largestShape(shapes: readonly Yx[]): Yx {
  return [Math.max(...shapes.map(([rows]) => rows)), Math.max(...shapes.map(([, columns]) => columns))];
}

function isRemote(level: PixelLevel): boolean {
  return level instanceof Level && level.array.store.isRemote === true;
}

/** How many times chunks may be read: decoded by all workers they cost less than whole planes do in one. */
const mostReads = 5;
/** What has to be fetched costs more. */
const mostRemoteReads = 2;

/** Chunks that a worker holds: the bytes read, the decoded chunk, one behind the planes, and what is not collected yet. */
const chunksInFlight = 4;

/** Workers that survey pieces of an acquisition. */
export interface SurveyPool {
  readonly size: number;
  /** Whether others than this thread work. */
  readonly isThreaded: boolean;
  survey(order: PieceOrder): Promise<PieceSurvey>;
  close(): Promise<void>;
}

/** Ways to follow and to stop the workers of a pool, and to hear of lost ones. */
export interface SurveyPoolHooks extends Pick<TaskHooks, "signal" | "onLost"> {
  /** Told when a chunk has been read. */
  readonly onRead?: () => void;
}

/** What the workers of a survey are told before their first piece. */
export interface SurveyJob {
  readonly source: Place;
}

/** Surveys pieces one after the other; keeps its working memory between them. */
export class PieceSurveyor {
  private readonly acquisition: Acquisition;
  private memory: SurveyMemory | undefined;

  constructor(acquisition: Acquisition) {
    this.acquisition = acquisition;
  }

  /** @throws IsoluxError as the reading of planes does */
  async survey({ channel, plan, piece, room: found }: PieceOrder, hooks: ReadHooks = {}): Promise<PieceSurvey> {
    const shapeYx = pieceShape(piece);
    const planeCount = plan.planes.length;
    const level = this.acquisition.levels[plan.level]!;
    if (!this.memory?.fits(level, planeCount, shapeYx)) {
      const [, , chunkRows, chunkColumns] = level.chunkShapeCzyx;
      const [rows, columns] = plan.fieldYx;
      const usual: Yx = [Math.min(rows, chunkRows), Math.min(columns, chunkColumns)];
      this.memory = new SurveyMemory(level, planeCount, largestShape([shapeYx, usual]));
    }
    const { pixels, room, scratch } = this.memory;
    const stack = new PieceStack(pixels, shapeYx);
    await readPlanes(this.acquisition, channel, cropToPiece(plan, piece), stack, { ...hooks, room });
    const planes = { pixels, planeCount, startYx: piece.startYx, shapeYx };
    return surveyPiece(planes, plan.fieldYx, scratch, found);
  }
}

/** A pool of one worker: this thread. */
export function inlineSurveyPool(acquisition: Acquisition, { signal, onRead }: SurveyPoolHooks): SurveyPool {
  const surveyor = new PieceSurveyor(acquisition);
  const hooks = { ...(signal && { signal }), onChunk: () => onRead?.() };
  return { size: 1, isThreaded: false, survey: (order) => surveyor.survey(order, hooks), close: async () => {} };
}

/**
 * Estimates the profile of a channel from its planes' pieces.
 * @throws IsoluxError as an estimate from empty regions does, or the reading of planes
 */
export async function estimateFromPieces(
  { levels }: Acquisition,
  openPool: (hooks: SurveyPoolHooks) => Promise<SurveyPool> | SurveyPool,
  { channel, plan, cameraOffset }: { channel: number; plan: SamplePlan; cameraOffset: number },
  { pieces, reads }: FieldPieces,
  { onProgress, ...hooks }: TaskHooks,
): Promise<Omit<ChannelEstimate, "alignment">> {
  const surveys: PieceSurvey[] = [];
  // Reading and medians are nearly all of the work. What a lost worker had read is read again.
  let read = 0;
  const onRead = () => onProgress?.(readingShare * Math.min(1, ++read / reads), 1);
  const pool = await openPool({ ...hooks, onRead });
  try {
    const { type } = levels[plan.level]!;
    const rooms = await openSurveyRooms(type, plan.planes.length, pieces, pool.isThreaded);
    await takeTurns(pool.size, pieces.entries(), hooks.signal, async ([index, piece]) => {
      const room = rooms?.[index];
      const survey = await pool.survey({ channel, plan, piece, ...(room && { room }) });
      // What comes from another thread is the same memory, but in arrays that this one's kernels do not know.
      surveys[index] = { ...survey, ...room };
    });
  } catch (error) {
    await pool.close();
    throw error;
  }
  // The workers end while the estimate is made.
  const closed = pool.close();
  const estimate = await estimateFromSurveys(surveys, plan.planes.length, plan.fieldYx, { cameraOffset }).finally(
    () => closed,
  );
  onProgress?.(1, 1);
  return { profile: estimate.profile, baselineMeaning: "offset", warnings: estimate.warnings };
}

/** The share of an estimate's work when all chunks have been read. */
const readingShare = 0.95;
