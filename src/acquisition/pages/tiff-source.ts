import type { GeoTIFF } from "geotiff";
import { IsoluxError } from "../../errors.ts";
import { joinKey, type ReadableStore } from "../../zarr/store.ts";

type Source = Parameters<typeof GeoTIFF.fromSource>[0];
type Slice = Parameters<Source["fetchSlice"]>[0];

/** The bytes of an object as geotiff asks for them. */
export function storeSource(store: ReadableStore, key: string): Source {
  const read = async ({ offset, length }: Slice): Promise<ArrayBuffer> => {
    const bytes = await store.getRange(key, { kind: "slice", offset, length });
    if (bytes !== undefined) return new Uint8Array(bytes).buffer;
    throw new IsoluxError({ kind: "not-found", what: "The file is gone", where: joinKey(store.location, key) });
  };
  return {
    fetch: (slices) => Promise.all(slices.map(read)),
    fetchSlice: async (slice) => ({ ...slice, data: await read(slice) }),
    fileSize: null,
    close: () => Promise.resolve(),
  };
}
