// @ts-check
/** The rows of the bench: what is run, and what is read from it. */
import { join } from "node:path";
import { codecRows } from "./codec-rows.mjs";
import {
  correction,
  correctionAndCopy,
  isolux,
  mosaicSize,
  onOneCore,
  sideBySide,
  throughChunks,
} from "./contenders.mjs";
import { isoluxMain, root } from "./engine.mjs";
import { median, timeRatio } from "./measure.mjs";

/** @typedef {import("./measure.mjs").Contender} Contender */
/** @typedef {import("./measure.mjs").Measured} Measured */

/**
 * A figure with the limit that the project sets itself; `limit` is the least where `atLeast`, else the most.
 * @typedef {object} Figure
 * @property {string} what
 * @property {number} value
 * @property {"times" | "s" | "MB"} unit
 * @property {number} limit
 * @property {boolean} [atLeast]
 */

/**
 * @typedef {object} Workshop
 * @property {import("./images.mjs").BenchImages} images
 * @property {string} folder for outputs
 * @property {boolean} quick
 * @property {string | undefined} python with numcodecs and tensorstore
 */

/**
 * @typedef {object} Row
 * @property {string} name
 * @property {string} what
 * @property {boolean} [slow] left out by --quick
 * @property {(workshop: Workshop) => Promise<Contender[]>} contenders
 * @property {(measured: Record<string, Measured>) => Figure[]} figures
 */

/** @type {readonly [number, number, number]} */
const smallChunks = [16, 512, 512];
/** @type {readonly [number, number, number]} */
const largeChunks = [64, 1024, 1024];

/** @type {readonly Row[]} */
export const rows = [
  {
    name: "correct",
    what: "correct with a given profile, all levels; chunks of 16 x 512 x 512; 2 workers",
    contenders: (workshop) => correctionAndCopy(workshop, smallChunks, []),
    figures: (measured) => [overCopy(measured, 2), peak(measured, "correct", 512)],
  },
  {
    name: "large-chunks",
    what: "the same with chunks of 64 x 1024 x 1024",
    contenders: (workshop) => correctionAndCopy(workshop, largeChunks, []),
    figures: (measured) => [overCopy(measured, 2.5), peak(measured, "correct", 2000)],
  },
  {
    name: "sharded",
    what: "the same from chunks of 16 x 512 x 512 into OME-Zarr 0.5 with shards",
    contenders: (workshop) => correctionAndCopy(workshop, smallChunks, ["--ome-version", "0.5"]),
    figures: (measured) => [overCopy(measured, 2.5), peak(measured, "correct", 2000)],
  },
  {
    name: "size",
    what: "correct an image four times as deep",
    slow: true,
    contenders: async (workshop) => {
      const size = mosaicSize(workshop);
      return [
        await correction(workshop, { ...size, chunkZyx: smallChunks }, "once", []),
        await correction(workshop, { ...size, planes: 4 * size.planes, chunkZyx: smallChunks }, "four times", []),
      ];
    },
    figures: ({ once, "four times": fourTimes }) => [
      { what: "time per byte", value: timeRatio(of(fourTimes), of(once)) / 4, unit: "times", limit: 1.1 },
      { what: "peak memory", value: median(of(fourTimes).peakBytes) / 1e6, unit: "MB", limit: 512 },
    ],
  },
  {
    name: "workers",
    what: "correct with 1 worker and with 2",
    contenders: async (workshop) => {
      const options = { ...mosaicSize(workshop), chunkZyx: smallChunks };
      return [
        await correction(workshop, options, "1 worker", ["--workers", "1"]),
        await correction(workshop, options, "2 workers", ["--workers", "2"]),
      ];
    },
    figures: ({ "1 worker": one, "2 workers": two }) => [
      { what: "speed-up", value: timeRatio(of(one), of(two)), unit: "times", limit: 1.8, atLeast: true },
    ],
  },
  {
    name: "cores",
    what: "correct an image four times as deep on one core, on two, and each half of it on a core of its own",
    slow: true,
    contenders: async (workshop) => {
      const { tilePx, planes } = mosaicSize(workshop);
      const deep = (/** @type {number} */ times) => ({ tilePx, planes: times * planes, chunkZyx: smallChunks });
      const [whole, half] = [deep(4), deep(2)];
      const halves = ["first", "second"].map((name) => correction(workshop, half, name, ["--workers", "1"], name));
      return [
        onOneCore(await correction(workshop, whole, "one core", ["--workers", "1"])),
        await correction(workshop, whole, "two cores", ["--workers", "2"]),
        sideBySide("halves apart", await Promise.all(halves)),
      ];
    },
    figures: ({ "one core": one, "two cores": two, "halves apart": apart }) => [
      { what: "speed-up", value: timeRatio(of(one), of(two)), unit: "times", limit: 1.8, atLeast: true },
      { what: "time, over that of two programs", value: timeRatio(of(two), of(apart)), unit: "times", limit: 1.1 },
    ],
  },
  {
    name: "serve",
    what: "read all of an image over HTTP: corrected by isolux serve, and as it is from a plain server; 2 workers",
    contenders: async (workshop) => {
      const { image, models } = await workshop.images.mosaic({ ...mosaicSize(workshop), chunkZyx: smallChunks });
      const script = join(root, "bench", "read-served.mjs");
      return [
        { name: "served", command: [process.execPath, script, image, models], tells: true },
        { name: "plain", command: [process.execPath, script, image], tells: true },
      ];
    },
    figures: ({ served, plain }) => [
      { what: "time, over reading the source", value: timeRatio(of(served), of(plain)), unit: "times", limit: 1.3 },
    ],
  },
  {
    name: "empty",
    what: "profile from 200 empty planes of 2048 x 2048 at full resolution",
    contenders: async (workshop) => {
      const tilePx = workshop.quick ? 1024 : 2048;
      const { image } = await workshop.images.emptyTile({ tilePx, planes: 208, chunkZyx: smallChunks });
      const output = join(workshop.folder, "empty-profiles");
      const options = ["--fov-list", "1", "--n-zplanes", "200", "--workers", "2"];
      return [
        isolux("estimate", ["estimate", image, "--output", output, ...options], [output]),
        throughChunks("read and decode", [join(image, "0")], []),
      ];
    },
    figures: ({ estimate, "read and decode": least }) => [
      { what: "time, over reading and decoding", value: timeRatio(of(estimate), of(least)), unit: "times", limit: 1.3 },
      { what: "peak memory", value: median(of(estimate).peakBytes) / 1e6, unit: "MB", limit: 600 },
    ],
  },
  ...codecRows,
  basicFit({ name: "fit-128", px: 128, limit: 4 }),
  basicFit({ name: "fit-256", px: 256, limit: 20, slow: true }),
  basicFit({ name: "fit-512", px: 512, limit: 120, limitBytes: 1.5 * 2 ** 30, slow: true }),
  basicFit({ name: "fit-512-working", px: 512, limit: 2, options: ["--working-size", "128"] }),
  {
    name: "help",
    what: "isolux --help",
    contenders: async () => [
      { name: "isolux --help", command: [process.execPath, isoluxMain, "--help"] },
      { name: "node alone", command: [process.execPath, "--eval", "0"] },
    ],
    figures: ({ "isolux --help": help }) => [{ what: "time", value: median(of(help).seconds), unit: "s", limit: 0.15 }],
  },
];

