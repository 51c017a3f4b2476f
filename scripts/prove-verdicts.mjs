// Holds verdicts to the truth: corrections of generated mosaics whose light is known, half of them made to deceive. False
// "improved" and false "worse" at most 1 % each, verdicts of high confidence right in 99 %, and the interval of the error
// that remains in a profile holds it in 90 %. `npm run prove:verdicts` is a short form, seconds; `-- full` 300 cases;
// `-- full SEED` others than those that the rule was looked at with; `-- only NAME [COUNT [FIRST SEED]]` those of one
// kind, one line each.
// What Node brings: the kernels, deflate and checksums
import "../dist/index-node.js";
import { assessChannel } from "../dist/report/quality/assess-channel.js";
import { planCheck } from "../dist/report/quality/plan-check.js";
import { readCheck } from "../dist/report/quality/read-check.js";
import { listCases, makeCase } from "./verdict-cases.mjs";
import { kinds } from "./verdict-kinds.mjs";
import { imageError } from "./verdict-scenes.mjs";

/** Changes of the truth below this are none, and no verdict on them is false. */
const leastChange = 0.05;
/**
 * Where more of what showed light was set to 0, the image is worse, whatever became of its error: the error of what is
 * left falls with the camera's offset, and what is gone cannot be restored.
 */
const mostLost = 0.5;
/** The least change of the truth where an image is worse whatever its error. */
const leastSpoilt = 0.5;
const bars = { falseImproved: 0.01, falseWorse: 0.01, highRight: 0.99, covered: 0.9 };

const [mode = "short", ...rest] = process.argv.slice(2);
const cases = casesFor(mode, rest);
const results = [];
for (const one of cases) results.push(await assess(one));
if (mode !== "only") printKinds(results);
process.exitCode = printRates(results) ? 0 : 1;

function casesFor(asked, [first, second, third]) {
  if (asked === "full") return listCases(300, Number(first ?? 1));
  if (asked !== "only") return listCases(24, 1);
  const kind = kinds.find(({ name }) => name === first);
  if (kind === undefined) throw new Error(`kinds: ${kinds.map(({ name }) => name).join("; ")}`);
  return Array.from({ length: Number(second ?? 10) }, (_, index) => ({ kind, seed: Number(third ?? 777) + index }));
}

async function assess({ kind, seed }) {
  const { before, after, pixels, corrected, truth, lost, isSpoilt, profileError } = makeCase(kind, seed);
  const errors = [imageError(pixels, truth), imageError(corrected, truth)];
  const plan = planCheck(before, 0, 0);
  const started = performance.now();
  const read = { before: await readCheck(before, 0, plan, {}), after: await readCheck(after, 0, plan, {}) };
  const assessed = assessChannel({ channel: 0, plan, tiles: before.tiles, ...read, seed: 0 });
  const quality = { ...assessed, errors: assessed.light?.errors, lightVariation: assessed.light?.variation };
  const seconds = (performance.now() - started) / 1000;
  const ofErrors = errors[1] / errors[0] - 1;
  const change = isSpoilt || lost > mostLost ? Math.max(leastSpoilt, ofErrors) : ofErrors;
  const result = { kind, seed, errors, change, lost, quality, profileError, seconds };
  if (mode === "only") printCase(result);
  return result;
}

function printCase({ seed, errors, change, lost, quality, profileError, seconds }) {
  const { verdict, errors: found, defects, votes, lightVariation, gains } = quality;
  const share = (value) => (value === undefined ? "-" : (100 * value).toFixed(1));
  const interval = (of) => (of === undefined ? "-" : `${share(of.value)} (${share(of.low)} to ${share(of.high)})`);
  console.log(
    `${seed} truth ${share(errors[0])} -> ${share(errors[1])} (${share(change)})  ${verdict.kind}, ${verdict.confidence} ${verdict.certainty.toFixed(3)}` +
      `  change ${interval(found?.change)}  profile ${share(profileError)}: ${interval(found?.profile)}` +
      `  seams ${share(votes?.arithmetic.mean)} ${share(votes?.geometric.mean)}  ${lightVariation} gains ${gains?.spread.toFixed(3)} ${gains?.chanceReal}` +
      ` zero ${share(defects.zeroed)} lost ${share(lost)} wrap ${share(defects.wrapped)} left ${share(defects.uncorrected)} ${seconds.toFixed(1)} s`,
  );
}

