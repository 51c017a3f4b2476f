// Runs inputs one after the other and tells of each that ends otherwise than well or by an IsoluxError. Who started it
// watches the number of the input at work: one that does not end is ended from outside.
import { parentPort, workerData } from "node:worker_threads";
import { inputOf } from "./mutate.mjs";

const { targetsModule, seed, names, first, last, progress, corpus } = workerData;
const { targets } = await import(targetsModule);
const at = new Float64Array(progress);
/** Of the processor, as other programs may be at work on the same computer. */
const mostMillis = 5000;
let current;

// Libraries tell on the console what they throw as well.
for (const way of ["log", "warn", "error", "info"]) console[way] = () => undefined;
process.on("unhandledRejection", (reason) => tell(current, `a promise that was not awaited: ${reason}`));

function tell(input, what) {
  parentPort.postMessage({ kind: "fault", ...input, what });
}

async function run(input) {
  current = input;
  const began = process.cpuUsage();
  try {
    await targets[input.name].run(input.bytes);
  } catch (error) {
    if (error?.name !== "IsoluxError") tell(input, error?.stack ?? String(error));
    else if (/\n/.test(error.message)) tell(input, `an error of several lines: ${error.message}`);
  }
  const { user, system } = process.cpuUsage(began);
  const millis = (user + system) / 1000;
  if (millis > mostMillis) tell(input, `it took ${Math.round(millis)} ms`);
}

for (const { name, bytes, file } of corpus) if (name in targets) await run({ name, bytes, index: file });
for (let index = first; index < last; index++) {
  at[0] = index;
  at[1]++;
  await run(inputOf(targets, names, seed, index));
  if (index % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
}
at[0] = last;
await new Promise((resolve) => setTimeout(resolve, 20));
parentPort.postMessage({ kind: "done" });
