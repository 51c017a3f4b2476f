/** What the main thread and its workers say to each other: names, numbers and memory that is handed over, never copied. */
import { type Fault, IsoluxError } from "../errors.ts";
import type { PieceSurvey } from "../estimate/empty-survey.ts";
import type { BlockJob } from "./block-pool.ts";
import type { ChannelEstimate, EstimateTask } from "./estimate-channel.ts";
import type { SurveyJob } from "./estimate-pieces.ts";
import type { Place } from "./location.ts";
import type { Pass } from "./passes.ts";

/** To a thread that waits: what it will probably be told to work on. */
export interface SourceNotice {
  readonly kind: "source";
  readonly source: Place;
}

/** What a worker is for: the first that it is told, but for a notice. */
export type WorkerAssignment =
  | { readonly kind: "blocks"; readonly job: BlockJob; readonly name: string }
  | { readonly kind: "survey"; readonly job: SurveyJob }
  | { readonly kind: "estimate"; readonly task: EstimateTask };

/** To a worker that makes blocks. */
export interface BlockOrder {
  readonly pass: Pass;
  readonly index: number;
}

/** From a worker. */
export type WorkerReport =
  | { readonly kind: "ready" }
  /** So many more chunks of the full resolution are done. */
  | { readonly kind: "chunks"; readonly chunks: number; readonly bytes: number }
  | { readonly kind: "blockDone" }
  | { readonly kind: "survey"; readonly survey: PieceSurvey }
  | { readonly kind: "progress"; readonly done: number; readonly total: number }
  | { readonly kind: "estimate"; readonly estimate: ChannelEstimate }
  | { readonly kind: "failed"; readonly fault: Fault };

/** An error in a form that survives the way between threads. */
export function faultOf(error: unknown): Fault {
  if (error instanceof IsoluxError) {
    const { kind, what, where, found, expected, advice } = error;
    return Object.fromEntries(
      Object.entries({ kind, what, where, found, expected, advice }).filter(([, value]) => value !== undefined),
    ) as unknown as Fault;
  }
  const cause = error instanceof Error ? error.stack : String(error);
  return { kind: "storage", what: "A worker thread failed", found: String(error), cause };
}
