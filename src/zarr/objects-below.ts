import { joinKey, type ReadableStore } from "./store.ts";

/** The keys of all objects below a folder, sorted within each folder; `undefined` where the store cannot list. */
export async function objectsBelow(store: ReadableStore, folder: string): Promise<string[] | undefined> {
  const keys: string[] = [];
  return (await collect(store, folder, keys)) ? keys : undefined;
}

/** Adds one key after the other: there may be millions, more than a call takes arguments. */
async function collect(store: ReadableStore, folder: string, keys: string[]): Promise<boolean> {
  const entries = await store.list(folder);
  if (entries === undefined) return false;
  for (const { name, kind } of entries) {
    const key = joinKey(folder, name);
    if (kind === "folder") await collect(store, key, keys);
    else keys.push(key);
  }
  return true;
}
