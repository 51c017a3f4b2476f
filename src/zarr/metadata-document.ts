/** Where the metadata of an array lie in a store. */

import { IsoluxError } from "../errors.ts";
import type { ArrayMetadata } from "./metadata.ts";
import { parseArrayMetadata, serializeArrayMetadata } from "./metadata-v2.ts";
import { joinKey, type ReadableStore, type WritableStore } from "./store.ts";

const documentName = ".zarray";

/**
 * The metadata of the array in the folder `key`.
 *
 * @throws IsoluxError `not-found` where there is none, `unsupported` or `corrupt` where it cannot be read
 */
export async function readArrayMetadata(store: ReadableStore, key: string): Promise<ArrayMetadata> {
  const documentKey = joinKey(key, documentName);
  const where = joinKey(store.location, documentKey);
  const bytes = await store.get(documentKey);
  if (bytes === undefined) throw await explainMissing(store, key);
  return parseArrayMetadata(parseJson(bytes, where), where);
}

/** Writes the metadata of an array into the folder `key`. @throws IsoluxError `storage` */
export async function writeArrayMetadata(store: WritableStore, key: string, metadata: ArrayMetadata): Promise<void> {
  await store.set(joinKey(key, documentName), serializeArrayMetadata(metadata));
}

function parseJson(bytes: Uint8Array, where: string): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : String(cause);
    throw new IsoluxError({
      kind: "corrupt",
      what: "The metadata of a Zarr array are no JSON",
      where,
      found,
      cause,
    });
  }
}

/** Says what there is instead of a `.zarray` document. */
async function explainMissing(store: ReadableStore, key: string): Promise<IsoluxError> {
  const where = joinKey(store.location, key);
  if ((await store.facts(joinKey(key, "zarr.json"))) !== undefined) {
    const found = "a zarr.json document of Zarr version 3";
    return new IsoluxError({
      kind: "unsupported",
      what: "This version of Zarr is not read yet",
      where,
      found,
      expected: "Zarr version 2",
    });
  }
  const isGroup = (await store.facts(joinKey(key, ".zgroup"))) !== undefined;
  return new IsoluxError({
    kind: "not-found",
    what: isGroup ? "This is a Zarr group and no array" : "There is no Zarr array",
    where,
    expected: "a .zarray document",
  });
}
