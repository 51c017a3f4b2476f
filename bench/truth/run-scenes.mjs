// @ts-check
/** Runs methods on scenes and real tiles, and gathers their figures. */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DirectoryStore, readModel, resampleProfile } from "../engine.mjs";
import { writeScene } from "./scene-files.mjs";
import { stackOf } from "./stack.mjs";
import { TrueViews } from "./true-views.mjs";

/** @typedef {import("./methods.mjs").Method} Method */
/** @typedef {import("./methods.mjs").Outcome} Outcome */
/** @typedef {import("./true-views.mjs").Figures} Figures */

/**
 * What a method did on a scene; figures are means over the channels, each channel's own under `channels`. Real tiles
 * have a seam only.
 * @typedef {Outcome & { figures?: Partial<Figures>, channels?: Readonly<Record<string, Figures>> }} Result
 */

/**
 * Measures methods on one scene.
 * @param {string} name
 * @param {readonly Method[]} methods
 * @param {{ folder: string, size: number, planes: number, seed: number }} extent
 * @param {(method: string, result: Result) => void} onResult
 */
export async function runScene(name, methods, { folder, ...extent }, onResult) {
  const place = join(folder, name);
  const made = await writeScene(place, name, extent);
  const labels = made.options.channels.map(({ label }) => label);
  const views = labels.map((_, channel) => new TrueViews(made, channel));
  const subject = {
    image: made.image,
    labels,
    emptyTiles: made.truth.emptyTiles,
    cameraOffset: made.options.cameraOffset,
    stack: async (/** @type {number} */ channel) => stackOf(made, channel),
  };
  for (const method of methods) {
    const output = join(place, "profiles", method.name);
    mkdirSync(join(place, "profiles"), { recursive: true });
    onResult(method.name, await assess(await runMethod(method, subject, output), views, labels, output));
  }
  rmSync(place, { recursive: true });
}

/**
 * @param {Method} method
 * @param {import("./methods.mjs").Subject} subject
 * @param {string} output
 * @returns {Promise<Outcome>}
 */
export async function runMethod(method, subject, output) {
  const began = performance.now();
  try {
    return await method.run(subject, output);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { kind: "failed", why, seconds: (performance.now() - began) / 1000 };
  }
}

/**
 * @param {Outcome} outcome
 * @param {readonly TrueViews[]} views of each channel
 * @param {readonly string[]} labels
 * @param {string} folder of the profiles
 * @returns {Promise<Result>}
 */
async function assess(outcome, views, labels, folder) {
  if (outcome.kind === "skipped" || outcome.kind === "failed") return outcome;
  /** @type {Record<string, Figures>} */
  const channels = {};
  for (const [channel, label] of labels.entries()) {
    const view = /** @type {TrueViews} */ (views[channel]);
    const { tileShapeYx } = view.made.options;
    const fields = new Map();
    for (const side of outcome.kind === "profiles" ? /** @type {const} */ (["Left", "Right"]) : []) {
      try {
        fields.set(side, await readField(folder, label, tileShapeYx, side));
      } catch (error) {
        return {
          kind: "failed",
          why: error instanceof Error ? error.message : String(error),
          seconds: outcome.seconds,
        };
      }
    }
    channels[label] = view.figuresOf((side) => fields.get(side));
  }
  return { ...outcome, figures: meanFigures(Object.values(channels)), channels };
}

/**
 * A saved profile as it lies over tiles of a shape; `undefined` where the channel was left as it is.
 * @param {string} folder
 * @param {string} label
 * @param {readonly [number, number]} shapeYx
 * @param {"Left" | "Right"} [side]
 */
export async function readField(folder, label, shapeYx, side) {
  const store = new DirectoryStore(folder);
  try {
    const { profile, alignment } = await readModel(store, "", label, "note", side);
    return resampleProfile(profile, shapeYx, alignment);
  } catch (error) {
    if (error instanceof Error && "kind" in error && error.kind === "not-found") return undefined;
    throw error;
  }
}

/**
 * @param {readonly Figures[]} figures
 * @returns {Figures}
 */
function meanFigures(figures) {
  const meanOf = (/** @type {keyof Figures} */ name) =>
    figures.reduce((sum, figure) => sum + figure[name], 0) / figures.length;
  return { profile: meanOf("profile"), seam: meanOf("seam"), image: meanOf("image") };
}
