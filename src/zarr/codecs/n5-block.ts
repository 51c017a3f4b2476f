/**
 * Blocks of N5: a header with the extents of the block, then its pixels, compressed.
 *
 * @see https://github.com/saalfeldlab/n5#file-system-specification
 */
import type { N5BlockCodec } from "../metadata/metadata.ts";
import { corruptChunk } from "./corrupt-chunk.ts";

/** A block with pixels alone, and one that says how many items it has, which are then no pixels but lists. */
const [plain, counted] = [0, 1];

/** The parts of a block. */
interface N5Block {
  /** Extents, outer to inner; no larger than those of a complete block. */
  readonly shape: readonly number[];
  /** What follows the header. */
  readonly content: Uint8Array;
}

/** Reads the header of a block. @throws IsoluxError `corrupt` */
export function readN5Header({ shape: whole }: N5BlockCodec, bytes: Uint8Array, where: string): N5Block {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const mode = bytes.length < 4 ? undefined : view.getUint16(0);
  if (mode !== plain && mode !== counted) {
    const found = mode === undefined ? `${bytes.length} bytes` : `a block of mode ${mode}`;
    throw corruptChunk(where, found, "a block of N5 with pixels");
  }
  const axes = view.getUint16(2);
  const bodyStart = 4 + 4 * axes + (mode === counted ? 4 : 0);
  if (axes !== whole.length || bytes.length < bodyStart) {
    throw corruptChunk(where, `a header of ${axes} axes in ${bytes.length} bytes`, `one of ${whole.length} axes`);
  }
  const shape = whole.map((_, axis) => view.getUint32(4 + 4 * (axes - 1 - axis)));
  if (shape.some((extent, axis) => extent < 1 || extent > whole[axis]!)) {
    throw corruptChunk(where, `a block of ${shape.join(" x ")}`, `at most ${whole.join(" x ")}`);
  }
  const items = shape.reduce((product, extent) => product * extent, 1);
  if (mode === counted && view.getUint32(bodyStart - 4) !== items) {
    throw corruptChunk(where, `${view.getUint32(bodyStart - 4)} items`, `${items} pixels`);
  }
  return { shape, content: bytes.subarray(bodyStart) };
}
