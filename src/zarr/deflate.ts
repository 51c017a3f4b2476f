/**
 * The deflate engine behind gzip and zlib: fflate, which runs everywhere, until somebody sets a faster one. Only raw
 * deflate streams pass here; their framing and checksums are in `codecs/gzip.ts`.
 */

import { deflateSync, inflateSync } from "fflate";

/** Raw deflate, both directions. */
export interface DeflateEngine {
  /**
   * Inflates a raw deflate stream that should hold `expectedBytes` bytes. It may stop once it has these: checksums tell
   * what held more.
   *
   * @throws anything where the stream is truncated or broken
   */
  inflate(bytes: Uint8Array, expectedBytes: number): Uint8Array;
  /** Deflates to a raw stream, at a level from 0 to 9. */
  deflate(bytes: Uint8Array, level: number): Uint8Array;
}

const fflateEngine: DeflateEngine = {
  inflate: (bytes, expectedBytes) => inflateSync(bytes, { out: new Uint8Array(expectedBytes) }),
  deflate: (bytes, level) => deflateSync(bytes, { level: level as 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 }),
};

let current = fflateEngine;

/** The engine in use. */
export function deflateEngine(): DeflateEngine {
  return current;
}

/** Sets the engine for this thread; the one from fflate again where none is given. */
export function setDeflate(engine: DeflateEngine = fflateEngine): void {
  current = engine;
}
