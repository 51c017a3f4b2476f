/**
 * Prints the seam figures of an image in a folder: as it is, with the profiles of a folder, refined from them, and as
 * --auto chooses (without empty regions); the last two held out. Needs a build.
 *
 *   node scripts/measure-seams.mjs IMAGE [PROFILES]
 */
import { refineProfile } from "../dist/node.js";
import { autoFolds, heldOutDifference, openSeams, readProfile, refinedFolds, seamsWith } from "./seam-figures.mjs";

const [image, profiles] = process.argv.slice(2);
const seams = await openSeams(image);
for (const channel of seams.acquisition.channels) {
  const tell = (text) => process.stdout.write(`${channel.label}: ${text}\n`);
  const show = (what, placed, registered) => tell(`${what}: ${inWords(placed)}; registered: ${inWords(registered)}`);
  const tellHeldOut = (what, folds) =>
    tell(`${what}: difference ${heldOutDifference(seams, patches, folds).toFixed(4)}`);
  const patches = await seams.patchesOf(channel);
  const raw = seamsWith(seams, patches);
  if (raw.kind === "none") {
    tell(raw.reason);
    continue;
  }
  show("as it is", raw.placed.before, raw.registered.before);
  if (profiles !== undefined) {
    const start = await readProfile(seams, profiles, channel);
    const corrected = seamsWith(seams, patches, start);
    show("with the profile", corrected.placed.after, corrected.registered.after);
    const { profile, report } = await refineProfile(start, patches, { seed: 0 });
    const refined = seamsWith(seams, patches, profile);
    show("refined, in sample", refined.placed.after, refined.registered.after);
    tell(JSON.stringify(report));
    for (const seed of [0, 1]) {
      tellHeldOut(`refined, held out (seed ${seed})`, await refinedFolds(seams, patches, start, seed));
    }
  }
  tellHeldOut("--auto, held out", await autoFolds(seams, channel, 0));
}

function inWords({ difference, logRatio, contrastDifference, pairCount }) {
  const overSpread = `over spread ${contrastDifference.toFixed(4)} (${pairCount} pairs)`;
  return `difference ${difference.toFixed(4)}, log ratio ${logRatio.toFixed(4)}, ${overSpread}`;
}
