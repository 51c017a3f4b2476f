/** Writes a corrected image into a folder of the user's: an OME-Zarr, object by object. */
import { type CorrectedStore, IsoluxError } from "isolux";
import { NewFolder } from "./handle-files.ts";
import type { Progress } from "./messages.ts";

const documents = [".zgroup", ".zattrs", ".zarray", "zarr.json"];

/**
 * Writes an image into a new folder. What makes it an image is written last.
 * @throws IsoluxError `output` where the folder is there already, `interrupted`; then nothing of it stays
 */
export async function writeImage(
  store: CorrectedStore,
  place: FileSystemDirectoryHandle,
  name: string,
  hooks: { readonly signal: AbortSignal; readonly tell: (progress: Progress) => void },
): Promise<void> {
  const count = store.levels.reduce((sum, { chunkGridCzyx }) => sum + chunkGridCzyx.reduce((a, b) => a * b, 1), 0);
  await NewFolder.fill(place, name, async (folder) => {
    let done = 0;
    for (const key of objectsOf(store)) {
      if (hooks.signal.aborted) throw new IsoluxError({ kind: "interrupted", what: "Nothing was written" });
      await copy(store, key, folder);
      hooks.tell({ text: `Writing ${name}`, share: ++done / count });
    }
    for (const { array } of store.levels) for (const one of documents) await copy(store, `${array.key}/${one}`, folder);
    for (const key of await otherObjects(store, "")) await copy(store, key, folder);
    for (const one of documents) await copy(store, one, folder);
  });
}

/** Keys of chunks, level after level. */
function* objectsOf({ levels }: CorrectedStore): Generator<string> {
  for (const level of levels) {
    const [channels, planes, rows, columns] = level.chunkGridCzyx;
    for (let c = 0; c < channels; c++) {
      for (let z = 0; z < planes; z++) {
        for (let y = 0; y < rows; y++) for (let x = 0; x < columns; x++) yield level.chunkKey([c, z, y, x]);
      }
    }
  }
}

/** Keys of tables, labels and their like, below a folder. */
async function otherObjects(store: CorrectedStore, folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const { name, kind } of (await store.list(folder)) ?? []) {
    const key = folder === "" ? name : `${folder}/${name}`;
    if (kind === "folder") found.push(...(await otherObjects(store, key)));
    else if (!documents.includes(key)) found.push(key);
  }
  return found;
}

async function copy(store: CorrectedStore, key: string, folder: NewFolder): Promise<void> {
  const bytes = await store.get(key, { mostBytes: Number.POSITIVE_INFINITY });
  if (bytes !== undefined) await folder.put(key, bytes as Uint8Array<ArrayBuffer>);
}
