// @ts-check
/** The results of a bench: as a table, as JSON, as a part of the documentation. */
import { readFileSync, writeFileSync } from "node:fs";
import { arch, cpus, platform, release, totalmem } from "node:os";
import { median } from "./measure.mjs";

/** @typedef {import("./rows.mjs").Figure} Figure */
/**
 * @typedef {object} Result
 * @property {string} name
 * @property {string} what
 * @property {Record<string, import("./measure.mjs").Measured>} contenders
 * @property {Figure[]} figures
 */

/** What the results hold for. */
export function machineFacts() {
  const processors = cpus();
  return {
    date: new Date().toISOString(),
    node: process.version,
    system: `${platform()} ${release()} ${arch()}`,
    processor: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    memoryBytes: totalmem(),
  };
}

const heads = ["row", "figure", "value", "limit", "", "medians"];

/**
 * The results as lines of cells.
 * @param {readonly Result[]} results
 * @returns {string[][]}
 */
function cellsOf(results) {
  return results.flatMap(({ name, contenders, figures }) => {
    const times = Object.entries(contenders).map(([who, { seconds }]) => `${who} ${median(seconds).toPrecision(3)} s`);
    return figures.map((figure, index) => [
      index === 0 ? name : "",
      figure.what,
      quantity(figure.value, figure.unit),
      `${figure.atLeast ? "at least" : "at most"} ${quantity(figure.limit, figure.unit)}`,
      isMet(figure) ? "met" : "MISSED",
      index === 0 ? times.join(", ") : "",
    ]);
  });
}

/** @param {Figure} figure */
function isMet({ value, limit, atLeast }) {
  return atLeast ? value >= limit : value <= limit;
}

/**
 * @param {number} value
 * @param {Figure["unit"]} unit
 */
function quantity(value, unit) {
  if (unit === "times") return `${value.toFixed(2)}x`;
  return unit === "MB" ? `${Math.round(value)} MB` : `${Number(value.toPrecision(3))} s`;
}

/** @param {readonly Result[]} results */
export function textTable(results) {
  const lines = [heads, ...cellsOf(results)];
  const widths = heads.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/**
 * Puts the results of a table into a page, between the marks that name its command.
 * @param {string} page
 * @param {string} command
 * @param {readonly Result[]} results
 * @param {ReturnType<typeof machineFacts>} machine
 * @param {number} runs
 */
export function writeIntoPage(page, command, results, machine, runs) {
  const text = readFileSync(page, "utf8");
  const beginMark = `<!-- The lines below are written by \`${command}\`. -->`;
  const endMark = `<!-- The lines above are written by \`${command}\`. -->`;
  const [begin, end] = [text.indexOf(beginMark), text.indexOf(endMark)];
  if (begin < 0 || end < begin) throw new Error(`${page} lacks the marks that the results go between`);
  const lines = [heads, heads.map(() => "---"), ...cellsOf(results)].map((cells) => `| ${cells.join(" | ")} |`);
  const where = `${machine.processor}, ${machine.cores} cores, ${Math.round(machine.memoryBytes / 2 ** 30)} GiB, Node ${machine.node}, ${machine.date.slice(0, 10)}; ${runs} runs of each, nothing else at work:`;
  writeFileSync(
    page,
    `${text.slice(0, begin + beginMark.length)}\n\n${where}\n\n${lines.join("\n")}\n\n${text.slice(end)}`,
  );
}
