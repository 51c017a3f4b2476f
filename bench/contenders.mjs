// @ts-check
/** What the rows of the bench run: Isolux, and what it is held against. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isoluxMain, root } from "./engine.mjs";

/** @typedef {import("./measure.mjs").Contender} Contender */
/** @typedef {import("./rows.mjs").Workshop} Workshop */

/**
 * The size of the mosaics: 2.4 GB at full resolution, or a quarter of it.
 * @param {Workshop} workshop
 */
export const mosaicSize = ({ quick }) => ({ tilePx: quick ? 508 : 1016, planes: 128 });

/**
 * As on a machine, or in a job, of one core: a worker has threads beside it that read, write and compile.
 * @param {Contender} contender
 * @returns {Contender}
 */
export function onOneCore(contender) {
  return { ...contender, command: ["taskset", "--cpu-list", "0", ...contender.command], peak: false };
}

/**
 * Contenders at the same time as one, each on a core of its own.
 * @param {string} name
 * @param {readonly Contender[]} contenders
 * @returns {Contender}
 */
export function sideBySide(name, contenders) {
  const script = fileURLToPath(new URL("side-by-side.mjs", import.meta.url));
  const commands = contenders.map(({ command }) => JSON.stringify(command));
  const writes = contenders.flatMap((contender) => contender.writes ?? []);
  return { name, command: [process.execPath, script, ...commands], writes };
}

/**
 * @param {Workshop} workshop
 * @param {readonly [number, number, number]} chunkZyx
 * @param {readonly string[]} options
 */
export async function correctionAndCopy(workshop, chunkZyx, options) {
  const size = { ...mosaicSize(workshop), chunkZyx };
  const { image } = await workshop.images.mosaic(size);
  const copy = join(workshop.folder, "copy");
  const array = join(image, "0");
  const script = `${root}bench/python/copy_chunks.py`;
  return [
    await correction(workshop, size, "correct", ["--workers", "2", ...options]),
    workshop.python === undefined
      ? throughChunks("copy", [array, copy], [copy])
      : { name: "copy", command: [workshop.python, script, array, copy, "2"], writes: [copy] },
  ];
}

/**
 * @param {Workshop} workshop
 * @param {import("./images.mjs").MosaicOptions} mosaic
 * @param {string} name
 * @param {readonly string[]} options
 * @param {string} outputName
 */
export async function correction({ images, folder }, mosaic, name, options, outputName = "corrected") {
  const { image, models } = await images.mosaic(mosaic);
  const output = join(folder, outputName);
  return isolux(name, ["correct", image, "--models-folder", models, "--output", output, ...options], [output]);
}

/**
 * @param {string} name
 * @param {readonly string[]} args
 * @param {readonly string[]} writes
 * @returns {Contender}
 */
export function isolux(name, args, writes) {
  return { name, command: [process.execPath, isoluxMain, ...args], writes, peak: true };
}

/**
 * @param {string} name
 * @param {readonly string[]} args
 * @param {readonly string[]} writes
 * @returns {Contender}
 */
export function throughChunks(name, args, writes) {
  const script = fileURLToPath(new URL("work-through-chunks.mjs", import.meta.url));
  return { name, command: [process.execPath, script, ...args], writes, peak: true };
}
