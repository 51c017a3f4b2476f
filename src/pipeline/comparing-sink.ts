import type { Level } from "../acquisition/level.ts";
import { IsoluxError } from "../errors.ts";
import { type Czyx, elementCount, type PixelArray } from "../shapes.ts";
import { viewBytes } from "../zarr/pixel-bytes.ts";
import { joinKey } from "../zarr/store.ts";
import type { ChunkSink } from "./block-runner.ts";
import type { ChunkMemory } from "./chunk-memory.ts";

/** Compares chunks with those of the output, read back: nothing else proves that their source is no longer needed. */
export class ComparingSink implements ChunkSink {
  private readonly levels: readonly Level[];
  private readonly memory: ChunkMemory;

  /** @param memory for what is read back: other than that in which the chunks are made */
  constructor(levels: readonly Level[], memory: ChunkMemory) {
    this.levels = levels;
    this.memory = memory;
  }

  /** @throws IsoluxError `corrupt` naming a chunk that differs */
  async put(index: number, chunk: Czyx, wanted: PixelArray): Promise<void> {
    const level = this.levels[index]!;
    // Levels whose chunks are of one size share an array: as much is held as writing would hold.
    const room = {
      pixels: this.memory.chunk(elementCount(level.chunkShapeCzyx), level),
      encoded: this.memory.encoded(level),
    };
    const found = (await level.readChunk(chunk, room)) ?? room.pixels.fill(level.fillValue);
    if (sameBytes(found, wanted)) return;
    throw new IsoluxError({
      kind: "corrupt",
      what: "The output does not hold what was written: the source image is kept",
      where: joinKey(level.array.store.location, level.chunkKey(chunk)),
      advice: "The disk may be faulty: check it, remove the hidden folder that ends in .isolux, and run again",
    });
  }
}

/** By words of four bytes: numbers would not do, as NaN differs from itself. */
function sameBytes(a: PixelArray, b: PixelArray): boolean {
  if (a.byteLength !== b.byteLength) return false;
  const [left, right] =
    a.byteLength % 4 === 0 && a.byteOffset % 4 === 0 && b.byteOffset % 4 === 0
      ? [words(a), words(b)]
      : [viewBytes(a), viewBytes(b)];
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return false;
  return true;
}

function words({ buffer, byteOffset, byteLength }: PixelArray): Uint32Array {
  return new Uint32Array(buffer, byteOffset, byteLength / 4);
}
