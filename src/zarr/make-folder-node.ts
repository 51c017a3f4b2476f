import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { codeOf } from "./storage-fault.ts";

/** Does something to a path, after making its folder where that is missing. */
export async function withFolder(path: string, task: () => Promise<void>): Promise<void> {
  try {
    await task();
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
    makeFolder(dirname(path));
    await task();
  }
}

/**
 * Makes a folder and those above it, one by one: Node's own way never ends where a file system refuses as /proc does.
 * At once, as a writer that works on meanwhile would take notice late, and begin to write only then.
 */
function makeFolder(folder: string): void {
  try {
    makeOne(folder);
  } catch (error) {
    if (codeOf(error) !== "ENOENT" || dirname(folder) === folder) throw error;
    makeFolder(dirname(folder));
    makeOne(folder);
  }
}

function makeOne(folder: string): void {
  try {
    mkdirSync(folder);
  } catch (error) {
    // Another thread was there first
    if (codeOf(error) !== "EEXIST") throw error;
  }
}
