/** What the program loads before it answers. */
import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const dist = fileURLToPath(new URL("../../dist/", import.meta.url));

/** Files with all that they import at once, and their sizes. */
function loadedBy(paths: readonly string[], found = new Map<string, number>()): Map<string, number> {
  for (const path of paths) {
    if (found.has(path)) continue;
    const code = readFileSync(path, "utf8");
    found.set(path, code.length);
    const own = [...code.matchAll(/(?:^|;)(?:import|export)\b[^"';(]*["'](\.[^"']+)["']/gm)];
    loadedBy(
      own.map(([, name]) => join(dirname(path), name!)),
      found,
    );
  }
  return found;
}

it("help, the version and refusals come without the engine", () => {
  const program = readdirSync(join(dist, "program")).find((name) => /^program-.*\.js$/.test(name))!;
  const loaded = loadedBy([join(dist, "cli/main.js"), join(dist, "program", program)]);
  const names = [...loaded.keys()].map((path) => basename(path));
  expect(names.length).toBeGreaterThan(3);
  expect(names.filter((name) => name.startsWith("engine"))).toEqual([]);
  expect([...loaded.values()].reduce((sum, length) => sum + length)).toBeLessThan(200_000);
});
