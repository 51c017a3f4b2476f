/** Makes codecs use Node's own deflate, zstd and checksums, which are faster than the portable code. */

import { createHash } from "node:crypto";
import * as zlib from "node:zlib";
import { setCrc32 } from "./codecs/checksums.ts";
import { setDeflate } from "./codecs/gzip.ts";
import { setSha256 } from "./codecs/sha256.ts";
import { type NativeZstd, setNativeZstd } from "./codecs/zstd-engine.ts";

/**
 * Makes gzip and zlib chunks use Node's own deflate, which is several times faster than the portable one, and checksums
 * its CRC-32, where it has one: from 20.15 on.
 */
export function useNodeDeflate(): void {
  const { deflateRawSync, inflateRawSync } = zlib;
  setDeflate({
    noticesMore: true,
    // One byte more than expected reveals a stream that is too long.
    inflate: (bytes, expectedBytes) => inflateRawSync(bytes, { maxOutputLength: expectedBytes + 1 }),
    deflate: (bytes, level) => deflateRawSync(bytes, { level }),
  });
  setCrc32((zlib as Partial<typeof zlib>).crc32);
  setNativeZstd(nodeZstd);
}

/** Node's own, from 22.15 on, which the types do not declare yet. */
interface ZlibWithZstd {
  readonly zstdCompressSync?: (bytes: Uint8Array, options: object) => Uint8Array;
  readonly constants: { readonly ZSTD_c_compressionLevel?: number };
}

function nodeZstd(): NativeZstd | undefined {
  const { zstdCompressSync, constants } = zlib as unknown as ZlibWithZstd;
  const parameter = constants.ZSTD_c_compressionLevel;
  if (zstdCompressSync === undefined || parameter === undefined) return undefined;
  // In one piece, whatever becomes of the bytes
  const compress = (bytes: Uint8Array, level: number) =>
    zstdCompressSync(bytes, { params: { [parameter]: level }, chunkSize: bytes.length + (bytes.length >> 7) + 1024 });
  return { name: "libzstd of Node", compress };
}

/** Makes SHA-256 digests use Node, which is many times faster than the portable code. */
export function useNodeDigest(): void {
  setSha256((parts) => {
    const hash = createHash("sha256");
    for (const part of parts) hash.update(part);
    return hash.digest("hex");
  });
}
