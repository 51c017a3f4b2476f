/** The arrays that a worker makes chunks in, allocated once per pass and used again for every chunk. */
import type { PixelLevel } from "../../acquisition/level.ts";
import { encodedChunkBytes } from "../../acquisition/reading-buffers.ts";
import { ChunkCache, chunksWorthKeeping } from "../../acquisition/rechunked-level.ts";
import { type CorrectionField, correctionFieldBytes } from "../../correct/field.ts";
import { KernelMemory } from "../../kernels/kernel-memory.ts";
import {
  allocatePixels,
  arrayBytes,
  type Czyx,
  elementCount,
  isSameShape,
  type PixelArray,
  type PixelType,
  type Yx,
} from "../../shapes.ts";
import { codecBytes, framingBytes } from "../../zarr/box.ts";
import type { ArrayMetadata } from "../../zarr/metadata/metadata.ts";
import { madeShape } from "../output/level-geometry.ts";
import type { MadePixels } from "./correct-chunk.ts";
import type { Pass } from "./passes.ts";
import { overlapsWithWork } from "./slab-plan.ts";
import { WholeChunk } from "./whole-chunk.ts";

/** Encoded bytes are aligned to blocks of a disk, so that they can be written without a copy. */
const blockBytes = 4096;

/** Bytes of the arrays that the chunks of an image's levels are made in. */
function bytesOfLevels(levels: readonly ArrayMetadata[]): number {
  const wholes = new Set<number>();
  let bytes = 0;
  for (const [index, { type, shape, chunkShape }] of levels.entries()) {
    const whole = arrayBytes(type, chunkShape);
    const made = arrayBytes(
      type,
      chunkShape.map((extent, axis) => Math.min(extent, shape[axis]!)),
    );
    bytes += index === 0 ? whole : made;
    if (index > 0 && made < whole) wholes.add(whole);
  }
  return bytes + [...wholes].reduce((sum, whole) => sum + whole, 0);
}

/**
 * The arrays that a worker works in, allocated once for a pass and used again for every chunk: one for the pixels of
 * each level, some for encoded bytes, one for the correction field in use. They lie in the kernels' memory where there
 * is one with enough space.
 */
export class ChunkMemory {
  private readonly memory: KernelMemory | undefined;
  private readonly start: number;
  private chunks = new Map<number, PixelArray>();
  /** By their length: those that what is made is put into to be encoded. */
  private wholes = new Map<number, WholeChunk>();
  /** For encoded bytes: one to read into, two to write from, one to read the source ahead into. */
  private buffers: Uint8Array[] = [];
  private turn = 1;
  private kept: ChunkCache | undefined;
  private pass: Pass | undefined;
  private readonly fieldBuffers: { readonly dark: Float32Array; readonly divisor: Float32Array } | undefined;
  private original: CorrectionField | undefined;
  private copy: CorrectionField | undefined;
  private copiedRows: Yx = [0, 0];

  /**
   * @param bytes what all arrays in use at a time may take
   * @param fieldLength pixels of the largest correction field
   */
  constructor(bytes: number, fieldLength: number) {
    this.memory = KernelMemory.open(bytes + 2 * 4 * fieldLength);
    const dark = this.memory?.floats(fieldLength);
    const divisor = this.memory?.floats(fieldLength);
    this.fieldBuffers = dark && divisor && { dark, divisor };
    this.start = this.memory?.mark() ?? 0;
  }

  /**
   * The memory for making images, one image at a time.
   * @param chunkCacheBytes bytes of the cache for a source that has other chunks
   */
  static forImages(
    images: readonly (readonly ArrayMetadata[])[],
    fields: readonly (readonly CorrectionField[])[],
    chunkCacheBytes = 0,
  ): ChunkMemory {
    const ofLevels = Math.max(0, ...images.map(bytesOfLevels));
    const largest = Math.max(0, ...images.flat().map(({ type, chunkShape }) => arrayBytes(type, chunkShape)));
    const encodedBuffers = overlapsWithWork(largest) ? 4 : 1;
    const fieldBytes = fields.flat().map(({ shapeYx }) => correctionFieldBytes(shapeYx));
    return new ChunkMemory(
      ofLevels + encodedBuffers * (largest + framingBytes + blockBytes) + codecBytes + chunkCacheBytes,
      Math.max(0, ...fieldBytes) / 8,
    );
  }

  /** Frees all arrays but the field's when another pass begins. */
  beginPass(pass: Pass): void {
    if (this.pass === pass || (this.pass?.image === pass.image && this.pass.baseLevel === pass.baseLevel)) return;
    this.pass = pass;
    this.chunks = new Map();
    this.wholes = new Map();
    this.buffers = [];
    this.kept = undefined;
    this.memory?.release(this.start);
  }

  /** The array for a chunk of level `index`; it still holds the chunk before. */
  chunk(index: number, { type, chunkShapeCzyx }: PixelLevel): PixelArray {
    return this.array(index, type, elementCount(chunkShapeCzyx));
  }

