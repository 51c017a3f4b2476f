/**
 * The messages between the main thread and its workers: names, numbers and memory that is transferred, never copied.
 */
import type { Fault } from "../../errors.ts";
import type { Place } from "../places/location.ts";
import type { Job, Progress, Result, TaskName } from "./tasks.ts";

/** To an idle thread: the source that it will probably read. */
export interface SourceNotice {
  readonly kind: "source";
  readonly source: Place;
}

/** The assignment of a worker to a task. */
export interface Assignment<Name extends TaskName> {
  readonly kind: Name;
  readonly job: Job<Name>;
  /** Distinguishes it from the other workers of the job. */
  readonly name: string;
}

/** From a worker. */
export type WorkerReport<Name extends TaskName = TaskName> =
  | { readonly kind: "ready" }
  | { readonly kind: "progress"; readonly progress: Progress<Name> }
  /** The result of the item that it was given. */
  | { readonly kind: "result"; readonly result: Result<Name> }
  | { readonly kind: "failed"; readonly fault: Fault };

/** The warning where a worker died and another repeated its work. */
export function lostWorker(found: string): string {
  return (
    `A worker thread ended unexpectedly (${found}); another does its work. ` +
    `If memory ran out, give fewer workers or a smaller memory budget.`
  );
}
