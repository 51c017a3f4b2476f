/** An image that is written beside its source in a well of a plate is listed there, or no reader of the plate finds it. */
import { omeAttributes } from "../ngff/group.ts";
import { encodeJson, isJsonObject, type JsonObject, readJson } from "../zarr/json.ts";
import { joinKey, keyName, type WritableStore } from "../zarr/store.ts";
import type { Location, SourceLocation } from "./location.ts";

/** Others may list their images at the same time: what they undo is done again, so often at most. */
const tries = 3;

/**
 * Adds an output to the images of the well that its source is listed in; nothing where it is in no well, or listed.
 * @throws IsoluxError `storage`
 */
export async function listInWell(output: Location, source: SourceLocation): Promise<void> {
  const { store, key } = output;
  const well = parentOf(key);
  const [name, sourceName] = [keyName(key), keyName(source.key)];
  const isBeside = store.location === source.store.location && well === parentOf(source.key);
  if (!isBeside) return;
  for (let attempt = 0; attempt < tries; attempt++) {
    if (!(await addImage(store, well, name, sourceName))) return;
  }
}

function parentOf(key: string): string {
  return key.split("/").slice(0, -1).join("/");
}

/** @returns whether anything was to be written */
async function addImage(store: WritableStore, well: string, name: string, sourceName: string): Promise<boolean> {
  for (const document of [".zattrs", "zarr.json"]) {
    const at = joinKey(well, document);
    const found = await readJson(store, at);
    const images = found && imagesOf(document === ".zattrs" ? found : found.attributes);
    const own = images?.find(({ path }) => path === sourceName);
    if (images === undefined || own === undefined || images.some(({ path }) => path === name)) continue;
    images.push({ ...own, path: name });
    await store.set(at, encodeJson(found!));
    return true;
  }
  return false;
}

/** The list of images in the attributes of a well; `undefined` where they are not those of a well. */
function imagesOf(attributes: unknown): JsonObject[] | undefined {
  const well = isJsonObject(attributes) ? omeAttributes(attributes).well : undefined;
  const images = isJsonObject(well) ? well.images : undefined;
  return Array.isArray(images) && images.every(isJsonObject) ? (images as JsonObject[]) : undefined;
}
