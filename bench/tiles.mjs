// @ts-check
/**
 * Acquisitions in the microscope's layout: a folder with a group for each tile, as OME-Zarr 0.4 or, in shards, as 0.5.
 * Tiles show the synthetic scene with its noise; planes repeat along z only after rows and columns were moved by more than
 * a chunk, so that no codec finds them again.
 */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeMeta } from "../scripts/microscope-files.mjs";
import {
  DirectoryStore,
  measureProfiles,
  openArray,
  readBox,
  ShardWriter,
  saveProfiles,
  writeArrayMetadata,
  writeSyntheticAcquisition,
  ZarrArray,
} from "./engine.mjs";

/** @typedef {import("../src/zarr/metadata/metadata.ts").Codec} Codec */
/** @typedef {import("../src/shapes.ts").Zyx} Zyx */

/**
 * @typedef {object} TilesOptions
 * @property {string} name of the folder
 * @property {number} planes
 * @property {number} tilePx
 * @property {Zyx} chunkZyx
 * @property {Zyx} [shardZyx] where the version is to be 0.5
 * @property {Codec} codec
 * @property {"uint8" | "uint16" | "float32"} [type]
 */

const slabPlanes = 16;
const moveBy = 512;
const levelCount = 6;
/** What benchmarks show: a green channel. */
export const channel = {
  label: "488",
  wavelengthId: "488",
  color: "4FC3F7",
  background: 240,
  autofluorescence: 500,
  labelled: 1500,
};

/**
 * Writes two tiles with five coarser levels, whose chunks are left out: a correction makes them from the full resolution.
 *
 * @param {string} folder
 * @param {TilesOptions} options
 * @returns {Promise<{ image: string, models: string, bytes: number }>}
 */
export async function writeTiles(folder, options) {
  const { tilePx, planes, type = "uint16" } = options;
  const { slab, models } = await sceneIn(folder, tilePx);
  const image = join(folder, options.name);
  mkdirSync(image, { recursive: true });
  const isNewer = options.shardZyx !== undefined;
  writeGroup(image, isNewer, {});
  for (const tile of [0, 1]) {
    const name = `Mag1x_Tile${tile}_Ch488_Flt515LP_Sh0_Rot0.ome.zarr`;
    const pixels = await tilePixels(slab, tilePx, tile);
    await writeTile(join(image, name), options, isNewer, tile, pixels);
    // The stage moves the sample: the tile of the largest position lies at the left
    writeMeta(`${image}_${name}`, { stageYx: [0, -tile * tilePx], planes, shapeYx: [tilePx, tilePx] });
  }
  const itemBytes = { uint8: 1, uint16: 2, float32: 4 }[type];
  return { image, models, bytes: 2 * planes * tilePx ** 2 * itemBytes };
}

/**
 * The scene, once for all acquisitions of a folder.
 *
 * @param {string} folder
 * @param {number} tilePx
 */
async function sceneIn(folder, tilePx) {
  const name = `scene-${tilePx}`;
  const models = join(folder, `${name}-models`);
  if (!existsSync(models)) {
    const made = await writeSyntheticAcquisition(new DirectoryStore(folder), `${name}.zarr`, {
      channels: [channel],
      emptyTiles: [],
      emptyPlanesPerEnd: 0,
      overlap: 0,
      darkfield: 12,
      seed: 1,
      gridYx: [1, 2],
      tileShapeYx: [tilePx, tilePx],
      planes: slabPlanes,
      chunkShapeZyx: [slabPlanes, 256, 256],
      levelCount: 1,
      codec: { kind: "none" },
    });
    await saveProfiles(new DirectoryStore(models), "", measureProfiles(made, { frames: 20, brightness: 5000 }));
  }
  return { slab: join(folder, `${name}.zarr`, "raw_image"), models };
}

/**
 * @param {string} slab
 * @param {number} px
 * @param {number} tile
 */
async function tilePixels(slab, px, tile) {
  const array = await openArray(new DirectoryStore(slab), "0");
  return await readBox(array, [0, 0, 0, tile * px], [1, slabPlanes, px, (tile + 1) * px]);
}

/**
 * @param {string} group
 * @param {TilesOptions} options
 * @param {boolean} isNewer
 * @param {number} tile
 * @param {import("../src/shapes.ts").PixelArray} slab
 */
async function writeTile(group, options, isNewer, tile, slab) {
  mkdirSync(group, { recursive: true });
  writeGroup(group, isNewer, attributesOf(options.tilePx, tile));
  const store = new DirectoryStore(group);
  for (let level = 0; level < levelCount; level++) {
    const metadata = arrayMetadata(options, isNewer, level);
    await writeArrayMetadata(store, String(level), metadata);
    if (level === 0) await writePixels(new ZarrArray(store, "0", metadata), store, options, slab);
  }
}

