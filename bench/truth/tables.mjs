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

/** By how much a figure is worse than that of no correction before it counts. */
const harm = 0.001;

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
 * Puts the tables into a page, between the marks: methods that gave a figure, scenes that can be solved first, the best of
 * each row in bold. Seconds stay in the record, since they are those of one machine and of what else it did.
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
  const { machine, extent } = record;
  const where = `Tiles of ${extent.size} x ${extent.size} px, ${extent.planes} planes, seed ${extent.seed}; ${machine.date.slice(0, 10)}. All in %; the best of each row in bold, in parentheses images that were left as they are, ↑ what is worse than no correction by more than 0.1 %.`;
  const parts = tables.flatMap((table) => pageTable(record, methods, table));
  const written = [where, ...parts].join("\n\n");
  writeFileSync(page, `${text.slice(0, begin + mark("below").length)}\n\n${written}\n\n${text.slice(end)}`);
}

/**
 * @param {BenchRecord} record
 * @param {readonly Method[]} methods
 * @param {Table} table
 */
function pageTable(record, methods, { title, what, figure }) {
  const isSolvable = (/** @type {string} */ name) => record.scenes[name]?.solvable !== false;
  const measured = Object.keys(record.scenes).filter((name) => figureOf(record, name, "none", figure) !== undefined);
  const real = measured.filter((name) => name === realTilesName);
  const synthetic = measured.filter((name) => name !== realTilesName);
  const names = [...synthetic.filter(isSolvable), ...synthetic.filter((name) => !isSolvable(name)), ...real];
  if (names.length === 0) return [];
  const shown = methods.filter(({ name: method }) =>
    synthetic.some((name) => figureOf(record, name, method, figure) !== undefined),
  );
  const rows = names.map((name) => [nameOf(record, name), ...markedCells(record, name, shown, figure)]);
  const head = ["scene", ...shown.map(({ title: ofMethod }) => ofMethod)];
  const rule = head.map((_, column) => (column === 0 ? "---" : "---:"));
  const lines = [head, rule, ...rows, ...summary(record, shown, synthetic, figure)];
  return [`### ${title}\n\n${what}\n\n${lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n")}`];
}

/**
 * The cells of a row, the best in bold, with an arrow at those that are worse than no correction.
 * @param {BenchRecord} record
 * @param {string} name
 * @param {readonly Method[]} methods
 * @param {keyof Figures} figure
 */
function markedCells(record, name, methods, figure) {
  const values = methods.map(({ name: method }) => figureOf(record, name, method, figure));
  const best = percent(Math.min(...values.flatMap((value) => value ?? [])));
  const raw = figureOf(record, name, "none", figure) ?? Number.POSITIVE_INFINITY;
  return methods.map((method, at) => {
    const value = values[at];
    const text = cell(record, name, method, figure);
    if (value === undefined) return text;
    return percent(value) === best ? `**${text}**` : value > raw + harm ? `${text} ↑` : text;
  });
}

/**
 * @param {BenchRecord} record
 * @param {string} name
 * @param {string} method
 * @param {keyof Figures} figure
 * @returns {number | undefined}
 */
function figureOf(record, name, method, figure) {
  const result = record.scenes[name]?.methods[method];
  return result?.kind === "profiles" || result?.kind === "as-it-is" ? result.figures?.[figure] : undefined;
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
  const worstOf = (/** @type {string} */ name, /** @type {string} */ method) =>
    record.scenes[name]?.methods[method]?.kind === "failed"
      ? Number.POSITIVE_INFINITY
      : figureOf(record, name, method, figure);
  const inWords = (/** @type {number} */ value) => (value === Number.POSITIVE_INFINITY ? "failed" : percent(value));
  const solvable = names.filter((name) => record.scenes[name]?.solvable !== false);
  const columns = methods.map(({ name: method }) => {
    const values = solvable.flatMap((name) => worstOf(name, method) ?? []).sort((a, b) => a - b);
    const worse = names.filter((name) => (worstOf(name, method) ?? 0) > (worstOf(name, "none") ?? 1) + harm);
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
