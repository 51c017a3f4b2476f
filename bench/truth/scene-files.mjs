// @ts-check
/** Writes scenes: the image as the microscope's converter writes it, or the microscope's own stacks; the truth beside it. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stackName, writeMeta, writeRaw } from "../../scripts/microscope-files.mjs";
import {
  completeOptions,
  DirectoryStore,
  encodeNpz,
  layOutTiles,
  SyntheticCamera,
  saveTruth,
  truthOf,
  writeSyntheticAcquisition,
} from "../engine.mjs";
import { optionsOf, sceneOf } from "./scenes.mjs";

/** @typedef {import("../../src/synthetic/options.ts").SyntheticOptions} SyntheticOptions */
/** @typedef {import("../../src/synthetic/layout.ts").SyntheticLayout} SyntheticLayout */

/**
 * A scene that has been written.
 * @typedef {object} MadeScene
 * @property {string} name
 * @property {import("./scenes.mjs").Scene} scene
 * @property {string} image the path to open
 * @property {SyntheticOptions} options
 * @property {SyntheticLayout} layout
 * @property {import("../../src/synthetic/truth.ts").SyntheticTruth} truth
 */

/**
 * Writes a scene into a folder: `scene.zarr/raw_image` or the stacks in `stacks`, and `truth` with `scene.json`,
 * `truth.json`, `CHANNEL/profiles.npz` and, where every plane has a flat-field of its own, `CHANNEL/planes.npz`.
 * The same size, planes and seed give the same bytes.
 * @param {string} folder
 * @param {string} name
 * @param {{ size?: number, planes?: number, seed?: number }} [extent]
 * @returns {Promise<MadeScene>}
 */
export async function writeScene(folder, name, { size = 512, planes = 16, seed = 0 } = {}) {
  const scene = sceneOf(name);
  const options = completeOptions(optionsOf(name, { size, planes, seed }));
  const layout = layOutTiles(options);
  const camera = new SyntheticCamera(options, layout);
  mkdirSync(folder, { recursive: true });
  const store = new DirectoryStore(folder);
  const image = join(folder, scene.files ? "stacks" : `scene.zarr/${options.imageName}`);
  if (scene.files) writeStacks(image, camera, options, layout);
  else await writeSyntheticAcquisition(store, "scene.zarr", options);
  const truth = truthOf(options, layout, camera.shading);
  await saveTruth(store, "truth", truth);
  if (camera.shading.moves) await savePlanes(store, camera, options);
  const made = { name, scene, image, options, layout, truth };
  writeFileSync(join(folder, "truth", "scene.json"), `${JSON.stringify(describe(made), undefined, 2)}\n`);
  return made;
}

/** @param {MadeScene} made */
function describe({ name, scene, options, layout, truth }) {
  const tiles = layout.tiles.map((tile, index) => ({
    number: tile.number,
    grid_yx: tile.gridYx,
    mosaic_px_yx: tile.mosaicYx,
    stated_px_yx: tile.statedYx,
    true_px_yx: tile.stageYx,
    side: tile.side,
    gain: truth.gains[index],
    empty: tile.empty,
  }));
  return { name, what: scene.what, solvable: scene.solvable ?? true, options, tiles };
}

/**
 * One headerless stack for each tile, with the microscope's metadata.
 * @param {string} folder
 * @param {InstanceType<typeof SyntheticCamera>} camera
 * @param {SyntheticOptions} options
 * @param {SyntheticLayout} layout
 */
function writeStacks(folder, camera, { planes, tileShapeYx: shapeYx, pixelSizeZyx }, layout) {
  mkdirSync(folder, { recursive: true });
  for (const tile of layout.tiles) {
    const path = join(folder, stackName(tile.number - 1, "488", "raw", tile.side));
    writeRaw(path, planes, (/** @type {number} */ z) => {
      const pixels = new Uint16Array(shapeYx[0] * shapeYx[1]);
      camera.expose(0, tile, z, [0, 0], shapeYx, { pixels, offset: 0, rowStride: shapeYx[1] });
      return pixels;
    });
    const pixelSizeUm = pixelSizeZyx[1];
    const stageYx = tile.statedYx.map((at) => -pixelSizeUm * at);
    writeMeta(path, { side: tile.side, stageYx, planes, shapeYx, pixelSizeUm });
  }
}

/**
 * The flat-fields of all planes, `[planes, y, x]`.
 * @param {import("../../src/node.ts").DirectoryStore} store
 * @param {InstanceType<typeof SyntheticCamera>} camera
 * @param {SyntheticOptions} options
 */
async function savePlanes(store, camera, { channels, planes, tileShapeYx }) {
  const length = tileShapeYx[0] * tileShapeYx[1];
  for (const [channel, { label }] of channels.entries()) {
    const data = new Float32Array(planes * length);
    for (let z = 0; z < planes; z++) data.set(camera.shading.flatfield(channel, "Left", z), z * length);
    const archive = encodeNpz({ flatfield: { shape: [planes, ...tileShapeYx], data } });
    await store.set(`truth/${label}/planes.npz`, archive);
  }
}