/**
 * @param {InstanceType<typeof ZarrArray>} array
 * @param {InstanceType<typeof DirectoryStore>} store
 * @param {TilesOptions} options
 * @param {import("../src/shapes.ts").PixelArray} slab
 */
async function writePixels(array, store, options, slab) {
  for (const object of placesIn(array.objectGrid)) {
    const shard = options.shardZyx && new ShardWriter(store, array, object);
    for (const inside of placesIn(array.chunksPerObject)) {
      const chunk = object.map((at, axis) => at * (array.chunksPerObject[axis] ?? 1) + (inside[axis] ?? 0));
      if (chunk.some((at, axis) => at >= (array.chunkGrid[axis] ?? 0))) continue;
      const pixels = chunkPixels(array, chunk, options, slab);
      if (shard === undefined) await store.set(array.chunkKey(chunk), await array.encodeChunk(pixels));
      else await shard.put(chunk, pixels);
    }
    await shard?.finish();
  }
}

/**
 * @param {readonly number[]} grid
 * @returns {Generator<[number, number, number]>}
 */
function* placesIn([planes = 1, rows = 1, columns = 1]) {
  for (let z = 0; z < planes; z++) for (let y = 0; y < rows; y++) for (let x = 0; x < columns; x++) yield [z, y, x];
}

/**
 * @param {InstanceType<typeof ZarrArray>} array
 * @param {readonly number[]} chunk
 * @param {TilesOptions} options
 * @param {import("../src/shapes.ts").PixelArray} slab
 */
function chunkPixels({ metadata, chunkLength }, chunk, { tilePx, planes, type = "uint16" }, slab) {
  const [depth = 1, height = 1, width = 1] = metadata.chunkShape;
  const [z0 = 0, y0 = 0, x0 = 0] = chunk.map((at, axis) => at * (metadata.chunkShape[axis] ?? 1));
  const pixels = { uint8: Uint8Array, uint16: Uint16Array, float32: Float32Array }[type];
  const made = new pixels(chunkLength);
  const share = type === "uint8" ? 1 / 16 : 1;
  for (let z = 0; z < depth && z0 + z < planes; z++) {
    const turn = Math.floor((z0 + z) / slabPlanes);
    const plane = ((z0 + z) % slabPlanes) * tilePx ** 2;
    for (let y = 0; y < height && y0 + y < tilePx; y++) {
      const row = (y0 + y + moveBy * turn) % tilePx;
      const move = moveBy * Math.floor((moveBy * turn) / tilePx);
      for (let x = 0; x < width && x0 + x < tilePx; x++) {
        const value = slab[plane + row * tilePx + ((x0 + x + move) % tilePx)] ?? 0;
        made[(z * height + y) * width + x] = Math.min(share * value, type === "uint8" ? 255 : 65535);
      }
    }
  }
  return made;
}

/**
 * @param {TilesOptions} options
 * @param {boolean} isNewer
 * @param {number} level
 * @returns {import("../src/zarr/metadata/metadata.ts").ArrayMetadata}
 */
function arrayMetadata({ planes, tilePx, chunkZyx, shardZyx, codec, type = "uint16" }, isNewer, level) {
  const px = tilePx / 2 ** level;
  const common = /** @type {const} */ ({ type, byteOrder: "little", order: "C", fillValue: 0, separator: "/", codec });
  const shape = [planes, px, px];
  if (!isNewer) return { ...common, zarrFormat: 2, shape, chunkShape: chunkZyx };
  const shardShape = shardZyx ?? chunkZyx;
  const dimensionNames = ["z", "y", "x"];
  return { ...common, zarrFormat: 3, shape, chunkShape: chunkZyx, shardShape, keyEncoding: "default", dimensionNames };
}

/**
 * @param {number} tilePx
 * @param {number} tile
 */
function attributesOf(tilePx, tile) {
  const datasets = Array.from({ length: levelCount }, (_, level) => ({
    path: String(level),
    coordinateTransformations: [
      { type: "scale", scale: [5, 2 ** level, 2 ** level] },
      { type: "translation", translation: [0, 0, tile * tilePx] },
    ],
  }));
  const axes = ["z", "y", "x"].map((name) => ({ name, type: "space", unit: "micrometer" }));
  return { axes, name: `tile ${tile}`, datasets };
}

/**
 * @param {string} folder
 * @param {boolean} isNewer
 * @param {object} multiscale
 */
function writeGroup(folder, isNewer, multiscale) {
  const isImage = "datasets" in multiscale;
  const write = (/** @type {string} */ name, /** @type {object} */ document) =>
    writeFileSync(join(folder, name), JSON.stringify(document));
  if (isNewer) {
    const attributes = isImage ? { ome: { version: "0.5", multiscales: [multiscale] } } : {};
    write("zarr.json", { zarr_format: 3, node_type: "group", attributes });
    return;
  }
  write(".zgroup", { zarr_format: 2 });
  write(".zattrs", isImage ? { multiscales: [{ version: "0.4", ...multiscale }] } : {});
}
