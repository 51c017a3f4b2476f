/** Corrections by worker threads, called from this process; they need a build, as threads run what is in dist. */
import { pathToFileURL } from "node:url";
import { expect } from "vitest";
import { chooseProfileSource } from "../../src/parameters/profile-source.ts";
import type { RunEvent } from "../../src/parameters/run-events.ts";
import { type CorrectParameters, correctSchema } from "../../src/parameters/schema.ts";
import { correctImage } from "../../src/pipeline/correct-image.ts";
import { locateCorrection } from "../../src/pipeline/places/locate-request-node.ts";
import { nodePlatform } from "../../src/pipeline/threads/platform-node.ts";

/** What a worker thread runs. */
export const workerScript: URL = pathToFileURL("dist/program/worker-node.js");

/** Corrects an image with two threads, or as many as are given, which run `script`, and estimates with two as well. */
export async function correctByThreads(
  given: Partial<CorrectParameters> & Pick<CorrectParameters, "image" | "output">,
  script = workerScript,
) {
  const parameters = correctSchema.parse({ workers: 2, ...given });
  const profileSource = chooseProfileSource(parameters);
  const places = await locateCorrection(parameters, profileSource);
  const texts: string[] = [];
  const report = (event: RunEvent) => void ("text" in event && texts.push(event.text));
  const hooks = { report, signal: new AbortController().signal };
  const summary = await correctImage({ places, parameters, profileSource }, nodePlatform(2, script), hooks);
  expect(texts.join()).toContain(`${parameters.workers} worker`);
  return summary;
}
