/**
 * Prints the seam difference, as placed at full resolution, that --auto leaves in overlaps it did not see: every pair by
 * what was tuned, refined and chosen from the pairs of the other folds. Needs a build.
 *
 *   node scripts/measure-auto-seams.mjs IMAGE [SEED]
 */
import { resolve } from "node:path";
import { gatherSubjects } from "../dist/advise/gather.js";
import { scoreByPairs } from "../dist/advise/score-pairs.js";
import * as isolux from "../dist/node.js";
import { profileTargets } from "../dist/pipeline/profile-target.js";

const [image, seed = "0"] = process.argv.slice(2);
const acquisition = await isolux.openImage(resolve(image));
const basic = isolux.basicDefaults;
const [channel] = acquisition.channels;
const request = {
  basic: { kind: "basic", parameters: basic },
  targets: profileTargets(acquisition, [channel], "joint"),
  nZplanes: 200,
  seed: Number(seed),
  cameraOffset: 0,
  memoryBytes: 2e9,
};
const { subjects, level } = await gatherSubjects(acquisition, request, { onTarget() {} });
const origins = [{ kind: "none" }, { kind: "basic", parameters: basic }];
const { signal } = new AbortController();
const { folds } = await scoreByPairs(subjects, { origins, basic, seed: Number(seed), signal, onStep() {} });
const plan = isolux.planOverlaps(acquisition, { level: 0, planesPerPair: 6, seed: 0 });
const patches = await isolux.readOverlaps(acquisition, channel.index, plan);
const [, y, x] = acquisition.levels[level].factorsZyx;
const differences = folds.flatMap(({ pairs, profiles: [profile] }) => {
  const full = isolux.resampleProfile(profile, plan.fieldYx, { kind: "centres", factorYx: [y, x] });
  const report = isolux.reportSeams(plan, patches, isolux.correctPatches(patches, full));
  return pairs.flatMap((pair) => report.pairs[pair].after?.difference ?? []);
});
const mean = differences.reduce((sum, value) => sum + value, 0) / differences.length;
process.stdout.write(
  `${channel.label}: --auto, held out: difference ${mean.toFixed(4)} (${differences.length} pairs)\n`,
);
