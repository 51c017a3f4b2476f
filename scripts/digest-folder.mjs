import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Names and contents of all files below a folder, hidden ones too. */
export function digestFolder(path) {
  const hash = createHash("sha256");
  for (const entry of readdirSync(path, { recursive: true, withFileTypes: true })
    .map((e) => join(e.parentPath, e.name))
    .sort()) {
    hash.update(entry.slice(path.length));
    try {
      hash.update(readFileSync(entry));
    } catch (error) {
      if (error.code !== "EISDIR") throw error;
    }
  }
  return hash.digest("hex");
}
