/**
 * Prints what --auto chooses on generated acquisitions whose truth is known (a camera offset of 100 counts that nobody
 * told, vignetting, structures, noise), and how far the profile lies from the truth; beside it that of BaSiC as the
 * reference task runs it. Needs a build.
 *
 *   node scripts/measure-advice.mjs [SEEDS]
 */
import { adviseImage } from "../dist/advise/advise-image.js";
import { basicDefaults, MemoryStore, openMosaic } from "../dist/index.js";
import { basicParameters } from "../dist/parameters/basic-fields.js";
import { correctSchema } from "../dist/parameters/schema.js";
import { estimateChannel } from "../dist/pipeline/estimate-channel.js";
import { planProfiles } from "../dist/pipeline/plan-profiles.js";
import { profileTargets } from "../dist/pipeline/profile-target.js";
import { flatfieldError } from "../dist/report/profile-error.js";
import { writeSyntheticAcquisition } from "../dist/synthetic/write-acquisition.js";

const seeds = Number(process.argv[2] ?? 2);
const bright = {
  label: "bright",
  wavelengthId: "561",
  color: "FFB74D",
  background: 240,
  autofluorescence: 300,
  labelled: 1500,
};
const dim = {
  label: "dim",
  wavelengthId: "488",
  color: "4FC3F7",
  background: 60,
  autofluorescence: 300,
  labelled: 1500,
};
const cases = {
  "3 x 3 tiles, empty corners": { channels: [bright] },
  "3 x 3 tiles, empty corners, dim": { channels: [dim] },
  "3 x 4 tiles, all with sample": { channels: [bright], gridYx: [3, 4], emptyTiles: [] },
  "3 x 4 tiles, all with sample, dim": { channels: [dim], gridYx: [3, 4], emptyTiles: [] },
};
for (const [name, given] of Object.entries(cases)) {
  for (let seed = 1; seed <= seeds; seed++) await measure(name, seed, given);
}

async function measure(name, seed, given) {
  const store = new MemoryStore();
  const { imageKey, truth } = await writeSyntheticAcquisition(store, "x.zarr", {
    tileShapeYx: [192, 160],
    planes: 24,
    emptyPlanesPerEnd: 2,
    cameraOffset: 100,
    chunkShapeZyx: [24, 192, 160],
    levelCount: 1,
    codec: { kind: "none" },
    seed,
    ...given,
  });
  const acquisition = await openMosaic(store, imageKey);
  const parameters = correctSchema.parse({ image: "x.zarr/raw_image", auto: true, nZplanes: 72, resolutionLevel: 0 });
  const source = { store, key: imageKey, locator: { kind: "directory", path: "" } };
  const hooks = { report() {}, signal: new AbortController().signal };
  const started = Date.now();
  const advice = await adviseImage({ source, task: { kind: "correct", parameters } }, hooks);
  const seconds = ((Date.now() - started) / 1000).toFixed(0);
  const { flatfield } = [...truth.profiles.values()][0];
  const reference = await errorOf(acquisition, store, {}, flatfield);
  const auto = advice.chosen === 0 ? "none" : await errorOf(acquisition, store, advice.parameters, flatfield);
  process.stdout.write(`${name}, seed ${seed}: BaSiC ${reference}, --auto ${auto} (${seconds} s)\n`);
  for (const [index, { name: candidate, figure }] of advice.candidates.entries()) {
    process.stdout.write(`  ${index === advice.chosen ? "*" : " "} ${(100 * figure).toFixed(2)} % ${candidate}\n`);
  }
}

async function errorOf(acquisition, store, advised, truth) {
  const { basic, fovList, zLevels, ...others } = correctSchema.parse({ image: "x", nZplanes: 72, ...advised });
  const regions = { ...(fovList && { fovList }), ...(zLevels && { zLevels }) };
  const parameters = { ...basicDefaults, ...basicParameters(basic) };
  const source = fovList || zLevels ? { kind: "empty", ...regions } : { kind: "basic", parameters };
  const targets = profileTargets(acquisition, acquisition.channels.slice(0, 1), "separate");
  const request = { ...others, resolutionLevel: 0, source, targets, memoryBytes: 2e9, workers: 1 };
  const { method, estimates } = planProfiles(acquisition, request);
  const [{ sample, refine, way }] = estimates;
  const place = { key: "scratch" };
  const memory = way.memory ?? { stack: "memory", bandBytes: 32e6 };
  const task = { source: place, channel: 0, method, plan: sample, scratch: place, memory, ...(refine && { refine }) };
  const { profile } = await estimateChannel(acquisition, store, task);
  return `${(100 * flatfieldError(profile.flatfield, truth)).toFixed(2)} %`;
}
