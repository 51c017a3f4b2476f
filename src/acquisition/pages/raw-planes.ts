import { IsoluxError } from "../../errors.ts";
import type { Yx } from "../../shapes.ts";
import { joinKey, type ReadableStore } from "../../zarr/store.ts";
import { type PlaneSource, readPlain } from "./plane-source.ts";

/**
 * A file of nothing but pixels: uint16, little-endian, row by row and plane by plane.
 * @throws IsoluxError `not-found`, `corrupt` where the file's size is not that of the planes
 */
export async function openRawPlanes(
  store: ReadableStore,
  key: string,
  planeCount: number,
  shapeYx: Yx,
): Promise<PlaneSource> {
  const location = joinKey(store.location, key);
  const facts = await store.facts(key);
  if (facts === undefined) throw new IsoluxError({ kind: "not-found", what: "There is no such file", where: location });
  const [rows, columns] = shapeYx;
  const expectedBytes = 2 * planeCount * rows * columns;
  if (facts.bytes !== expectedBytes) {
    throw new IsoluxError({
      kind: "corrupt",
      what: "The size of the file is not that of the planes which its metadata describe",
      where: location,
      found: `${facts.bytes} bytes`,
      expected: `${expectedBytes} for ${planeCount} planes of ${rows} x ${columns} uint16`,
      advice:
        "An acquisition that was aborted, or whose pixels were binned, cannot be read from a file without a header",
    });
  }
  const readRows = (plane: number, start: number, stop: number) => {
    const offset = 2 * (plane * rows + start) * columns;
    return readPlain(store, key, { type: "uint16", isLittleEndian: true }, offset, (stop - start) * columns);
  };
  return { location, planeCount, shapeYx, typeName: "uint16", rowsAtOnce: 1, readRows };
}
