/** What blocks are made of, and what takes their chunks. */
import type { Level, PixelLevel } from "../../acquisition/level.ts";
import type { CorrectionField } from "../../correct/field.ts";
import type { Czyx, PixelArray } from "../../shapes.ts";
import type { Tile } from "../../tiles/tile.ts";
import type { FinishedObjects } from "../record/journal.ts";
import type { ChunkInParts } from "./chunk-in-parts.ts";
import type { ChunkMemory } from "./chunk-memory.ts";
import type { MadePixels } from "./correct-chunk.ts";
import type { ValueCounts } from "./value-counts.ts";

/** Takes finished chunks: writes them into the output, or compares them with it. */
export interface ChunkSink {
  put(level: number, chunk: Czyx, pixels: PixelArray, clipped: readonly number[]): Promise<void>;
  /**
   * Takes a finished chunk of a coarse level by what of it is in the image, so that it is not made as a whole.
   * @returns whether it did: else it wants the whole chunk
   */
  putPart?(level: number, chunk: Czyx, made: MadePixels): Promise<boolean>;
  /** Whether chunks of a level are taken in parts of `partLength` pixels each. */
  takesParts?(level: number, partLength: number): boolean;
  /**
   * Begins a chunk that comes in parts, from its first planes on.
   * @param buffer for what it is encoded to
   * @param isStored as its pixels are, as it would not become smaller
   */
  beginParts?(level: number, chunk: Czyx, buffer: Uint8Array, isStored: boolean): ChunkInParts;
  /** Resolves when all chunks that were put are written. */
  flush?(): Promise<void>;
  /** Called when a block failed: objects that were begun for it are discarded. */
  giveUp?(): Promise<void>;
}

/** A chunk of a level as it is stored. */
export interface EncodedChunk {
  readonly level: number;
  readonly chunk: Czyx;
  /** `undefined` where it is nothing but the fill value, and so not stored. */
  readonly bytes: Uint8Array | undefined;
  /** The pixels that were clipped in it, in pairs for each slot of its channels. */
  readonly clipped: readonly number[];
}

/** What a runner works on. */
export interface BlockRunnerParts {
  /** The full resolution of the source; it is read in chunks as the output has them. */
  readonly source: PixelLevel;
  /** Levels of the output: a chunk that is finished already is read from them. */
  readonly output: readonly Level[];
  readonly tiles: readonly Tile[];
  /** Per channel. */
  readonly fields: readonly (readonly CorrectionField[])[];
  readonly finished: FinishedObjects;
  readonly sink: ChunkSink;
  readonly memory: ChunkMemory;
  /** Where the values of the coarsest level are counted. */
  readonly counts?: ValueCounts | undefined;
  readonly signal?: AbortSignal;
  /** Called with the bytes of pixels of the full resolution that are done, and the chunks that these are. */
  readonly onChunk?: (bytes: number, chunks: number) => void;
}
