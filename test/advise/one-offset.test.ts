/** One camera has one offset, whichever side the light comes from. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { writeScene } from "../../bench/truth/scene-files.mjs";
import { DirectoryStore, estimateProfiles, readModel } from "../../src/node.ts";
import { withVerdicts } from "../support/verdicts.ts";

let folder: string;
let image: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "isolux-offset-"));
  // Alone, one of its sides shows an offset and the other does not.
  ({ image } = await writeScene(folder, "two-sides-files", { size: 128, planes: 8, seed: 0 }));
});
afterAll(() => rmSync(folder, { recursive: true }));

const profilesOf = (output: string) =>
  Promise.all(
    (["Left", "Right"] as const).map(async (side) => {
      const { profile } = await readModel(new DirectoryStore(output), "", "488", "refuse", side);
      return profile;
    }),
  );

it("both sides are freed of the same offset, by choice and by name", async () => {
  withVerdicts();
  const chosen = join(folder, "chosen");
  const { verdict } = await estimateProfiles({ image, output: chosen, workers: 1 });
  expect(verdict).toMatchObject({ kind: "improved" });
  const [left, right] = await profilesOf(chosen);
  expect(left!.darkfield[0]).toBeGreaterThan(50);
  expect(right!.darkfield[0]).toBe(left!.darkfield[0]);
  const named = join(folder, "named");
  await estimateProfiles({ image, output: named, start: "even", refine: "auto", resolutionLevel: 0, workers: 1 });
  expect(await profilesOf(named)).toEqual([left, right]);
});
