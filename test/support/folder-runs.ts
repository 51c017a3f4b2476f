/** Corrections in a folder of a small acquisition, by one worker in this thread. */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { chooseProfileSource } from "../../src/parameters/profile-source.ts";
import type { RunEvent } from "../../src/parameters/run-events.ts";
import { type CorrectParameters, correctSchema } from "../../src/parameters/schema.ts";
import { correctImage } from "../../src/pipeline/correct-image.ts";
import type { Location } from "../../src/pipeline/places/location.ts";
import type { Platform } from "../../src/pipeline/threads/platform.ts";
import { writeSyntheticAcquisition } from "../../src/synthetic/write-acquisition.ts";
import { DirectoryStore } from "../../src/zarr/disk/directory-store-node.ts";

/** A machine without threads, reports and verdicts. */
export const plainPlatform: Platform = { availableWorkers: 1, processName: "test:1", isRunning: () => false };

/** A copy of one acquisition for every test: its image is `raw_image`. @returns the folder of the test that runs */
export function folderOfEachTest(): () => string {
  let [root, folder, count] = ["", "", 0];
  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), "isolux-runs-"));
    await writeSyntheticAcquisition(new DirectoryStore(root), "base", { codec: { kind: "none" } });
  });
  beforeEach(() => {
    folder = join(root, String(count++));
    cpSync(join(root, "base"), folder, { recursive: true, preserveTimestamps: true });
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  return () => folder;
}

/** Corrects an image of a folder into `out`. */
export function correctIn(
  store: DirectoryStore,
  given: Partial<CorrectParameters> = {},
  { source = "raw_image", events = [] }: { readonly source?: string; readonly events?: RunEvent[] } = {},
) {
  const parameters = correctSchema.parse({ image: "raw_image", fovList: [1], nZplanes: 3, ...given });
  const at = (key: string): Location => ({ store, key });
  const places = { source: at(source), erasable: at(source), output: { kind: "folder", ...at("out") } as const };
  const hooks = { report: (event: RunEvent) => void events.push(event), signal: new AbortController().signal };
  return correctImage({ places, parameters, profileSource: chooseProfileSource(parameters) }, plainPlatform, hooks);
}