  /** The array that a chunk of level `index` is made in, of {@link madeShape}; it still holds the chunk before. */
  made(index: number, level: PixelLevel): PixelArray {
    return this.array(index, level.type, elementCount(madeShape(level)));
  }

  /** The whole chunk of what was made of a level, with the fill value around it; until the next one is asked for. */
  whole(level: PixelLevel, made: MadePixels): PixelArray {
    if (isSameShape(made.shapeCzyx, level.chunkShapeCzyx)) return made.pixels;
    return this.wholeChunk(level).around(made, level);
  }

  /** The array to read a finished chunk of level `index` into, which is used up before another one is made. */
  toReadBack(index: number, level: PixelLevel): PixelArray {
    if (index === 0 || isSameShape(madeShape(level), level.chunkShapeCzyx)) return this.chunk(index, level);
    return this.wholeChunk(level).toWriteInto();
  }

  private wholeChunk({ type, chunkShapeCzyx }: PixelLevel): WholeChunk {
    const length = elementCount(chunkShapeCzyx);
    const kept = this.wholes.get(length) ?? new WholeChunk(this.allocate(type, length));
    this.wholes.set(length, kept);
    return kept;
  }

  private array(index: number, type: PixelType, length: number): PixelArray {
    const kept = this.chunks.get(index);
    if (kept?.length === length) return kept;
    const pixels = this.allocate(type, length);
    this.chunks.set(index, pixels);
    return pixels;
  }

  private allocate(type: PixelType, length: number): PixelArray {
    return this.memory?.pixels(type, length) ?? allocatePixels(type, length);
  }

  /** The last chunks of a source, for chunks of another shape that are cut from them. */
  chunkCache(source: PixelLevel, chunkShapeCzyx: Czyx): ChunkCache {
    const chunkBytes = arrayBytes(source.type, source.chunkShapeCzyx);
    const count = chunksWorthKeeping(source.chunkShapeCzyx, chunkShapeCzyx, chunkBytes);
    // Levels count from 0 on
    this.kept ??= new ChunkCache(count, (slot) => ({
      pixels: this.chunk(-1 - slot, source),
      encoded: this.encoded(source),
    }));
    return this.kept;
  }

  /** The array to read encoded bytes into; the next call overwrites it. */
  encoded(level: PixelLevel): Uint8Array {
    return this.buffer(0, level);
  }

  /** The array to read the source's next encoded bytes into, while the chunk before is written. */
  incoming(source: PixelLevel): Uint8Array {
    return this.overlaps(source) ? this.buffer(3, source) : this.encoded(source);
  }

  /** An array for encoded bytes to be written: another one than last time, where writing overlaps with work. */
  outgoing(level: PixelLevel): Uint8Array {
    if (!this.overlaps(level)) return this.encoded(level);
    this.turn = 3 - this.turn;
    return this.buffer(this.turn, level);
  }

  /** Whether a chunk is small enough to be written while the next one is made. */
  overlaps({ type, chunkShapeCzyx }: PixelLevel): boolean {
    return overlapsWithWork(arrayBytes(type, chunkShapeCzyx));
  }

  private buffer(place: number, level: PixelLevel): Uint8Array {
    const length = encodedChunkBytes(level);
    const kept = this.buffers[place];
    if (kept !== undefined && kept.length >= length) return kept;
    const buffer = this.memory?.bytes(length, blockBytes) ?? new Uint8Array(length);
    this.buffers[place] = buffer;
    return buffer;
  }

  /**
   * A field's copy in the kernels' memory, which holds one; the field itself where there is no such memory. Where fields
   * take turns, as when single chunks of several channels are made, only the rows are copied that are wanted.
   * @param rows of the field that are used, half-open
   */
  resident(field: CorrectionField, rows: Yx = [0, field.shapeYx[0]]): CorrectionField {
    if (this.fieldBuffers === undefined || this.fieldBuffers.dark.length < field.dark.length) return field;
    if (this.copy === undefined || this.original !== field) {
      const { length } = field.dark;
      const dark = this.fieldBuffers.dark.subarray(0, length);
      const divisor = this.fieldBuffers.divisor.subarray(0, length);
      this.original = field;
      this.copy = { ...field, dark, divisor };
      this.copyRows(field, rows);
    } else if (rows[0] < this.copiedRows[0] || rows[1] > this.copiedRows[1]) {
      // Others will follow
      this.copyRows(field, [0, field.shapeYx[0]]);
    }
    return this.copy;
  }

  private copyRows({ dark, divisor, shapeYx: [, columns] }: CorrectionField, rows: Yx): void {
    const [from, to] = [rows[0] * columns, rows[1] * columns];
    this.copy!.dark.set(dark.subarray(from, to), from);
    this.copy!.divisor.set(divisor.subarray(from, to), from);
    this.copiedRows = rows;
  }
}
