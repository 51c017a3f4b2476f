/** Images and profiles in the forms that other programs give them, see test/fixtures/inputs/make_fixtures.py. */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gunzipSync } from "fflate";
import { expect } from "vitest";
import { chooseProfileSource } from "../../src/parameters/profile-source.ts";
import type { RunEvent } from "../../src/parameters/run-events.ts";
import { correctSchema } from "../../src/parameters/schema.ts";
import { correctImage } from "../../src/pipeline/correct-image.ts";
import { locateCorrection } from "../../src/pipeline/places/locate-request-node.ts";
import { plainPlatform } from "./folder-runs.ts";
import { parseNpy } from "./npz.ts";
import { levelOf, pixelsOfArray } from "./pixels.ts";

const bundle = new URL("../fixtures/inputs/inputs.json.gz", import.meta.url);
const files = JSON.parse(new TextDecoder().decode(gunzipSync(readFileSync(bundle)))) as Record<string, string>;

/** A folder of its own with the files of one form. */
export async function unpack(form: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "isolux-forms-"));
  const own = Object.entries(files).filter(([path]) => path.startsWith(`${form}/`));
  if (own.length === 0) throw new Error(`no form is called ${form}`);
  for (const [path, content] of own) {
    const target = join(folder, path.slice(form.length + 1));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, Buffer.from(content, "base64"));
  }
  return folder;
}

/** One thread, and no verdict: that is tested elsewhere, and takes longer than these pixels. */
/** Corrects a form that is unpacked in a folder into `out`; the warnings. */
export async function correctForm(folder: string): Promise<readonly string[]> {
  const asked = {
    image: join(folder, "image.zarr"),
    modelsFolder: join(folder, "models"),
    output: join(folder, "out"),
  };
  const parameters = correctSchema.parse({ ...asked, workers: 1 });
  const profileSource = chooseProfileSource(parameters);
  const places = await locateCorrection(parameters, profileSource);
  const told: string[] = [];
  const report = (event: RunEvent) => void (event.kind === "warning" && told.push(event.text));
  const hooks = { report, signal: new AbortController().signal };
  await correctImage({ places, parameters, profileSource }, plainPlatform, hooks);
  return told;
}

/** Holds a corrected form against what NumPy made in doubles: singles may round a tie to the other side. */
export async function expectRight(folder: string): Promise<void> {
  const { shape, data } = parseNpy(Uint8Array.from(readFileSync(join(folder, "right.npy"))));
  const array = await levelOf(join(folder, "out"));
  expect(array.metadata.shape).toEqual(shape);
  const pixels = await pixelsOfArray(array);
  const apart = Array.from(pixels, (pixel, i) => Math.abs(pixel - data[i]!));
  expect(Math.max(...apart)).toBeLessThanOrEqual(1);
  expect(apart.filter((difference) => difference > 0).length).toBeLessThanOrEqual(0.01 * apart.length);
}
