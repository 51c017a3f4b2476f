import * as zarr from "zarrita";
import { decodeBlosc } from "./codecs/blosc-decode.ts";
import { bloscByteCount } from "./codecs/blosc-format.ts";

/** The names of Blosc: in zarr version 3, and as zarrita translates those of version 2. */
const names = ["blosc", "numcodecs.blosc"];

let isLent = false;

/**
 * Lets zarrita decode Blosc with our own decoder, which is loaded anyway and can do without WebAssembly. Its own one,
 * c-blosc in WebAssembly, takes longer to start than a table of tiles to be read; it still encodes.
 */
export function lendBloscToZarrita(): void {
  if (isLent) return;
  isLent = true;
  for (const name of names) {
    const theirs = zarr.registry.get(name);
    if (theirs === undefined) continue;
    zarr.registry.set(name, async () => ({
      fromConfig: (config, chunk) => ({
        kind: "bytes_to_bytes",
        decode: (bytes: Uint8Array) => decodeBlosc(bytes, bloscByteCount(bytes), "Blosc"),
        encode: async (bytes: Uint8Array) => (await theirs()).fromConfig(config, chunk).encode(bytes),
      }),
    }));
  }
}
