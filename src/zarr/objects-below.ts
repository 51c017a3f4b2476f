import { joinKey, type ReadableStore } from "./store.ts";

/** The keys of all objects below a folder, sorted within each folder. */
export async function objectsBelow(store: ReadableStore, folder: string): Promise<string[]> {
  const keys: string[] = [];
  for (const { name, kind } of await store.list(folder)) {
    const key = joinKey(folder, name);
    if (kind === "folder") keys.push(...(await objectsBelow(store, key)));
    else keys.push(key);
  }
  return keys;
}
