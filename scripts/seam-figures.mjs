// Seam figures of an image with profiles: as they are, refined, and as --auto chooses; in sample, and in overlaps that
// nothing had seen which made the profile.
import { resolve } from "node:path";
import { candidatesOf } from "../dist/advise/advise-image.js";
import { gatherSubjects } from "../dist/advise/gather.js";
import { scoreByPairs } from "../dist/advise/score-pairs.js";
import { foldsOf } from "../dist/estimate/refine/held-out.js";
import * as isolux from "../dist/node.js";
import { profileTargets } from "../dist/pipeline/profiles/channel-profile.js";

/** The overlaps of an image's channels at full resolution. */
export async function openSeams(image) {
  const acquisition = await isolux.openImage(resolve(image));
  const plan = isolux.planOverlaps(acquisition, { level: 0, planesPerPair: 6, seed: 0 });
  return {
    acquisition,
    plan,
    patchesOf: (channel) => isolux.readOverlaps(acquisition, channel.index, plan),
  };
}

/** A saved profile as it lies over the fields of the overlaps. */
export async function readProfile({ plan }, folder, { label }) {
  const { profile, alignment } = await isolux.readModel(new isolux.DirectoryStore(resolve(folder)), "", label);
  return isolux.resampleProfile(profile, plan.fieldYx, alignment);
}

/** The report on seams, after a correction by a profile if there is one. */
export function seamsWith({ plan }, patches, profile) {
  return isolux.reportSeams(plan, patches, profile && isolux.correctPatches(patches, profile));
}

/** The mean difference of pairs as placed, each with the profile of its fold. */
export function heldOutDifference(seams, patches, folds) {
  const differences = folds.flatMap(({ pairs, profile }) => {
    const report = seamsWith(seams, patches, profile);
    return pairs.flatMap((pair) => report.pairs[pair].after?.difference ?? []);
  });
  return differences.reduce((sum, value) => sum + value, 0) / differences.length;
}

/** For each of five folds a refinement, its choices included, that has seen none of its pairs. */
export async function refinedFolds({ plan }, patches, start, seed) {
  const folds = [];
  for (const pairs of foldsOf([...plan.pairs.keys()], 5, seed)) {
    const training = patches.filter(({ pair }) => !pairs.includes(pair));
    folds.push({ pairs, profile: (await isolux.refineProfile(start, training, { seed: 0 })).profile });
  }
  return folds;
}

/** The same where no profile is named: what is refined and chosen from the pairs of the other folds. */
export async function autoFolds({ acquisition, plan }, channel, seed) {
  const basic = isolux.basicDefaults;
  const targets = profileTargets(acquisition, [channel], "joint");
  const request = { targets, nZplanes: 200, seed, memoryBytes: 2e9 };
  const reading = { ...request, basic: { kind: "basic", parameters: basic } };
  const { subjects, level } = await gatherSubjects(acquisition, reading, { onProgress() {} });
  const recipes = candidatesOf({ hasGiven: false, emptyOffsets: [], basic, cameraOffset: 0 });
  const { signal } = new AbortController();
  const { folds } = await scoreByPairs(subjects, { recipes, isBounded: true, seed, signal, onStep() {} });
  const [, y, x] = acquisition.levels[level].factorsZyx;
  const alignment = { kind: "centres", factorYx: [y, x] };
  return folds.map(({ pairs, profiles: [profile] }) => ({
    pairs,
    profile: profile && isolux.resampleProfile(profile, plan.fieldYx, alignment),
  }));
}
