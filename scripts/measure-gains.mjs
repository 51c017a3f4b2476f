/**
 * Prints how far gains of tiles lie from the truth, on generated acquisitions whose tiles differ in brightness, and what
 * becomes of tiles that do not: with the true profile, with that of BaSiC, and with that one refined. Needs a build.
 */

import { basicDefaults, MemoryStore, openMosaic } from "../dist/index-node.js";
import { profileTargets } from "../dist/pipeline/profiles/channel-profile.js";
import { estimateChannel } from "../dist/pipeline/profiles/estimate-channel.js";
import { planProfiles } from "../dist/pipeline/profiles/plan-profiles.js";
import { withGains } from "../dist/pipeline/profiles/tile-gains.js";
import { flatfieldError } from "../dist/report/plane-measures.js";
import { syntheticDefaults } from "../dist/synthetic/options.js";
import { writeSyntheticAcquisition } from "../dist/synthetic/write-acquisition.js";

const cases = {
  "3 x 3 tiles, gains of 5 %": { tileGains: 0.05, seed: 1 },
  "4 x 6 tiles, gains of 5 %": { gridYx: [4, 6], tileGains: 0.05, seed: 2 },
  "3 x 3 tiles, equally bright": { seed: 3 },
  "4 x 6 tiles, equally bright": { gridYx: [4, 6], seed: 4 },
};
for (const [name, given] of Object.entries(cases)) {
  const store = new MemoryStore();
  const { imageKey, truth } = await writeSyntheticAcquisition(store, "x.zarr", {
    tileShapeYx: [160, 128],
    planes: 12,
    emptyTiles: [],
    emptyPlanesPerEnd: 0,
    chunkShapeZyx: [12, 160, 128],
    levelCount: 1,
    channels: syntheticDefaults.channels.slice(0, 1),
    codec: { kind: "none" },
    ...given,
  });
  const acquisition = await openMosaic(store, imageKey);
  const [target] = profileTargets(acquisition, acquisition.channels, "separate");
  const [profile] = truth.profiles.values();
  const planWith = (gains) =>
    planProfiles(acquisition, {
      source: { kind: "basic", parameters: { ...basicDefaults, workingSizeYx: [64, 64] } },
      targets: [target],
      nZplanes: 72,
      seed: 0,
      cameraOffset: 0,
      refine: "auto",
      gains,
      memoryBytes: 2e9,
      workers: 1,
    });
  const estimate = async (gains, isRefined) => {
    const plan = planWith(gains);
    const { sample, way, refine } = plan.estimates[0];
    const place = { key: "scratch" };
    const task = { source: place, channel: 0, method: plan.method, plan: sample, scratch: place, memory: way.memory };
    return estimateChannel(acquisition, store, isRefined ? { ...task, refine } : task);
  };
  const trueOne = {
    profile: { ...profile, baseline: 0 },
    baselineMeaning: "offset",
    alignment: { kind: "centres", factorYx: [1, 1] },
  };
  await show(`${name}, the true profile`, trueOne);
  await show(`${name}, BaSiC`, await estimate("tile", false));
  await show(`${name}, refined without gains`, await estimate("none", true));
  await show(`${name}, refined with gains`, await estimate("tile", true));

  async function show(what, found) {
    const given = [{ ...found, target, source: "basic", planes: [] }];
    const parameters = { gains: "tile", seed: 0, memory: 2e9 };
    const hooks = { report: () => {}, signal: new AbortController().signal };
    const [{ gains }] = await withGains(given, { acquisition, parameters }, hooks);
    const byTile = new Map(gains.tiles.map(({ tile, gain }) => [tile, gain]));
    const errors = truth.gains.map((gain, index) => Math.log((byTile.get(index + 1) ?? 1) / gain));
    const percent = (value) => `${(100 * value).toFixed(2)} %`;
    const rms = Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / errors.length);
    const most = Math.max(...errors.map(Math.abs));
    const flat = percent(flatfieldError(found.profile.flatfield, profile.flatfield));
    const { before, heldOut, used } = gains;
    const figures = `neighbours ${percent(before)} apart, held out ${percent(heldOut)}`;
    process.stdout.write(
      `${what} (off by ${flat}): gains ${used ? "used" : "left out"}, off by ${percent(rms)} (most ${percent(most)}); ${figures}\n`,
    );
  }
}
