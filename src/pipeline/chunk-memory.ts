import { ChunkShelf, chunksWorthKeeping } from "../acquisition/chunk-shelf.ts";
import { Level } from "../acquisition/level.ts";
import type { PixelLevel } from "../acquisition/pixel-level.ts";
import { type CorrectionField, correctionFieldBytes } from "../correct/field.ts";
import { KernelMemory } from "../kernels/kernel-memory.ts";
import { allocatePixels, arrayBytes, type Czyx, elementCount, isSameShape, type PixelArray } from "../shapes.ts";
import type { ArrayMetadata } from "../zarr/metadata.ts";
import type { ChannelFields } from "./correct-chunk.ts";
import { codecBytes, encodedChunkBytes } from "./encoded-room.ts";
import type { Pass } from "./passes.ts";

/** Encoded bytes lie at whole blocks of a disk, so that they can be written without a copy. */
const blockBytes = 4096;
/** Chunks of more bytes are written before work goes on: room for one more is worth more than time. */
const mostOverlapping = 32 * 2 ** 20;

/** What is kept of a source whose chunks are not those of the output: they, and their encoded bytes. */
export function shelfBytes(source: PixelLevel, chunkShapeCzyx: Czyx): number {
  const own = source.chunkShapeCzyx;
  if (!(source instanceof Level) || isSameShape(own, chunkShapeCzyx)) return 0;
  const chunkBytes = arrayBytes(source.type, own);
  return chunksWorthKeeping(own, chunkShapeCzyx, chunkBytes) * chunkBytes + encodedChunkBytes(source);
}

/**
 * The arrays that a worker works in, taken once for a pass and used again for every chunk: one for the pixels of each
 * level, some for encoded bytes, one for the correction field in use. They lie in the kernels' memory where there is any
 * and room in it.
 */
export class ChunkMemory {
  private readonly memory: KernelMemory | undefined;
  private readonly start: number;
  private chunks = new Map<number, PixelArray>();
  /** For encoded bytes: one to read into, two to write from, one to read the source ahead into. */
  private rooms: Uint8Array[] = [];
  private turn = 1;
  private kept: ChunkShelf | undefined;
  private pass: Pass | undefined;
  private readonly fieldRoom: { readonly dark: Float32Array; readonly divisor: Float32Array } | undefined;
  private original: CorrectionField | undefined;
  private copy: CorrectionField | undefined;

  /**
   * @param bytes what all arrays that are in use at a time may take
   * @param fieldLength pixels of the largest correction field
   */
  constructor(bytes: number, fieldLength: number) {
    this.memory = KernelMemory.open(bytes + 2 * 4 * fieldLength);
    const dark = this.memory?.floats(fieldLength);
    const divisor = this.memory?.floats(fieldLength);
    this.fieldRoom = dark && divisor && { dark, divisor };
    this.start = this.memory?.mark() ?? 0;
  }

  /**
   * The memory for making images of these arrays, one image at a time.
   * @param shelfBytes what is kept of a source that has other chunks
   */
  static forImages(
    images: readonly (readonly ArrayMetadata[])[],
    fields: readonly ChannelFields[],
    shelfBytes = 0,
  ): ChunkMemory {
    const chunkBytes = images.map((levels) => levels.map(({ chunkShape, type }) => arrayBytes(type, chunkShape)));
    const ofLevels = Math.max(0, ...chunkBytes.map((bytes) => bytes.reduce((sum, one) => sum + one, 0)));
    const largest = Math.max(0, ...chunkBytes.flat());
    const fieldBytes = fields.flat().map(({ field }) => correctionFieldBytes(field.shapeYx));
    return new ChunkMemory(ofLevels + 4 * largest + codecBytes + shelfBytes, Math.max(0, ...fieldBytes) / 8);
  }

  /** Takes back all arrays but the field where another pass begins. */
  beginPass(pass: Pass): void {
    if (this.pass === pass || (this.pass?.image === pass.image && this.pass.baseLevel === pass.baseLevel)) return;
    this.pass = pass;
    this.chunks = new Map();
    this.rooms = [];
    this.kept = undefined;
    this.memory?.release(this.start);
  }

  /** The array for a chunk of level `index`, whose content is that of the chunk before. */
  chunk(index: number, { type, chunkShapeCzyx }: PixelLevel): PixelArray {
    const length = elementCount(chunkShapeCzyx);
    const kept = this.chunks.get(index);
    if (kept?.length === length) return kept;
    const pixels = this.memory?.pixels(type, length) ?? allocatePixels(type, length);
    this.chunks.set(index, pixels);
    return pixels;
  }

  /** The last chunks of a source, for chunks of another shape that are cut from them. */
  shelf(source: PixelLevel, chunkShapeCzyx: Czyx): ChunkShelf {
    const chunkBytes = arrayBytes(source.type, source.chunkShapeCzyx);
    const count = chunksWorthKeeping(source.chunkShapeCzyx, chunkShapeCzyx, chunkBytes);
    // Levels count from 0 on
    this.kept ??= new ChunkShelf(count, (slot) => ({
      pixels: this.chunk(-1 - slot, source),
      encoded: this.encoded(source),
    }));
    return this.kept;
  }

  /** The array for the encoded bytes that are read: what it holds is gone when it is next asked for. */
  encoded(level: PixelLevel): Uint8Array {
    return this.room(0, level);
  }

  /** The array for the encoded bytes of the source, which are read while the chunk before is written. */
  incoming(source: PixelLevel): Uint8Array {
    return this.overlaps(source) ? this.room(3, source) : this.encoded(source);
  }

  /** An array for encoded bytes to be written: not the same as the last time, where writing overlaps with work. */
  outgoing(level: PixelLevel): Uint8Array {
    if (!this.overlaps(level)) return this.encoded(level);
    this.turn = 3 - this.turn;
    return this.room(this.turn, level);
  }

  /** Whether a chunk is small enough to be written while the next one is made. */
  overlaps({ type, chunkShapeCzyx }: PixelLevel): boolean {
    return arrayBytes(type, chunkShapeCzyx) <= mostOverlapping;
  }

  private room(place: number, level: PixelLevel): Uint8Array {
    const length = encodedChunkBytes(level);
    const kept = this.rooms[place];
    if (kept !== undefined && kept.length >= length) return kept;
    const room = this.memory?.bytes(length, blockBytes) ?? new Uint8Array(length);
    this.rooms[place] = room;
    return room;
  }

  /** A field's copy in the kernels' memory, which has room for one; the field itself where there is none. */
  resident(field: CorrectionField): CorrectionField {
    if (this.fieldRoom === undefined || this.fieldRoom.dark.length < field.dark.length) return field;
    if (this.copy !== undefined && this.original === field) return this.copy;
    const { length } = field.dark;
    const dark = this.fieldRoom.dark.subarray(0, length);
    const divisor = this.fieldRoom.divisor.subarray(0, length);
    dark.set(field.dark);
    divisor.set(field.divisor);
    this.original = field;
    this.copy = { ...field, dark, divisor };
    return this.copy;
  }
}
