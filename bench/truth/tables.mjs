// @ts-check
/** The results of the truth benchmark: a line for each while it runs, tables for people, a page of the documentation. */
import { readFileSync, writeFileSync } from "node:fs";
import { realTilesName } from "./real-tiles.mjs";

/** @typedef {import("./methods.mjs").Method} Method */
/** @typedef {import("./run-scenes.mjs").Result} Result */
/** @typedef {import("./true-views.mjs").Figures} Figures */

/**
 * All that a run found.
 * @typedef {object} BenchRecord
 * @property {ReturnType<typeof import("../report.mjs").machineFacts>} machine
 * @property {{ size: number, planes: number, seed: number }} extent
 * @property {Record<string, { what: string, solvable: boolean, methods: Record<string, Result> }>} scenes
 */

/** @typedef {{ title: string, what: string, figure: keyof Figures }} Table */
/** @type {readonly Table[]} */
const tables = [
  {
    title: "How far profiles are from the truth",
    what: "Mean |S - S_true|, both of mean 1, in %.",
    figure: "profile",
  },
  {
    title: "What is left of the seams",
    what: "How far both views of an overlap differ, in % of the true light.",
    figure: "seam",
  },
  {
    title: "How far the corrected image is from the light that was there",
    what: "In % of the true light, after the best factor and constant.",
    figure: "image",
  },
];

/**
 * One result in one line.
 * @param {string} method
 * @param {Result} result
 */
export function briefly(method, result) {
  if (result.kind === "skipped") return `${method}: skipped, ${result.why}`;
  if (result.kind === "failed") return `${method}: failed, ${result.why}`;
  const { profile, seam, image } = result.figures ?? {};
  const parts = Object.entries({ profile, seam, image }).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name} ${percent(value)} %`],
  );
  const kept = result.kind === "as-it-is" && method !== "none" ? ", left as it is" : "";
  return `${method}: ${parts.join(", ")}${kept}, ${result.seconds.toFixed(1)} s`;
}

/**
 * The tables as a terminal shows them.
 * @param {BenchRecord} record
 * @param {readonly Method[]} methods
 * @param {readonly string[]} names of scenes
 */
export function textTables(record, methods, names) {
  return allTables(record, methods, names)
    .map(({ title, what, lines }) => `${title}\n${what}\n\n${aligned(lines)}`)
    .join("\n\n");
}

/**
 * Puts the tables into a page, between the marks.
 * @param {string} page
 * @param {BenchRecord} record
 * @param {readonly Method[]} methods
 */
export function writeIntoPage(page, record, methods) {
  const text = readFileSync(page, "utf8");
  const mark = (/** @type {string} */ place) =>
    `<!-- The lines ${place} are written by \`npm run bench:truth -- --write-docs\`. -->`;
  const [begin, end] = [text.indexOf(mark("below")), text.indexOf(mark("above"))];
  if (begin < 0 || end < begin) throw new Error(`${page} lacks the marks that the tables go between`);
  const run = methods.filter(({ name }) => Object.values(record.scenes).some((scene) => scene.methods[name]));
  const { machine, extent } = record;
  const where = `Tiles of ${extent.size} x ${extent.size} px, ${extent.planes} planes, seed ${extent.seed}; ${machine.processor}, ${machine.cores} cores, Node ${machine.node}, ${machine.date.slice(0, 10)}.`;
  const parts = allTables(record, run, Object.keys(record.scenes)).map(({ title, what, lines }) => {
    const [head = [], ...body] = lines;
    const rows = [head, head.map((_, column) => (column === 0 ? "---" : "---:")), ...body];
    return `### ${title}\n\n${what}\n\n${rows.map((cells) => `| ${cells.join(" | ")} |`).join("\n")}\n`;
  });
  const written = [where, ...parts].join("\n\n").replaceAll("\n\n\n", "\n\n");
  writeFileSync(page, `${text.slice(0, begin + mark("below").length)}\n\n${written}\n${text.slice(end)}`);
}

