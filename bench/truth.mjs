// @ts-check
/**
 * Holds ways to a flat-field against the truth of generated light-sheet scenes: `npm run bench:truth`. See
 * docs/benchmark.md.
 *
 *     npm run bench:truth [-- [quick] [PART OF A SCENE'S NAME ...] [--methods PARTS] [--seed N] [--size PX] [--planes N]
 *                             [--json FILE] [--continue FILE] [--write-docs]]
 *     npm run bench:truth -- export FOLDER [PART OF A SCENE'S NAME ...] [--seed N] [--size PX] [--planes N]
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "./engine.mjs";
import { machineFacts } from "./report.mjs";
import { exportScenes } from "./truth/export-scenes.mjs";
import { missedFloors } from "./truth/floor.mjs";
import { methods } from "./truth/methods.mjs";
import { realTilesName, runRealTiles } from "./truth/real-tiles.mjs";
import { runScene } from "./truth/run-scenes.mjs";
import { scenes } from "./truth/scenes.mjs";
import { briefly, textTables, writeIntoPage } from "./truth/tables.mjs";

/** Tiles and planes of a whole run and of a quick one. */
const whole = { size: 512, planes: 16 };
const small = { size: 128, planes: 8 };
/** What a quick run measures, unless methods are named. */
const quickMethods = ["none", "estimate"];

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    methods: { type: "string" },
    seed: { type: "string", default: "0" },
    size: { type: "string" },
    planes: { type: "string" },
    json: { type: "string" },
    continue: { type: "string" },
    "write-docs": { type: "boolean", default: false },
  },
});
const [word, ...rest] = positionals;
const quick = word === "quick";
const extent = {
  size: Number(options.size ?? (quick ? small : whole).size),
  planes: Number(options.planes ?? (quick ? small : whole).planes),
  seed: Number(options.seed),
};

if (word === "export") await exportScenes(rest[0], namesOf(rest.slice(1), Object.keys(scenes)), extent);
else await measure(quick ? rest : positionals);

/** @param {readonly string[]} wanted parts of names of scenes */
async function measure(wanted) {
  const chosenMethods = methodsOf(options.methods?.split(","));
  const names = namesOf(wanted, [...Object.keys(scenes), realTilesName]).filter(
    (name) => !quick || wanted.length > 0 || scenes[name]?.quick,
  );
  const record = startRecord();
  const folder = mkdtempSync(join(tmpdir(), "isolux-truth-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) process.on(signal, () => process.exit(1));
  for (const [at, name] of names.entries()) {
    const results = record.scenes[name]?.methods ?? {};
    const missing = chosenMethods.filter((method) => results[method.name] === undefined);
    record.scenes[name] = {
      what: scenes[name]?.what ?? "",
      solvable: scenes[name]?.solvable ?? true,
      methods: results,
    };
    if (missing.length === 0) continue;
    process.stderr.write(`${at + 1} of ${names.length}, ${name}\n`);
    const onResult = (/** @type {string} */ method, /** @type {import("./truth/run-scenes.mjs").Result} */ result) => {
      results[method] = result;
      process.stderr.write(`  ${briefly(method, result)}\n`);
      save(record);
    };
    if (name === realTilesName) await runRealTiles(missing, folder, onResult);
    else await runScene(name, missing, { folder, ...extent }, onResult);
  }
  finish(record, chosenMethods, names);
}

/** @returns {import("./truth/tables.mjs").BenchRecord} */
function startRecord() {
  const file = options.continue;
  if (file !== undefined && existsSync(file)) {
    const record = JSON.parse(readFileSync(file, "utf8"));
    const same = Object.entries(extent).every(([name, value]) => record.extent[name] === value);
    if (!same) throw new Error(`${file} holds results of another size, number of planes or seed`);
    return record;
  }
  return { machine: machineFacts(), extent, scenes: {} };
}

/** @param {import("./truth/tables.mjs").BenchRecord} record */
function save(record) {
  const stamp = record.machine.date.replaceAll(/[:.]/g, "-");
  const file = options.continue ?? options.json ?? join(root, "bench", "results", `truth-${stamp}.json`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(record, undefined, 2)}\n`);
  return file;
}

/**
 * @param {import("./truth/tables.mjs").BenchRecord} record
 * @param {readonly import("./truth/methods.mjs").Method[]} chosen
 * @param {readonly string[]} names
 */
function finish(record, chosen, names) {
  console.log(textTables(record, chosen, names));
  console.log(`\n${save(record)}`);
  if (options["write-docs"]) writeIntoPage(join(root, "docs", "benchmark.md"), record, methods);
  const missed = quick ? missedFloors(record, names) : [];
  for (const line of missed) console.log(`FAIL ${line}`);
  if (missed.length > 0) process.exitCode = 1;
}

/**
 * The names that contain one of the parts; all of them without parts.
 * @param {readonly string[]} parts
 * @param {readonly string[]} names
 */
function namesOf(parts, names) {
  const unknown = parts.filter((part) => !names.some((name) => name.includes(part)));
  if (unknown.length > 0) {
    console.error(`There is no scene with "${unknown.join('", "')}" in its name. Scenes: ${names.join(", ")}`);
    process.exit(2);
  }
  return names.filter((name) => parts.length === 0 || parts.some((part) => name.includes(part)));
}

/** @param {readonly string[] | undefined} parts */
function methodsOf(parts) {
  if (parts === undefined) return methods.filter(({ name, extra }) => (quick ? quickMethods.includes(name) : !extra));
  const isMeant = (/** @type {import("./truth/methods.mjs").Method} */ { name, extra }) =>
    parts.some((part) =>
      methods.some((method) => method.name === part) ? name === part : !extra && name.startsWith(part),
    );
  const chosen = methods.filter(isMeant);
  if (chosen.length > 0) return chosen;
  console.error(`Methods: ${methods.map(({ name }) => name).join(", ")}`);
  return process.exit(2);
}
