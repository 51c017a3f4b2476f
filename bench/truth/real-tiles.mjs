// @ts-check
/**
 * Real tiles beside the scenes: a brain section of others, kept outside of this repository. Its truth is not known; how
 * far both views of its overlaps differ is.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openSeams, seamsWith } from "../../scripts/seam-figures.mjs";
import { DirectoryStore, openArray, readBox } from "../engine.mjs";
import { readField, runMethod } from "./run-scenes.mjs";
import { drawEvenly } from "./stack.mjs";

/** Its name among the scenes. */
export const realTilesName = "real-brain-section";

const image = fileURLToPath(new URL("../../../shared/data/wsi_brain.zarr/raw_image", import.meta.url));

/**
 * Measures methods on the real tiles; skips with a line where they are not there.
 * @param {readonly import("./methods.mjs").Method[]} methods
 * @param {string} folder
 * @param {(method: string, result: import("./run-scenes.mjs").Result) => void} onResult
 */
export async function runRealTiles(methods, folder, onResult) {
  if (!existsSync(image)) {
    process.stderr.write("  skipped: the real tiles are not there (../shared/data/wsi_brain.zarr)\n");
    return;
  }
  const seams = await openSeams(image);
  const { acquisition, plan } = seams;
  const [channel] = acquisition.channels;
  if (channel === undefined) return;
  const patches = await seams.patchesOf(channel);
  const subject = {
    image,
    labels: [channel.label],
    emptyTiles: [],
    stack: () => stackOf(acquisition),
  };
  for (const method of methods) {
    const output = join(folder, `real-${method.name}`);
    const outcome = await runMethod(method, subject, output);
    if (outcome.kind === "skipped" || outcome.kind === "failed") {
      onResult(method.name, outcome);
      continue;
    }
    const field = outcome.kind === "profiles" ? await readField(output, channel.label, plan.fieldYx) : undefined;
    const report = seamsWith(seams, patches, field);
    if (report.kind === "none") throw new Error(report.reason);
    const { before, after } = report.placed;
    onResult(method.name, { ...outcome, figures: { seam: (after ?? before).difference } });
  }
}

/**
 * All tiles, each of one plane.
 * @param {any} acquisition
 * @returns {Promise<import("./stack.mjs").Stack>}
 */
async function stackOf(acquisition) {
  const array = await openArray(new DirectoryStore(image), "0");
  const tiles = drawEvenly(acquisition.tiles, 200);
  const { start, stop } = tiles[0].box;
  const [rows, columns] = [stop[1] - start[1], stop[2] - start[2]];
  const pixels = new Uint16Array(tiles.length * rows * columns);
  for (const [at, { box }] of tiles.entries()) {
    const plane = await readBox(array, [0, ...box.start], [1, box.start[0] + 1, box.stop[1], box.stop[2]]);
    pixels.set(plane, at * rows * columns);
  }
  return { pixels, planeCount: tiles.length, shapeYx: [rows, columns] };
}
