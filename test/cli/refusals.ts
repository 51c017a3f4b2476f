/** What every refusal has to be: one sentence with the facts in it, an exit code, and no trace in the files. */
import { describe, expect, it } from "vitest";
import { isolux, listing, type World } from "./broken-world.ts";

/** What to break and to call, the exit code, and texts that the sentence must hold. */
export type Case = readonly [
  name: string,
  prepare: (world: World) => readonly string[] | Promise<readonly string[]>,
  code: 1 | 2,
  ...facts: (string | RegExp)[],
];

/** A test for each case, in a world of its own. */
export function itRefuses(title: string, cases: readonly Case[], makeWorld: () => World): void {
  describe(title, () => {
    it.each(cases.map((entry) => [entry[0], entry] as const))("%s", (_, entry) => refuses(entry, makeWorld()));
  });
}

async function refuses([, prepare, code, ...facts]: Case, world: World): Promise<void> {
  const args = await prepare(world);
  const before = listing(world.folder);
  const told = await isolux(...args, ...(args[0] === "init" ? [] : ["--quiet"]));
  // Warnings may come before the error.
  const ended = { ...told, stderr: told.stderr.replace(/^(warning: [^\n]+\n)+/, "") };
  expect({ ...ended, stderr: ended.stderr.slice(0, 8) }).toEqual({ code, stdout: "", stderr: "isolux: " });
  expect(ended.stderr).toMatch(/^isolux: [^\n]+[.?]\n$/);
  expect(ended.stderr).not.toMatch(/internal error|undefined|\bat .*:\d+:\d+|\[object/);
  for (const fact of facts) expect(ended.stderr).toMatch(fact instanceof RegExp ? fact : asPattern(fact));
  expect(listing(world.folder)).toEqual(before);
}

function asPattern(text: string): RegExp {
  return new RegExp(text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
}
