// Lets single calls of the system fail during commands that write: the Nth open, write (a short one, too), rename, mkdir,
// unlink, read or sync, with the errors of full, broken and limited disks. The run ends in a sentence or well; never is
// there half an image, a lost source, a hang or a stack trace; afterwards the plain command gives the same bytes.
// `npm run prove:faults [-- FAULTS]`, after a build; Linux and gcc, else it skips. `-- full` lets 2000 fail, spread over the
// cores; `-- only tiles` takes that command.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { digestFolder as digest } from "./digest-folder.mjs";
import { runInParts } from "./in-parts.mjs";
import { failureOf } from "./proof-failure.mjs";
import { writingCommands } from "./writing-commands.mjs";

const words = process.argv.slice(2);
if (words.includes("full")) {
  await runInParts(
    fileURLToPath(import.meta.url),
    2000,
    words.filter((word) => word !== "full"),
  );
  process.exit(0);
}
const faults = Number(words.find((word) => /^\d+$/.test(word)) ?? 12);
const only = words.includes("only") ? words[words.indexOf("only") + 1] : undefined;
const main = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));

const folder = mkdtempSync(join(tmpdir(), "isolux-faults-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

const fail = failureOf("prove:faults");

const library = join(folder, "faults.so");
const source = fileURLToPath(new URL("faults.c", import.meta.url));
const compiled = spawnSync("gcc", ["-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], { encoding: "utf8" });
if (process.platform !== "linux" || compiled.error !== undefined) {
  console.log("prove:faults: skipped, as it needs Linux and gcc");
  process.exit(0);
}
if (compiled.status !== 0) fail(`faults.c: ${compiled.stderr}`);

const { commands, prepare, sourceOf, remains, work, output, pristine } = await writingCommands(folder);
const mark = join(folder, "mark");
const names = Object.keys(commands).filter((name) => only === undefined || name === only);

/** Runs a command; one that takes a quarter of an hour hangs. */
function run({ args }, environment = {}) {
  const env = { ...process.env, ...environment };
  return spawnSync(process.execPath, [main, ...args], { encoding: "utf8", env, timeout: 900_000 });
}

const preload = { LD_PRELOAD: library, UV_USE_IO_URING: "0", FAULT_FOLDER: work };

/** Digests of undisturbed runs, and how many calls of each kind they make: made when first needed. */
const references = new Map();
function referenceOf(name) {
  if (references.has(name)) return references.get(name);
  prepare(commands[name]);
  const counts = join(folder, "counts");
  const { status, stderr } = run(commands[name], { ...preload, FAULT_COUNTS: counts });
  if (status !== 0) fail(`${name}: the reference run failed: ${stderr}`);
  const lines = readFileSync(counts, "utf8").trim().split("\n");
  const calls = Object.fromEntries(lines.map((line) => line.split(" ")).map(([call, count]) => [call, Number(count)]));
  references.set(name, { wanted: digest(output), calls });
  return references.get(name);
}

const { EIO, ENOSPC, EDQUOT, EMFILE, EACCES, EROFS, EINTR, ESTALE } = constants.errno;
const kinds = [
  { call: "open", codes: [EMFILE, EIO, EACCES, ESTALE] },
  { call: "write", codes: [ENOSPC, EDQUOT, EIO] },
  { call: "fsync", codes: [EIO, ENOSPC] },
  { call: "rename", codes: [EIO, EDQUOT, EROFS] },
  { call: "short", codes: [EIO] },
  { call: "mkdir", codes: [ENOSPC, EDQUOT] },
  { call: "unlink", codes: [EIO, EACCES] },
  { call: "read", codes: [EIO, ESTALE, EINTR] },
];

/** What must hold whenever a process ended, however it did. */
function check(which, command, wanted) {
  const hasOutput = existsSync(output);
  const isOld = command.overwrites && hasOutput && digest(output) === digest(pristine);
  if (hasOutput && !isOld && !command.grows && digest(output) !== wanted) fail(`${which}: an image is there in half`);
  const [source, whole] = sourceOf(command);
  if (!(command.erases && hasOutput) && digest(source) !== digest(whole)) fail(`${which}: the source is damaged`);
}

let [hit, recovered] = [0, 0];
const from = Math.floor(Math.random() * names.length);
for (let index = 0; index < faults; index++) {
  const { call, codes } = kinds[index % kinds.length];
  // Each kind comes to meet each command
  const name = names[(from + index + Math.floor(index / kinds.length)) % names.length];
  const command = commands[name];
  const code = codes[Math.floor(Math.random() * codes.length)];
  const { wanted, calls } = referenceOf(name);
  const nth = 1 + Math.floor(calls[call] * Math.random());
  const which = `${name}, ${call} ${nth} of ${calls[call]} with errno ${code}`;
  prepare(command);
  rmSync(mark, { recursive: true, force: true });
  const faulty = { FAULT_MARK: mark, FAULT_CALL: call, FAULT_NTH: `${nth}`, FAULT_ERRNO: `${code}` };
  const end = run(command, { ...preload, ...faulty });
  if (existsSync(mark)) hit++;
  if (end.error !== undefined || end.signal !== null) fail(`${which}: hangs or was killed (${end.signal})`);
  if (/^\s+at .*:\d+|internal error/m.test(end.stderr)) fail(`${which}: no sentence: ${end.stderr}`);
  check(which, command, wanted);
  if (end.status !== 0) {
    recovered++;
    const again = run(command);
    if (again.status !== 0 && !/already exists/.test(again.stderr)) fail(`${which}: again fails: ${again.stderr}`);
  }
  if (digest(output) !== wanted) fail(`${which}: other bytes`);
  if (end.status !== 0 && remains(command).length > 0) fail(`${which}: ${remains(command).join(", ")} stays`);
}
console.log(
  `${hit} of ${faults} faults met a call; ${recovered} runs ended by them, and all are byte-identical after the same command`,
);
