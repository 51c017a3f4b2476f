// @ts-check
/** What the bench works on: made on the fly, the same every time. */
import { spawnSync } from "node:child_process";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeTallImage } from "../scripts/tall-image.mjs";
import {
  DirectoryStore,
  encodeNpy,
  measureProfiles,
  openArray,
  readBox,
  root,
  saveProfiles,
  writeSyntheticAcquisition,
} from "./engine.mjs";
import { channel, writeTiles } from "./tiles.mjs";

/**
 * A mosaic of 3 x 3 tiles whose edges do not fall on chunk edges, in 4 levels: uint16, with photon noise, blosc (lz4,
 * byte shuffle, level 5), which halves it. Planes repeat along z after `slabPlanes`.
 * @typedef {object} MosaicOptions
 * @property {number} tilePx rows and columns of a tile
 * @property {number} planes
 * @property {readonly [number, number, number]} chunkZyx
 */

/**
 * Makes images and stacks in a folder, each once.
 */
export class BenchImages {
  /** @param {string} folder */
  constructor(folder) {
    this.folder = folder;
    /** @type {Map<string, Promise<any>>} */
    this.made = new Map();
  }

  /**
   * @param {MosaicOptions} options
   * @returns {Promise<{ image: string, models: string, bytes: number }>}
   */
  mosaic({ tilePx, planes, chunkZyx }) {
    const name = `mosaic-${tilePx}-${planes}-${chunkZyx.join("-")}`;
    return this.#once(name, async () => {
      const [slabPlanes] = chunkZyx;
      const options = {
        ...common,
        gridYx: [3, 3],
        tileShapeYx: [tilePx, tilePx],
        planes: slabPlanes,
        chunkShapeZyx: chunkZyx,
      };
      const acquisition = await writeTallImage(this.folder, name, planes / slabPlanes, options);
      const models = join(this.folder, `${name}-models`);
      await saveProfiles(
        new DirectoryStore(models),
        "",
        measureProfiles(acquisition, { frames: 20, brightness: 5000 }),
      );
      return { image: acquisition.image, models, bytes: 2 * planes * (3 * tilePx) ** 2 };
    });
  }

  /**
   * Two tiles in the microscope's layout, encoded by the native codec where there is Python: frames are then such as the
   * microscope's writer makes.
   * @param {import("./tiles.mjs").TilesOptions} options
   * @param {string | undefined} python
   */
  tiles(options, python) {
    return this.#once(options.name, async () => {
      const made = await writeTiles(this.folder, options);
      if (python === undefined) return made;
      const own = `${made.image}-own`;
      renameSync(made.image, own);
      const { status } = spawnSync(python, [`${root}bench/python/copy_arrays.py`, own, made.image, "--whole"], {
        stdio: "inherit",
      });
      if (status !== 0) throw new Error("the tiles could not be encoded by the native codec");
      rmSync(own, { recursive: true });
      return made;
    });
  }

  /**
   * One tile without sample, of `planes` planes of `tilePx` squared.
   * @param {{ tilePx: number, planes: number, chunkZyx: readonly [number, number, number] }} options
   * @returns {Promise<{ image: string }>}
   */
  emptyTile({ tilePx, planes, chunkZyx }) {
    const name = `empty-${tilePx}-${planes}-${chunkZyx.join("-")}`;
    return this.#once(name, () => {
      const [slabPlanes] = chunkZyx;
      const tile = { gridYx: [1, 1], emptyTiles: [[0, 0]], tileShapeYx: [tilePx, tilePx], planes: slabPlanes };
      return writeTallImage(this.folder, name, planes / slabPlanes, { ...common, ...tile, chunkShapeZyx: chunkZyx });
    });
  }

  /**
   * Planes of 20 tiles, 10 of each, as `isolux fit` takes them: [200, px, px], uint16.
   * @param {number} px
   * @returns {Promise<string>} the path of the .npy file
   */
  stack(px) {
    const name = `stack-${px}`;
    return this.#once(name, async () => {
      const [store, planes] = [new DirectoryStore(this.folder), 10];
      const options = {
        ...common,
        gridYx: /** @type {const} */ ([4, 5]),
        tileShapeYx: /** @type {const} */ ([px, px]),
      };
      const depth = { planes, chunkShapeZyx: /** @type {const} */ ([planes, px, px]), levelCount: 1 };
      const { imageKey, layout } = await writeSyntheticAcquisition(store, `${name}.zarr`, { ...options, ...depth });
      const array = await openArray(store, `${imageKey}/0`);
      const data = new Uint16Array(layout.tiles.length * planes * px * px);
      for (const [
        n,
        {
          mosaicYx: [y, x],
        },
      ] of layout.tiles.entries()) {
        data.set(await readBox(array, [0, 0, y, x], [1, planes, y + px, x + px]), n * planes * px * px);
      }
      const path = join(this.folder, `${name}.npy`);
      writeFileSync(path, encodeNpy({ shape: [layout.tiles.length * planes, px, px], data }));
      return path;
    });
  }

  /**
   * @template T
   * @param {string} name
   * @param {() => Promise<T>} make
   * @returns {Promise<T>}
   */
  #once(name, make) {
    const made = this.made.get(name) ?? make();
    this.made.set(name, made);
    return made;
  }
}

const common = { channels: [channel], emptyPlanesPerEnd: 0, darkfield: 12, levelCount: 4, seed: 1 };
