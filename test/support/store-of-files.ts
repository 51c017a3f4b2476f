/** Files that lie in a folder `in`, as a test names them. */
import { MemoryStore } from "../../src/zarr/memory-store.ts";

/** Contents by name: texts are encoded as UTF-8. */
export type Files = Readonly<Record<string, Uint8Array | string>>;

/** A store with files in the folder `in`. */
export async function storeOfFiles(files: Files): Promise<MemoryStore> {
  const store = new MemoryStore("data");
  for (const [name, content] of Object.entries(files)) {
    await store.set(`in/${name}`, typeof content === "string" ? new TextEncoder().encode(content) : content);
  }
  return store;
}