/**
 * @param {{ name: string, px: number, limit: number, limitBytes?: number, slow?: boolean, options?: string[] }} row
 * @returns {Row}
 */
function basicFit({ name, px, limit, limitBytes, slow = false, options = [] }) {
  const how = options.length === 0 ? "" : `, ${options.join(" ")}`;
  return {
    name,
    what: `BaSiC fit of 200 planes of ${px} x ${px}, defaults${how}`,
    slow,
    contenders: async ({ images, folder }) => {
      const output = join(folder, "fitted.npz");
      return [isolux("fit", ["fit", await images.stack(px), "--output", output, ...options], [output])];
    },
    figures: ({ fit: fitted }) => [
      { what: "time", value: median(of(fitted).seconds), unit: "s", limit },
      ...(limitBytes === undefined
        ? []
        : [
            /** @type {Figure} */ ({
              what: "peak memory",
              value: median(of(fitted).peakBytes) / 1e6,
              unit: "MB",
              limit: Math.floor(limitBytes / 1e6),
            }),
          ]),
    ],
  };
}

/**
 * @param {Record<string, Measured>} measured
 * @param {number} limit
 * @returns {Figure}
 */
function overCopy({ correct, copy }, limit) {
  return {
    what: "time, over a copy of the full resolution",
    value: timeRatio(of(correct), of(copy)),
    unit: "times",
    limit,
  };
}

/**
 * @param {Record<string, Measured>} measured
 * @param {string} name
 * @param {number} limit in MB
 * @returns {Figure}
 */
function peak(measured, name, limit) {
  return { what: "peak memory", value: median(of(measured[name]).peakBytes) / 1e6, unit: "MB", limit };
}

/** @param {Measured | undefined} measured */
function of(measured) {
  if (measured === undefined) throw new Error("a contender was not measured");
  return measured;
}
