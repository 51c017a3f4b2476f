import { bytesPerPixel } from "../../shapes.ts";
import type { Codec, FilterCodec } from "../metadata/metadata.ts";
import { zstdContentBounds } from "./zstd.ts";

/** How many bytes a codec makes of `bytes`, where that is always the same. */
export function encodedSize(codec: Codec, bytes: number): number | undefined {
  switch (codec.kind) {
    case "none":
      return bytes;
    case "crc32c": {
      const content = encodedSize(codec.of, bytes);
      return content === undefined ? undefined : content + 4;
    }
    case "shuffle":
    case "delta":
    case "scale":
      return filteredBytes(codec, bytes);
    default:
      return undefined;
  }
}

/** How many bytes become how many: 1 but for numbers that are stored as others. */
function filteredBytes(filter: FilterCodec, bytes: number): number {
  if (filter.kind !== "scale") return bytes;
  return (bytes / bytesPerPixel(filter.of.type)) * bytesPerPixel(filter.as.type);
}

/** What encoded bytes say of how many they were made of; `undefined` where they are broken or do not say it. */
export function contentSize(codec: Codec, bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (codec.kind) {
    case "blosc":
      return bytes.length < 16 ? undefined : view.getUint32(4, true);
    case "gzip":
      return bytes.length < 18 ? undefined : view.getUint32(bytes.length - 4, true);
    case "lz4":
      return bytes.length < 4 ? undefined : view.getUint32(0, true);
    case "zstd": {
      const bounds = zstdContentBounds(bytes);
      return bounds?.least === bounds?.most ? bounds?.most : undefined;
    }
    case "crc32c":
      return bytes.length < 4 ? undefined : contentSize(codec.of, bytes.subarray(0, bytes.length - 4));
    case "none":
    case "shuffle":
      return bytes.length;
    default:
      return undefined;
  }
}
