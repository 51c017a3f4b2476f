import type { Acquisition } from "../acquisition/acquisition.ts";
import { sha256 } from "../profile/checksum.ts";
import { joinKey, type ReadableStore } from "../zarr/store.ts";

/** Facts of so many objects are asked for at a time. */
const factsAtOnce = 64;

/**
 * A digest by which a change of the source is noticed: the bytes of its metadata and tables, and name, size and time
 * of every chunk of the full resolution. Coarser levels are not read, so they may change.
 */
export async function fingerprintSource({ store, key, metadata }: Acquisition): Promise<string> {
  const lines: string[] = [];
  for (const name of [".zattrs", ...metadata.levels.map((level) => `${level.path}/.zarray`)]) {
    lines.push(`${name} ${await digestOf(store, joinKey(key, name))}`);
  }
  for (const name of await objectsBelow(store, joinKey(key, "tables"))) {
    lines.push(`${name} ${await digestOf(store, name)}`);
  }
  const chunks = await objectsBelow(store, joinKey(key, metadata.levels[0]!.path));
  for (let i = 0; i < chunks.length; i += factsAtOnce) {
    const names = chunks.slice(i, i + factsAtOnce);
    const facts = await Promise.all(names.map((name) => store.facts(name)));
    for (const [j, name] of names.entries()) lines.push(`${name} ${facts[j]?.bytes} ${facts[j]?.modifiedMs}`);
  }
  return sha256(new TextEncoder().encode(lines.join("\n")));
}

async function digestOf(store: ReadableStore, key: string): Promise<string> {
  const bytes = await store.get(key);
  return bytes === undefined ? "none" : sha256(bytes);
}

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
