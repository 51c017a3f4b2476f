import type { ArrayMetadata } from "../../src/zarr/metadata/metadata.ts";

/** The metadata of an uncompressed array of uint16 in Zarr 2, or of what differs from it. */
export function plainMetadata(
  shape: readonly number[],
  chunkShape: readonly number[],
  given: Partial<ArrayMetadata> = {},
): ArrayMetadata {
  const form = { zarrFormat: 2, type: "uint16", byteOrder: "little", order: "C", separator: "/" } as const;
  return { ...form, shape, chunkShape, fillValue: 0, codec: { kind: "none" }, ...given };
}
