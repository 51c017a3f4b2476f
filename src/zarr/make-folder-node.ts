import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { codeOf } from "./storage-fault.ts";

/** Does something to a path, after making its folder where that is missing. */
export async function withFolder(path: string, task: () => Promise<void>): Promise<void> {
  try {
    await task();
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
    await makeFolder(dirname(path));
    await task();
  }
}

/** Makes a folder and those above it, one by one: Node's own way never ends where a file system refuses as /proc does. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await makeOne(folder);
  } catch (error) {
    if (codeOf(error) !== "ENOENT" || dirname(folder) === folder) throw error;
    await makeFolder(dirname(folder));
    await makeOne(folder);
  }
}

async function makeOne(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    // Another thread was there first
    if (codeOf(error) !== "EEXIST") throw error;
  }
}