/** What the truth says of a verdict. */
function isFalse({ change, quality }, kind) {
  if (quality.verdict.kind !== kind) return false;
  return kind === "improved" ? change > leastChange : change < -leastChange;
}

/** Whether the truth agrees with a verdict of high confidence; where it says no gain, nothing much may have changed. */
function isRight({ change, quality: { verdict } }) {
  if (verdict.kind === "improved") return change < 0;
  return verdict.kind === "worse" ? change > 0 : Math.abs(change) <= 2 * leastChange;
}

function isCovered({ profileError, quality: { errors } }) {
  return errors.profile.low <= profileError && profileError <= errors.profile.high;
}

function printKinds(all) {
  console.log("kind                                     cases  improved  no gain  worse  high  false  covered  truth");
  for (const kind of kinds) {
    const own = all.filter((result) => result.kind === kind);
    if (own.length === 0) continue;
    const count = (is) => String(own.filter(is).length);
    const known = own.filter(({ profileError, quality }) => profileError !== undefined && quality.errors !== undefined);
    const changes = own.map(({ change }) => change).sort((a, b) => a - b);
    const range = [changes[0], changes.at(-1)].map((change) => `${Math.round(100 * change)} %`).join(" to ");
    console.log(
      [
        `${kind.isAdversarial ? "*" : " "} ${kind.name}`.padEnd(40),
        String(own.length).padStart(6),
        count(({ quality }) => quality.verdict.kind === "improved").padStart(9),
        count(({ quality }) => quality.verdict.kind === "no-gain").padStart(8),
        count(({ quality }) => quality.verdict.kind === "worse").padStart(6),
        count(({ quality }) => quality.verdict.confidence === "high").padStart(5),
        count((result) => isFalse(result, "improved") || isFalse(result, "worse")).padStart(6),
        `${known.filter(isCovered).length}/${known.length}`.padStart(8),
        ` ${range}`,
      ].join(" "),
    );
  }
}

function printRates(all) {
  const rate = (count, of) => `${count} of ${of} (${((100 * count) / Math.max(1, of)).toFixed(1)} %)`;
  const falseImproved = all.filter((result) => isFalse(result, "improved"));
  const falseWorse = all.filter((result) => isFalse(result, "worse"));
  const high = all.filter(({ quality }) => quality.verdict.confidence === "high");
  const right = high.filter(isRight);
  const known = all.filter(({ profileError, quality }) => profileError !== undefined && quality.errors !== undefined);
  const covered = known.filter(isCovered);
  for (const { kind, seed, change } of [...falseImproved, ...falseWorse, ...high.filter((one) => !isRight(one))]) {
    console.log(`wrong: ${kind.name}, seed ${seed}: truth ${(100 * change).toFixed(1)} %`);
  }
  const better = all.filter(({ change }) => change < -leastChange);
  const worse = all.filter(({ change }) => change > leastChange);
  const found = (of, kind) => rate(of.filter(({ quality }) => quality.verdict.kind === kind).length, of.length);
  console.log(`false "improved": ${rate(falseImproved.length, all.length)}, at most 1 %`);
  console.log(`false "worse": ${rate(falseWorse.length, all.length)}, at most 1 %`);
  console.log(
    `high confidence: ${rate(high.length, all.length)}, right in ${rate(right.length, high.length)}, at least 99 %`,
  );
  console.log(`found: ${found(better, "improved")} of what is better, ${found(worse, "worse")} of what is worse`);
  console.log(`the error of the profile in its interval: ${rate(covered.length, known.length)}, at least 90 %`);
  const seconds = all.reduce((sum, one) => sum + one.seconds, 0) / all.length;
  console.log(`${seconds.toFixed(2)} s for each verdict`);
  return (
    falseImproved.length <= bars.falseImproved * all.length &&
    falseWorse.length <= bars.falseWorse * all.length &&
    right.length >= bars.highRight * high.length &&
    covered.length >= bars.covered * known.length
  );
}
