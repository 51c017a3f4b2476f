/**
 * Prints how far BaSiC's profile and the refined one lie from the truth, on generated acquisitions with a camera offset
 * of 100 counts that nobody told BaSiC. Needs a build.
 */

import { basicDefaults, MemoryStore, openMosaic } from "../dist/index.js";
import { estimateChannel } from "../dist/pipeline/estimate-channel.js";
import { planProfiles } from "../dist/pipeline/plan-profiles.js";
import { profileTargets } from "../dist/pipeline/profile-target.js";
import { flatfieldError } from "../dist/report/profile-error.js";
import { writeSyntheticAcquisition } from "../dist/synthetic/write-acquisition.js";

const dim = {
  label: "dim",
  wavelengthId: "488",
  color: "4FC3F7",
  background: 60,
  autofluorescence: 300,
  labelled: 1500,
};
const cases = {
  "3 x 3 tiles, empty corners": { seed: 1 },
  "3 x 3 tiles, empty corners, dim background": { seed: 2, channels: [dim] },
  "3 x 4 tiles, all with sample": { seed: 3, gridYx: [3, 4], emptyTiles: [] },
};
for (const [name, given] of Object.entries(cases)) {
  const store = new MemoryStore();
  const { imageKey, truth } = await writeSyntheticAcquisition(store, "x.zarr", {
    tileShapeYx: [192, 160],
    planes: 24,
    emptyPlanesPerEnd: 2,
    cameraOffset: 100,
    chunkShapeZyx: [24, 192, 160],
    levelCount: 1,
    codec: { kind: "none" },
    ...given,
  });
  const acquisition = await openMosaic(store, imageKey);
  const plan = planProfiles(acquisition, {
    source: { kind: "basic", parameters: { ...basicDefaults, workingSizeYx: [64, 64] } },
    targets: profileTargets(acquisition, acquisition.channels.slice(0, 1), "separate"),
    nZplanes: 72,
    seed: 0,
    cameraOffset: 0,
    refine: "auto",
    memoryBytes: 2e9,
    workers: 1,
  });
  const { sample, way, refine } = plan.estimates[0];
  const place = { key: "scratch" };
  const task = { source: place, channel: 0, method: plan.method, plan: sample, scratch: place, memory: way.memory };
  const [{ flatfield }] = [...truth.profiles.values()];
  const started = await estimateChannel(acquisition, store, task);
  const refined = await estimateChannel(acquisition, store, { ...task, refine });
  const errorOf = ({ profile }) => `${(100 * flatfieldError(profile.flatfield, flatfield)).toFixed(2)} %`;
  process.stdout.write(`${name}: BaSiC ${errorOf(started)}, refined ${errorOf(refined)}\n`);
  process.stdout.write(`  ${JSON.stringify(refined.refinement)}\n`);
}
