/**
 * Prints the seam figures of an image in a folder: as it is, with the profiles of a folder, and refined from them, in
 * sample and held out. Needs a build.
 *
 *   node scripts/measure-seams.mjs IMAGE [PROFILES]
 *
 * Held out: 5 folds over the pairs, for two seeds; for each fold a refinement, its choices included, that has seen none
 * of its pairs judges them.
 */
import { resolve } from "node:path";
import { foldsOf } from "../dist/estimate/refine/held-out.js";
import {
  correctPatches,
  DirectoryStore,
  openImage,
  planOverlaps,
  readModel,
  readOverlaps,
  refineProfile,
  reportSeams,
  resampleProfile,
} from "../dist/node.js";

const [image, profiles] = process.argv.slice(2);
const acquisition = await openImage(resolve(image));
const plan = planOverlaps(acquisition, { level: 0, planesPerPair: 6, seed: 0 });
for (const { index, label } of acquisition.channels) {
  const patches = await readOverlaps(acquisition, index, plan);
  const raw = reportSeams(plan, patches);
  if (raw.kind === "none") {
    process.stdout.write(`${label}: ${raw.reason}\n`);
    continue;
  }
  show(label, "as it is", raw.placed.before, raw.registered.before);
  if (profiles === undefined) continue;
  const { profile, alignment } = await readModel(new DirectoryStore(resolve(profiles)), "", label);
  const start = resampleProfile(profile, plan.fieldYx, alignment);
  const seams = (candidate) => reportSeams(plan, patches, correctPatches(patches, candidate));
  const corrected = seams(start);
  show(label, "with the profile", corrected.placed.after, corrected.registered.after);
  const { profile: refined, report } = await refineProfile(start, patches, { seed: 0 });
  const inSample = seams(refined);
  show(label, "refined, in sample", inSample.placed.after, inSample.registered.after);
  process.stdout.write(`${label}: ${JSON.stringify(report)}\n`);
  for (const seed of [0, 1]) {
    let [sum, count] = [0, 0];
    for (const held of foldsOf([...plan.pairs.keys()], 5, seed)) {
      const training = patches.filter(({ pair }) => !held.includes(pair));
      const judged = seams((await refineProfile(start, training, { seed: 0 })).profile);
      for (const after of held.map((pair) => judged.pairs[pair].after).filter((seam) => seam !== undefined)) {
        sum += after.difference;
        count++;
      }
    }
    process.stdout.write(`${label}: refined, held out (seed ${seed}): difference ${(sum / count).toFixed(4)}\n`);
  }
}

function show(label, what, placed, registered) {
  const words = ({ difference, logRatio, contrastDifference, pairCount }) =>
    `difference ${difference.toFixed(4)}, log ratio ${logRatio.toFixed(4)}, over spread ` +
    `${contrastDifference.toFixed(4)} (${pairCount} pairs)`;
  process.stdout.write(`${label}: ${what}: ${words(placed)}; registered: ${words(registered)}\n`);
}
