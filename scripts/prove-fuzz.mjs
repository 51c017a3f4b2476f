// Gives every decoder and parser damaged inputs (`npm run prove:fuzz`, after a build): fails where one does not end, takes
// memory beyond a bound, ends by an error that is no IsoluxError, or touches bytes outside of its buffer in the kernels'
// memory. `-- full` takes a million inputs, `-- 5000` that many, `-- seed 7` others, `-- only tiff` those of one kind,
// `-- case 1:123` one again, `-- self-test` sees that it finds faults. What failed is kept in fuzz-failures/, to become a
// file of test/fixtures/fuzz.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { inputOf } from "./fuzz/mutate.mjs";

const words = process.argv.slice(2);
const isSelfTest = words.includes("self-test");
const targetsModule = isSelfTest ? "./broken-targets.mjs" : "./targets.mjs";
const { targets } = await import(`./fuzz/${targetsModule}`);
const wordAfter = (word) => (words.includes(word) ? words[words.indexOf(word) + 1] : undefined);
const [caseSeed, caseIndex] = (wordAfter("case") ?? "").split(":").map(Number);
const seed = Number(wordAfter("seed") ?? (caseSeed || 1));
const only = wordAfter("only");
const kinds = Object.keys(targets).filter((name) => only === undefined || name.includes(only));
const names = inTurn(kinds);
const count = words.includes("full")
  ? 1e6
  : Number(
      words.find((word) => /^\d+$/.test(word) && ![wordAfter("seed"), wordAfter("seconds")].includes(word)) ?? 50_000,
    );
/** CPU time of the short form, where the computer is slow; the long one ends with its inputs, or as it is told. */
const mostSeconds = Number(wordAfter("seconds") ?? (words.includes("full") ? Number.POSITIVE_INFINITY : 90));
const [hangMs, mostBytes] = isSelfTest ? [4000, 4e8] : [10_000, 1.5e9];

const failures = fileURLToPath(new URL("../fuzz-failures", import.meta.url));
const faults = [];
const began = performance.now();
const [first, last] = isSelfTest
  ? [0, kinds.length]
  : Number.isInteger(caseIndex)
    ? [caseIndex, caseIndex + 1]
    : [0, count];
console.log(`seed ${seed}, ${last - first} inputs for ${kinds.length} decoders and parsers`);

let next = first;
let corpus = isSelfTest || Number.isInteger(caseIndex) ? [] : readCorpus();
const known = corpus.length;
let peak = 0;
while (next < last) {
  next = await runFrom(next);
  corpus = [];
  if (process.cpuUsage().user / 1e6 > mostSeconds) break;
}

for (const { name, index, what } of faults.slice(0, 20)) {
  console.error(`FAILED: ${name}, -- case ${seed}:${index}: ${String(what).split("\n").slice(0, 4).join(" | ")}`);
}
const seconds = ((performance.now() - began) / 1000).toFixed(0);
console.log(
  `${next - first} inputs and ${known} that once failed in ${seconds} s, at most ${(peak / 1e6).toFixed(0)} MB: ${faults.length} faults`,
);
process.exit(faults.length > 0 ? 1 : 0);

function cpuMillis() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** The names of targets in the order of their inputs: those of the fast ones come more often. */
function inTurn(kinds) {
  const most = Math.max(...kinds.map((kind) => targets[kind].share ?? 1));
  return Array.from({ length: most }, (_, turn) =>
    kinds.filter((kind) => turn < (isSelfTest ? 1 : (targets[kind].share ?? 1))),
  ).flat();
}

/** Runs inputs from one on, until all are done or one does not end; gives where to go on. */
function runFrom(start) {
  const progress = new SharedArrayBuffer(16);
  const at = new Float64Array(progress);
  at[0] = start;
  const workerData = { targetsModule, seed, names, first: start, last, progress, corpus };
  const worker = new Worker(new URL("./fuzz/worker.mjs", import.meta.url), {
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: 700 },
  });
  return new Promise((resolve) => {
    let [seen, since, used] = [-1, performance.now(), cpuMillis()];
    const end = async (where) => {
      clearInterval(watch);
      await worker.terminate();
      resolve(where);
    };
    const give = async (what) => {
      clearInterval(watch);
      record({ ...inputOf(targets, names, seed, at[0]), what });
      await end(at[0] + 1);
    };
    const watch = setInterval(() => {
      const { rss } = process.memoryUsage();
      peak = Math.max(peak, rss);
      if (rss > mostBytes) return void give(`it took ${Math.round(rss / 1e6)} MB of memory`);
      const mayTake = hangMs + (seen <= 0 && !isSelfTest ? 20_000 : 0);
      if (at[1] !== seen) [seen, since, used] = [at[1], performance.now(), cpuMillis()];
      // What waits for ever takes no time of the processor
      else if (cpuMillis() - used > mayTake || performance.now() - since > 10 * mayTake)
        return void give("it did not end");
      if (process.cpuUsage().user / 1e6 > mostSeconds) void end(at[0]);
    }, 50);
    worker.on("message", (message) => (message.kind === "done" ? void end(last) : record(message)));
    worker.on("error", (error) => void give(error.stack ?? String(error)));
  });
}

function record({ name, index, what, bytes }) {
  faults.push({ name, index, what });
  if (isSelfTest || bytes === undefined || faults.length > 50) return;
  mkdirSync(failures, { recursive: true });
  writeFileSync(join(failures, `${name.replaceAll(" ", "_")}-${seed}-${index}.bin`), bytes);
}

/** Inputs that once failed: `TARGET-what-was-wrong.bin`. */
function readCorpus() {
  const folder = fileURLToPath(new URL("../test/fixtures/fuzz", import.meta.url));
  if (!existsSync(folder)) return [];
  return readdirSync(folder).map((file) => {
    const name = file.split("-")[0].replaceAll("_", " ");
    return { name, file, bytes: new Uint8Array(readFileSync(join(folder, file))) };
  });
}
