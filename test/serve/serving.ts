/** Synthetic images on a disk, corrected as files and as what is served, by profiles that were given. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { correctImage, DirectoryStore } from "../../src/node.ts";
import { correctSchema } from "../../src/parameters/schema.ts";
import { locateFolder, locateModels } from "../../src/pipeline/places/find-places-node.ts";
import { openServed, type ServedStores } from "../../src/serve/serve-image.ts";
import type { ServedCodec } from "../../src/serve/served-image.ts";
import type { Pyramid } from "../../src/serve/serving-plan.ts";
import type { SyntheticOptions } from "../../src/synthetic/options.ts";
import { saveTruth } from "../../src/synthetic/truth.ts";
import { writeSyntheticAcquisition } from "../../src/synthetic/write-acquisition.ts";
import { MemoryStore } from "../../src/zarr/memory-store.ts";

/** A folder for images that is removed in the end. */
export async function temporaryFolder(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "isolux-serve-"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** Writes an image with its true profiles. */
export async function writeImage(folder: string, name: string, options: Partial<SyntheticOptions>) {
  const store = new DirectoryStore(folder);
  const made = await writeSyntheticAcquisition(store, `${name}.zarr`, options);
  await saveTruth(store, `${name}-truth`, made.truth);
  return { image: join(folder, made.imageKey), modelsFolder: join(folder, `${name}-truth`) };
}

/** An image, and the folder of its profiles. */
export type WrittenImage = Awaited<ReturnType<typeof writeImage>>;

/** Corrects an image into files. @param more further parameters */
export async function correctedFiles(given: WrittenImage, more: object = {}): Promise<string> {
  return (await correctImage({ ...given, workers: 1, ...more })).output;
}

/** Opens what is served for an image, with one worker in this thread. */
export async function openImage(
  { image, modelsFolder }: WrittenImage,
  { codec = "same", pyramid = "quick" }: { codec?: ServedCodec; pyramid?: Pyramid } = {},
  given: object = {},
): Promise<ServedStores> {
  const parameters = correctSchema.parse({ image, modelsFolder, workers: 1, ...given });
  const memory = new MemoryStore();
  const places = {
    source: locateFolder(image),
    output: { kind: "folder", store: memory, key: "raw_image_flatfield_corr" },
    models: locateModels(modelsFolder),
  } as const;
  const correction = { places, parameters, profileSource: { kind: "given", modelsFolder } } as const;
  const platform = { availableWorkers: 1, processName: "test:1", isRunning: () => false };
  const scratch = { store: memory, key: "scratch" };
  const hooks = { report: () => undefined, signal: new AbortController().signal };
  return openServed({ correction, codec, pyramid, scratch }, platform, hooks);
}