/**
 * @param {BenchRecord} record
 * @param {readonly Method[]} methods
 * @param {readonly string[]} names
 */
function allTables(record, methods, names) {
  const synthetic = names.filter((name) => name !== realTilesName);
  const real = names.filter((name) => name === realTilesName && record.scenes[name] !== undefined);
  const head = ["scene", ...methods.map(({ title }) => title)];
  const filled = tables.map(({ title, what, figure }) => {
    const rows = figure === "seam" ? [...synthetic, ...real] : synthetic;
    const body = rows.map((name) => [
      nameOf(record, name),
      ...methods.map((method) => cell(record, name, method, figure)),
    ]);
    return { title, what, lines: [head, ...body, ...summary(record, methods, synthetic, figure)] };
  });
  const times = synthetic.map((name) => [name, ...methods.map((method) => secondsOf(record, name, method))]);
  const what = "Of the whole command for Isolux; of the fit alone, without start and reading, for the others.";
  return [...filled, { title: "Seconds", what, lines: [head, ...times] }];
}

/**
 * What no constant profile can do is marked.
 * @param {BenchRecord} record
 * @param {string} name
 */
function nameOf(record, name) {
  return record.scenes[name]?.solvable === false ? `${name} *` : name;
}

/**
 * @param {BenchRecord} record
 * @param {string} name
 * @param {Method} method
 * @param {keyof Figures} figure
 */
function cell(record, name, method, figure) {
  const result = record.scenes[name]?.methods[method.name];
  if (result === undefined || result.kind === "skipped") return "";
  if (result.kind === "failed") return "failed";
  const value = result.figures?.[figure];
  const text = value === undefined ? "" : percent(value);
  return result.kind === "as-it-is" && method.name !== "none" ? `(${text})` : text;
}

/**
 * Over the scenes that can be solved: the median and the worst. Over all: how often a method made it worse than it was.
 * What failed is worse than any figure.
 * @param {BenchRecord} record
 * @param {readonly Method[]} methods
 * @param {readonly string[]} names
 * @param {keyof Figures} figure
 */
function summary(record, methods, names, figure) {
  const figureOf = (/** @type {string} */ name, /** @type {string} */ method) => {
    const result = record.scenes[name]?.methods[method];
    return result?.kind === "failed" ? Number.POSITIVE_INFINITY : result?.figures?.[figure];
  };
  const inWords = (/** @type {number} */ value) => (value === Number.POSITIVE_INFINITY ? "failed" : percent(value));
  const solvable = names.filter((name) => record.scenes[name]?.solvable !== false);
  const columns = methods.map(({ name: method }) => {
    const values = solvable.flatMap((name) => figureOf(name, method) ?? []).sort((a, b) => a - b);
    const worse = names.filter((name) => (figureOf(name, method) ?? 0) > (figureOf(name, "none") ?? 1) + 0.001);
    if (values.length === 0) return ["", "", ""];
    return [inWords(values[values.length >> 1] ?? 0), inWords(values.at(-1) ?? 0), String(worse.length)];
  });
  const heads = ["median", "worst", "worse than none, scenes"];
  return heads.map((head, row) => [head, ...columns.map((column) => column[row] ?? "")]);
}

/**
 * @param {BenchRecord} record
 * @param {string} name
 * @param {Method} method
 */
function secondsOf(record, name, method) {
  const result = record.scenes[name]?.methods[method.name];
  return result === undefined || result.kind === "skipped" ? "" : result.seconds.toFixed(1);
}

/** @param {readonly (readonly string[])[]} lines */
function aligned(lines) {
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const pad = (/** @type {string} */ text, /** @type {number} */ column) =>
    column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0);
  return lines.map((line) => line.map(pad).join("  ").trimEnd()).join("\n");
}

/**
 * Two digits after the point where there is one before it.
 * @param {number} share
 */
function percent(share) {
  const value = 100 * share;
  return value >= 9.95 ? value.toFixed(1) : value.toFixed(2);
}
