import { joinKey, type ReadableStore } from "./store.ts";

/** The keys of all objects below a folder, sorted within each folder; `undefined` where the store cannot list. */
export async function objectsBelow(store: ReadableStore, folder: string): Promise<string[] | undefined> {
  const entries = await store.list(folder);
  if (entries === undefined) return undefined;
  const keys: string[] = [];
  for (const { name, kind } of entries) {
    const key = joinKey(folder, name);
    if (kind === "folder") keys.push(...((await objectsBelow(store, key)) ?? []));
    else keys.push(key);
  }
  return keys;
}
