// Kills every command that writes at random moments (SIGKILL), and lets it go on: `correct` in all layouts, with a report,
// erasing and overwriting, `--auto`, `convert`, `estimate`, and two processes at once of which one or both are killed.
// Nothing may be there in half, no source may be damaged, and the same command must end with the bytes of an
// undisturbed run and leave nothing else. `npm run prove:kills [-- KILLS]`, after a build; `-- full` makes 1000, 100 of them
// of runs between buckets, spread over the cores. `-- only estimate` kills that command alone.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { digestFolder as digest } from "./digest-folder.mjs";
import { runInParts } from "./in-parts.mjs";
import { failureOf } from "./proof-failure.mjs";
import { writingCommands } from "./writing-commands.mjs";

const words = process.argv.slice(2);
const only = words.includes("only") ? words[words.indexOf("only") + 1] : undefined;
if (words.includes("full")) {
  await runInParts(
    fileURLToPath(import.meta.url),
    only === undefined ? 900 : 1000,
    words.filter((word) => word !== "full"),
  );
  if (only === undefined) await runInParts(fileURLToPath(new URL("prove-s3.mjs", import.meta.url)), 100, [], 1);
  process.exit(0);
}
const kills = Number(words.find((word) => /^\d+$/.test(word)) ?? 11);
const main = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));

const folder = mkdtempSync(join(tmpdir(), "isolux-kills-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

const made = await writingCommands(folder);
const { prepare, sourceOf, beside, remains, image, output, pristine } = made;
const commands = { ...made.commands, "two at once": { ...made.commands.correct, twice: true } };
/** A few kills do not reach all of them: each time they begin with another. */
const all = Object.keys(commands).filter((name) => only === undefined || name === only);
const from = Math.floor(Math.random() * all.length);
const names = [...all.slice(from), ...all.slice(0, from)];

const fail = failureOf("prove:kills");

const argsOf = ({ args }) => [main, ...args];
const run = (command) => spawnSync(process.execPath, argsOf(command), { encoding: "utf8", timeout: 900_000 });

/** Digests and durations of undisturbed runs, made when first needed. */
const references = new Map();
function referenceOf(name) {
  if (references.has(name)) return references.get(name);
  const command = commands[name];
  prepare(command);
  const began = Date.now();
  const { status, stderr } = run(command);
  if (status !== 0) fail(`${name}: the reference run failed: ${stderr}`);
  const reference = { wanted: digest(output), durationMs: Date.now() - began, beside: beside(command).length };
  references.set(name, reference);
  return reference;
}

function startAndKill(command, afterMs) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, argsOf(command), { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr.on("data", (text) => (said += text));
    const timer = setTimeout(() => child.kill("SIGKILL"), afterMs);
    child.on("exit", (code, signal) => {
      clearTimeout(timer);
      resolve({ isKilled: signal === "SIGKILL", code, said });
    });
  });
}

/** What must hold whenever a process ended, however it did. */
function check(which, command, { wanted }) {
  const hasOutput = existsSync(output);
  const isOld = command.overwrites && hasOutput && digest(output) === digest(pristine);
  if (hasOutput && !isOld && !command.grows && digest(output) !== wanted) fail(`${which}: an image is visible in half`);
  if (command.erases && hasOutput) return;
  const [source, whole] = sourceOf(command);
  if (digest(source) !== digest(whole)) fail(`${which}: the source is damaged`);
}

async function killOnce(name, index) {
  const command = commands[name];
  const reference = referenceOf(name);
  const afterMs = () => Math.round((0.1 + 0.95 * Math.random()) * reference.durationMs * (command.twice ? 1.5 : 1));
  const moments = [afterMs(), ...(command.twice ? [Math.random() < 0.5 ? afterMs() : 1e6] : [])];
  const which = `${name}, kill ${index + 1} (after ${moments} ms of ${reference.durationMs})`;
  prepare(command);
  const ends = [];
  do {
    ends.push(...(await Promise.all(moments.map((moment) => startAndKill(command, moment)))));
    for (const { said } of ends) if (/^\s+at .*:\d+|internal error/m.test(said)) fail(`${which}: no sentence: ${said}`);
    check(which, command, reference);
    // What goes on after a kill is killed again, now and then.
  } while (ends.every(({ isKilled }) => isKilled) && Math.random() < 0.3);
  const isThere = ends.some(({ code }) => code === 0);
  const { status, stderr } = run(command);
  const isOver = /already exists|There is no|was replaced/.test(stderr);
  if (status !== 0 && !((isThere || existsSync(output)) && isOver)) fail(`${which}: the same command fails: ${stderr}`);
  if (digest(output) !== reference.wanted) fail(`${which}: the same command ends with other bytes`);
  check(which, command, reference);
  if (beside(command).length !== reference.beside) fail(`${which}: ${reference.beside} files were to be beside it`);
  if (command.erases && existsSync(image)) fail(`${which}: the source stays`);
  const left = remains(command);
  if (left.length > 0) fail(`${which}: ${left.join(", ")} stays`);
  return ends.filter(({ isKilled }) => isKilled).length;
}

const began = Date.now();
const killed = new Map(names.map((name) => [name, 0]));
const total = () => [...killed.values()].reduce((sum, count) => sum + count, 0);
for (let index = 0; total() < kills && index < 3 * kills; index++) {
  const name = names[index % names.length];
  killed.set(name, killed.get(name) + (await killOnce(name, index)));
}
console.log(
  `${total()} kills in ${Math.round((Date.now() - began) / 1000)} s (${[...killed].map(([name, count]) => `${name} ${count}`).join(", ")}): ` +
    "nothing in half, no source damaged, all byte-identical after the same command, and nothing else left",
);
