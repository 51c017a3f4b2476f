/**
 * What the pipeline needs of the machine it runs on, given by the door that starts it: Node has threads and processes,
 * a browser has others, a test may have none.
 */
import type { WritableStore } from "../zarr/store.ts";
import type { BlockJob, BlockPool } from "./block-pool.ts";
import type { ChannelEstimate, EstimateTask } from "./estimate-channel.ts";

/** A store by which another thread can open it again. */
export type StoreLocator = { readonly kind: "directory"; readonly path: string };

/** A folder in a store, and how another thread finds it. */
export interface Location {
  readonly store: WritableStore;
  /** The folder's key in the store. */
  readonly key: string;
  readonly locator?: StoreLocator;
}

/** What another thread is told of a location. */
export type Place = Pick<Location, "key" | "locator">;

/** The part of a location that can be sent to another thread. */
export function placeOf({ key, locator }: Location): Place {
  return locator === undefined ? { key } : { key, locator };
}

/** Ways to follow and to stop a task in another thread; `done` and `total` count shares of the work. */
export interface TaskHooks {
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** The machine as the pipeline sees it. */
export interface Platform {
  /** How many threads run at once to good effect. */
  readonly availableWorkers: number;
  /** Names this process among all that may see the same folders. */
  readonly processName: string;
  /** Whether the process of that name still runs; true where that cannot be known. */
  isRunning(processName: string): boolean;
  /** A pool of threads that make blocks; without it they are made in this one. */
  createBlockPool?(job: BlockJob, workers: number, hooks: BlockPoolHooks): Promise<BlockPool>;
  /** Estimates a profile in a thread of its own; without it, in this one. */
  estimate?(task: EstimateTask, hooks: TaskHooks): Promise<ChannelEstimate>;
}

/** Ways to follow and to stop the workers of a pool. */
export interface BlockPoolHooks {
  readonly signal?: AbortSignal;
  /** Told the pixels' bytes of each full-resolution chunk that is done. */
  readonly onChunk?: (bytes: number) => void;
}
