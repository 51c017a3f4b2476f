/** The proof of decoders and parsers by damaged inputs: what once failed does not again, and faults are found. */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const prove = (...words: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["scripts/prove-fuzz.mjs", ...words], {
    cwd: root,
    encoding: "utf8",
  });
  return { status, said: stdout + stderr };
};

it("what once failed is refused in time, memory and words", () => {
  const { status, said } = prove("58");
  const known = readdirSync(`${root}test/fixtures/fuzz`).length;
  expect(said).toContain(`58 inputs and ${known} that once failed`);
  expect({ status, said }).toMatchObject({ status: 0 });
});

it("finds what does not end, takes too much memory, throws something else or leaves a promise alone", () => {
  const { status, said } = prove("self-test");
  expect(status).toBe(1);
  expect(said).toMatch(/FAILED: endless, .*it did not end/);
  expect(said).toMatch(/FAILED: greedy, .*MB of memory/);
  expect(said).toMatch(/FAILED: no sentence, .*TypeError: undefined is not a function/);
  expect(said).toMatch(/FAILED: unawaited, .*a promise that was not awaited: Error: later/);
});
