/** Room for encoded chunks, which may be longer than their pixels, and for the codecs that work on them. */
import type { PixelLevel } from "../acquisition/pixel-level.ts";
import { arrayBytes } from "../shapes.ts";

/** What codecs take beside the chunk for a block that they work on. */
export const codecBytes = 4 * 2 ** 20;

/** Encoded bytes may be so much longer than pixels: headers and checksums. */
const framingBytes = 4096;

/** Bytes that an encoded chunk of a level has at most. */
export function encodedChunkBytes({ type, chunkShapeCzyx }: PixelLevel): number {
  return arrayBytes(type, chunkShapeCzyx) + framingBytes;
}
