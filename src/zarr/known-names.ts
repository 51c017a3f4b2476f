import { joinKey, type ReadableStore } from "./store.ts";

/** The names in a folder: all of them where the store can list, else those of `known` that are there, in that order. */
export async function namesIn(store: ReadableStore, folder: string, known: readonly string[]): Promise<string[]> {
  const entries = await store.list(folder);
  if (entries !== undefined) return entries.map(({ name }) => name);
  const facts = await Promise.all(known.map((name) => store.facts(joinKey(folder, name))));
  return known.filter((_, index) => facts[index] !== undefined);
}
