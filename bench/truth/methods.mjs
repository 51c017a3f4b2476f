// @ts-check
/** The methods that the truth benchmark compares: Isolux in several ways, BaSiCPy, the simplest estimate, and none. */
import { join } from "node:path";
import { DirectoryStore, isoluxMain, saveProfiles } from "../engine.mjs";
import { medianGaussian } from "./median-gaussian.mjs";
import { fitBasicpy } from "./python-peers.mjs";
import { runProgram } from "./run-program.mjs";

/**
 * What a method works on: a scene, or real tiles.
 * @typedef {object} Subject
 * @property {string} image
 * @property {readonly string[]} labels of the channels
 * @property {readonly number[]} emptyTiles numbers of tiles that show no sample in any plane
 * @property {number} [cameraOffset] in counts, where it is known
 * @property {(channel: number) => Promise<import("./stack.mjs").Stack>} stack
 */

/**
 * What a method came to: profiles in a folder, or the wish to leave the image as it is; or none, where it could not be
 * run (`skipped`) or failed.
 * @typedef {{ kind: "profiles", seconds: number } | { kind: "as-it-is", seconds: number } |
 *   { kind: "skipped", why: string } | { kind: "failed", why: string, seconds: number }} Outcome
 */

/**
 * @typedef {object} Method
 * @property {string} name
 * @property {string} title
 * @property {string} what
 * @property {boolean} [extra] run only where its whole name is given
 * @property {(subject: Subject, folder: string) => Promise<Outcome>} run writes profiles into the folder
 */

/** @type {readonly Method[]} */
export const methods = [
  {
    name: "none",
    title: "none",
    what: "the image as it was taken",
    run: async () => ({ kind: "as-it-is", seconds: 0 }),
  },
  {
    name: "median-gaussian",
    title: "median + Gaussian",
    what: "the median over all planes, blurred by a Gaussian of a twelfth of the tile",
    run: fitStacks(async (stack, folder, label) => {
      const began = performance.now();
      const flatfield = medianGaussian(stack);
      const profile = { shapeYx: stack.shapeYx, flatfield, darkfield: new Float32Array(flatfield.length), baseline: 0 };
      await saveProfiles(new DirectoryStore(folder), "", new Map([[label, profile]]));
      return (performance.now() - began) / 1000;
    }),
  },
  estimate("basic", "BaSiC", "`isolux estimate --solver faithful`: BaSiC as the reference task runs it", () => [
    "--solver",
    "faithful",
  ]),
  basicpy("basicpy-2", "BaSiCPy 2", {}),
  basicpy("basicpy-1.2", "BaSiCPy 1.2", {}),
  basicpy("basicpy-1.2-dark", "BaSiCPy 1.2", { get_darkfield: true }),
  estimate("fov-list", "`--fov-list`", "`isolux estimate --fov-list` with the tiles that hold no sample", (subject) =>
    subject.emptyTiles.length === 0 ? "no empty tiles" : ["--fov-list", subject.emptyTiles.join(",")],
  ),
  estimate("estimate", "Isolux", "`isolux estimate`, and so `isolux correct`, without options", () => []),
  estimate("auto", "`--auto`", "`isolux estimate --auto`", () => ["--auto"]),
  {
    ...estimate("offset-told", "offset told", "`isolux estimate --camera-offset` with the true offset", (subject) =>
      subject.cameraOffset === undefined ? "the offset is not known" : ["--camera-offset", `${subject.cameraOffset}`],
    ),
    extra: true,
  },
  { ...basicpy("basicpy-1.2-sorted", "BaSiCPy 1.2", { get_darkfield: true, sort_intensity: true }), extra: true },
];

/**
 * A way of `isolux estimate`. Exit code 3 says that no correction is better.
 * @param {string} name
 * @param {string} title
 * @param {string} what
 * @param {(subject: Subject) => readonly string[] | string} optionsFor or why there are none
 * @returns {Method}
 */
function estimate(name, title, what, optionsFor) {
  const run = async (/** @type {Subject} */ subject, /** @type {string} */ folder) => {
    const options = optionsFor(subject);
    if (typeof options === "string") return /** @type {Outcome} */ ({ kind: "skipped", why: options });
    const args = [isoluxMain, "estimate", subject.image, "--output", folder, ...options];
    const { code, seconds, messages } = await runProgram(process.execPath, args);
    /** @type {Outcome} */
    const failed = { kind: "failed", why: messages.trim().split("\n").at(-1) ?? "", seconds };
    return code === 0 ? { kind: "profiles", seconds } : code === 3 ? { kind: "as-it-is", seconds } : failed;
  };
  return { name, title, what, run: /** @type {Method["run"]} */ (run) };
}

/**
 * A version of BaSiCPy with settings other than its defaults, if any.
 * @param {string} name
 * @param {"BaSiCPy 1.2" | "BaSiCPy 2"} version
 * @param {Readonly<Record<string, unknown>>} settings
 * @returns {Method}
 */
function basicpy(name, version, settings) {
  const run = fitStacks((stack, folder, label) => fitBasicpy(stack, join(folder, label), version, settings));
  const withSettings = Object.keys(settings).map((setting) => setting.replace("get_", "").replace("_", " "));
  const what = withSettings.length === 0 ? "with its defaults" : `with ${withSettings.join(" and ")}`;
  return { name, title: [version, ...withSettings].join(", "), what: `${version} ${what}`, run };
}

/**
 * A method that fits a stack of planes for each channel.
 * @param {(stack: import("./stack.mjs").Stack, folder: string, label: string) => Promise<number | string>} estimateFrom saves a
 *   profile and gives the seconds that it took, or says why it cannot be run
 * @returns {Method["run"]}
 */
function fitStacks(estimateFrom) {
  return async ({ labels, stack }, folder) => {
    let seconds = 0;
    for (const [channel, label] of labels.entries()) {
      const end = await estimateFrom(await stack(channel), folder, label);
      if (typeof end === "string") return { kind: "skipped", why: end };
      seconds += end;
    }
    return { kind: "profiles", seconds };
  };
}
