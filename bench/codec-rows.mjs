// @ts-check
/**
 * Rows of the bench for codecs: tiles as the microscope writes them, corrected with their levels, over a native copy of the
 * full resolution alone by the same codec.
 */
import { join } from "node:path";
import { isolux } from "./contenders.mjs";
import { root } from "./engine.mjs";
import { median, timeRatio } from "./measure.mjs";

/** @typedef {import("./measure.mjs").Contender} Contender */
/** @typedef {import("./rows.mjs").Row} Row */
/** @typedef {import("./rows.mjs").Workshop} Workshop */
/** @typedef {import("./tiles.mjs").TilesOptions} TilesOptions */
/** @typedef {import("../src/shapes.ts").Zyx} Zyx */

/** @returns {import("../src/zarr/metadata/metadata.ts").BloscCodec} */
const blosc = (/** @type {"lz4" | "lz4hc" | "zstd"} */ inner, /** @type {"none" | "byte" | "bit"} */ shuffle) => ({
  kind: "blosc",
  inner,
  level: 5,
  shuffle,
  blockBytes: 0,
});
const microscopes = blosc("zstd", "bit");
/** @type {Zyx} */
const chunkInShard = [64, 256, 256];

/** @type {readonly Row[]} */
export const codecRows = [
  tilesRow("codec-same", "the microscope's codec in shards", 1.5, { codec: microscopes }),
  tilesRow("codec-deep", "the same in chunks of 128 x 256 x 256", 1.5, {
    codec: microscopes,
    chunkZyx: [128, 256, 256],
    shardZyx: undefined,
  }),
  tilesRow("codec-cubes", "the same in chunks of 256 x 256 x 256", 1.5, {
    codec: microscopes,
    planes: 256,
    chunkZyx: [256, 256, 256],
    shardZyx: undefined,
  }),
  tilesRow("codec-one-shard", "the same in one shard for each tile", 1.5, {
    codec: microscopes,
    planes: 64,
    shardZyx: [64, 6144, 6144],
  }),
  {
    name: "codec-mosaic",
    what: "a new mosaic from the microscope's codec in shards",
    slow: true,
    contenders: async (workshop) => {
      const image = await imageOf(workshop, "codec-same", { codec: microscopes });
      return [correction(workshop, image, []), ...copies(workshop, image, ["native", "tensorstore"])];
    },
    figures: (measured) => [
      overFastest(measured, 1.2),
      {
        what: "peak memory",
        value: median(measured.correct?.peakBytes ?? []) / 1e6,
        unit: "MB",
        limit: 512,
      },
    ],
  },
  tilesRow("codec-zstd", "plain zstd, level 0, as zarr-python writes", 1.3, { codec: { kind: "zstd", level: 0 } }),
  tilesRow("codec-unshuffled", "blosc, zstd without shuffle", 1.3, { codec: blosc("zstd", "none") }),
  tilesRow("codec-lz4-large", "blosc, lz4, chunks of 64 x 1024 x 1024", 1.3, {
    codec: blosc("lz4", "byte"),
    chunkZyx: [64, 1024, 1024],
    shardZyx: undefined,
  }),
  tilesRow("codec-lz4hc", "blosc, lz4hc with bit shuffle", 1.5, { codec: blosc("lz4hc", "bit") }),
  tilesRow("codec-gzip", "gzip, level 5", 1.5, { codec: { kind: "gzip", level: 5 } }),
  tilesRow("codec-zlib", "zlib, level 5, OME-Zarr 0.4", 1.5, {
    codec: { kind: "zlib", level: 5 },
    shardZyx: undefined,
  }),
  tilesRow("codec-uint8", "the microscope's codec, uint8", 1.5, { codec: microscopes, type: "uint8" }),
  tilesRow("codec-float32", "the microscope's codec, float32", 1.5, { codec: microscopes, type: "float32" }),
];

/**
 * @param {string} name
 * @param {string} what
 * @param {number} limit
 * @param {Partial<TilesOptions> & Pick<TilesOptions, "codec">} options
 * @returns {Row}
 */
function tilesRow(name, what, limit, options) {
  return {
    name,
    what: `correct tiles with five coarser levels: ${what}`,
    slow: true,
    contenders: async (workshop) => {
      const image = await imageOf(workshop, name, options);
      const ways = name === "codec-same" ? ["native", "tensorstore"] : ["native"];
      return [correction(workshop, image, ["--layout", "tiles"]), ...copies(workshop, image, ways)];
    },
    figures: (measured) => [overFastest(measured, limit)],
  };
}

/**
 * @param {Workshop} workshop
 * @param {string} name
 * @param {Partial<TilesOptions> & Pick<TilesOptions, "codec">} options
 */
async function imageOf({ images, quick, python }, name, options) {
  const tilePx = quick ? 1024 : 2048;
  const usual = {
    name,
    planes: 128,
    tilePx,
    chunkZyx: chunkInShard,
    shardZyx: /** @type {Zyx} */ ([64, tilePx, tilePx]),
  };
  return await images.tiles({ ...usual, ...options }, python);
}

/**
 * @param {Workshop} workshop
 * @param {{ image: string, models: string }} source
 * @param {readonly string[]} options
 * @returns {Contender}
 */
function correction({ folder }, { image, models }, options) {
  const output = join(folder, "corrected-tiles");
  const beside = [0, 1].map((tile) => `${output}_Mag1x_Tile${tile}_Ch488_Flt515LP_Sh0_Rot0.ome.zarr_meta.txt`);
  const args = ["correct", image, "--models-folder", models, "--output", output, "--workers", "2", ...options];
  return isolux("correct", args, [output, ...beside]);
}

/**
 * @param {Workshop} workshop
 * @param {{ image: string }} source
 * @param {readonly string[]} ways
 * @returns {Contender[]}
 */
function copies({ folder, python }, { image }, ways) {
  if (python === undefined) throw new Error("the rows of codecs need Python, for what they are held against");
  const script = `${root}bench/python/copy_arrays.py`;
  const output = join(folder, "copied-tiles");
  return ways.map((way) => ({ name: way, command: [python, script, image, output, way], writes: [output] }));
}

/**
 * @param {Record<string, import("./measure.mjs").Measured>} measured
 * @param {number} limit
 * @returns {import("./rows.mjs").Figure}
 */
function overFastest({ correct, ...others }, limit) {
  if (correct === undefined) throw new Error("a contender was not measured");
  const value = Math.max(...Object.values(others).map((copy) => timeRatio(correct, copy)));
  return { what: "time, over the fastest native copy of the full resolution", value, unit: "times", limit };
}
