import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

/** All files below a folder: their paths in it, sorted, and their bytes, one character each. */
export function contentsOf(folder: string): Map<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map((entry) => relative(folder, join(entry.parentPath, entry.name))).sort();
  return new Map(paths.map((path) => [path, readFileSync(join(folder, path), "latin1")]));
}
