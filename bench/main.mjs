// @ts-check
/**
 * Measures Isolux: `npm run bench`. See docs/performance.md.
 *
 *     npm run bench [-- [ROW ...] [--quick] [--runs N] [--busy | --write-docs]]
 */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { pythonWith } from "../scripts/python-environment.mjs";
import { codecRows } from "./codec-rows.mjs";
import { root } from "./engine.mjs";
import { BenchImages } from "./images.mjs";
import { measureInTurns } from "./measure.mjs";
import { machineFacts, textTable, writeIntoPage } from "./report.mjs";
import { rows } from "./rows.mjs";

const { values: options, positionals: names } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    runs: { type: "string" },
    busy: { type: "boolean", default: false },
    "write-docs": { type: "boolean", default: false },
  },
});
/** A row is chosen by its name, or with others by how their names begin: `codec` stands for `codec-same` and so on. */
const isNamed = (/** @type {string} */ row, /** @type {string} */ name) => row === name || row.startsWith(`${name}-`);
const unknown = names.filter((name) => !rows.some((row) => isNamed(row.name, name)));
const runs = Number(options.runs ?? (options.quick ? 3 : 5));
const chosen = rows.filter((row) =>
  names.length > 0 ? names.some((name) => isNamed(row.name, name)) : !(options.quick && row.slow),
);
/** The tables of the page, each of which is written as a whole or not at all. */
const tables = [rows.filter((row) => !codecRows.includes(row)), codecRows];
const whole = tables.filter((table) => table.every((row) => chosen.includes(row)));
const writesDocs = options["write-docs"];
if (unknown.length > 0 || !(runs >= 1) || (writesDocs && (options.busy || options.quick || whole.length === 0))) {
  console.error(`usage: npm run bench [-- [ROW ...] [--quick] [--runs N] [--busy | --write-docs]]`);
  console.error("--write-docs takes all rows of a table: those of codecs (codec), all others, or both");
  console.error(`rows: ${rows.map((row) => row.name).join(", ")}`);
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), "isolux-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
if (options.busy) {
  const other = spawn(process.execPath, ["--eval", "for (;;);"], { stdio: "ignore" });
  other.unref();
  process.on("exit", () => other.kill("SIGKILL"));
}
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) process.on(signal, () => process.exit(1));

const python = pythonWith("copy-arrays", ["numpy", "numcodecs", "crc32c", "tensorstore"]);
const workshop = { images: new BenchImages(folder), folder, quick: options.quick, python };
const results = [];
for (const { name, what, contenders, figures } of chosen) {
  process.stderr.write(`${name}: ${what}\n`);
  const measured = await measureInTurns(await contenders(workshop), runs, (text) =>
    process.stderr.write(`  ${text}\n`),
  );
  results.push({ name, what, contenders: measured, figures: figures(measured) });
}
console.log(textTable(results));

const machine = machineFacts();
const record = {
  machine,
  quick: options.quick,
  runs,
  busy: options.busy,
  copyBy: python === undefined ? "isolux" : "numcodecs",
  results,
};
const output = join(root, "bench", "results");
mkdirSync(output, { recursive: true });
const file = join(output, `${machine.date.replaceAll(/[:.]/g, "-")}.json`);
writeFileSync(file, `${JSON.stringify(record, undefined, 2)}\n`);
console.log(`\n${file}`);
for (const table of writesDocs ? whole : []) {
  const ofTable = results.filter(({ name }) => table.some((row) => row.name === name));
  const command = table === codecRows ? "npm run bench -- codec --write-docs" : "npm run bench -- --write-docs";
  writeIntoPage(join(root, "docs", "performance.md"), command, ofTable, machine, runs);
}
