// @ts-check
/**
 * The scenes of the truth benchmark: one thing varied at a time. Each says what it is, whether one profile for each
 * channel can make it even, and how it differs from the usual scene.
 */

/** @typedef {Partial<import("../../src/synthetic/options.ts").SyntheticOptions>} Options */

/**
 * @typedef {object} Scene
 * @property {string} what in one sentence
 * @property {false} [solvable] whether a constant profile per channel can make it even: yes, unless it says no
 * @property {boolean} [files] whether it is written as the microscope's own stacks, which tell the side of the light,
 *   instead of as a mosaic
 * @property {boolean} [quick] whether it is among the scenes of a quick run
 * @property {Options} options what differs from the usual scene
 */

const organ = {
  label: "488",
  wavelengthId: "488",
  color: "4FC3F7",
  background: 200,
  autofluorescence: 500,
  labelled: 1500,
};

/** A sheet whose waist follows the camera's rows half of the way, and an objective that loses light in the corners. */
const sheet = { rayleigh: 1.2, sweep: 0.5, height: 2.2, cornerLoss: 0.2, drift: 0 };

/** Tissue to the edges of all tiles in all planes. */
const filled = /** @type {const} */ ({ sample: "filled", emptyTiles: [], emptyPlanesPerEnd: 0 });

/** @type {Readonly<Record<string, Scene>>} */
export const scenes = {
  organ: { what: "an organ with empty corners, amid background light", quick: true, options: {} },
  full: { what: "tissue that fills all tiles", quick: true, options: filled },
  shell: { what: "a hollow organ", options: { sample: "shell", emptyTiles: [] } },
  vessels: {
    what: "thin vessels and hardly anything else",
    options: { sample: "vessels", channels: [{ ...organ, autofluorescence: 40, labelled: 2500 }] },
  },
  sparse: { what: "a nearly empty volume", quick: true, options: { sample: "small", scatter: 0.1 } },
  "one-sided": {
    what: "tissue always in the same half of the tile, so that the sample itself looks like shading",
    solvable: false,
    options: { sample: "left halves", emptyTiles: [], emptyPlanesPerEnd: 0 },
  },
  even: { what: "even light: nothing to correct", quick: true, options: { vignetting: 0 } },
  strong: { what: "shading of 60 %", options: { vignetting: 0.6 } },
  "static-sheet": {
    what: "a sheet that is not swept: bright at its waist, the same along its height",
    options: { vignetting: 0.45, sheet: { rayleigh: 0.6, sweep: 0, height: 10, cornerLoss: 0, drift: 0 } },
  },
  vignette: {
    what: "an evenly swept sheet, and an objective that darkens the corners",
    options: { sheet: { rayleigh: 1.2, sweep: 1, height: 10, cornerLoss: 0.3, drift: 0 } },
  },
  "moving-waist": {
    what: "a waist that moves along the sheet from plane to plane",
    solvable: false,
    options: { sheet: { rayleigh: 0.6, sweep: 0, height: 2.2, cornerLoss: 0.1, drift: 1.2 } },
  },
  "two-sides": {
    what: "each half of the grid lit from its own side, as a mosaic that does not tell which",
    solvable: false,
    options: { ...filled, twoSides: true },
  },
  "two-sides-files": {
    what: "the same as the microscope's files, which tell the side",
    files: true,
    options: { ...filled, twoSides: true },
  },
  dim: {
    what: "little light: 20 counts of background, 60 of tissue",
    quick: true,
    options: { channels: [{ ...organ, background: 20, autofluorescence: 60, labelled: 200 }] },
  },
  "no-background": {
    what: "no light at all where there is no sample",
    options: { channels: [{ ...organ, background: 0 }] },
  },
  "dark-tiles": {
    what: "two tiles without any light, as if the shutter had stayed closed",
    options: { tileGains: [0, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1] },
  },
  "six-planes": { what: "a stack of six planes", quick: true, options: { planes: 6 } },
  "two-channels": {
    what: "two channels, each with a light path and a brightness of its own",
    quick: true,
    options: {
      channels: [
        organ,
        { ...organ, label: "561", wavelengthId: "561", color: "F06292", background: 120, autofluorescence: 250 },
      ],
    },
  },
  saturated: {
    what: "bright tissue on a camera that saturates at 4095",
    quick: true,
    options: { saturation: 4095, channels: [{ ...organ, autofluorescence: 2500, labelled: 6000 }] },
  },
  offset: { what: "an unknown camera offset of 600", options: { cameraOffset: 600 } },
  glow: { what: "a dark-field of up to 40 counts from one edge of the camera", options: { darkfield: 40 } },
  columns: {
    what: "noisy camera columns, and pixels whose offsets differ",
    options: { columnNoise: 6, offsetSpread: 4 },
  },
  dust: { what: "forty specks of dust in the light path", options: { dust: 40 } },
  fringes: { what: "interference fringes of 2 %", options: { fringes: 0.02 } },
  gains: { what: "tiles that differ in brightness by 8 %", options: { tileGains: 0.08 } },
  jitter: { what: "tiles up to 6 px from where the stage says", options: { jitterPx: 6 } },
  shadows: { what: "shadows behind what absorbs the sheet's light", options: { shadows: 0.15 } },
  debris: { what: "bright specks everywhere, also beside the sample", options: { debris: 0.1 } },
  bleaching: { what: "40 % of the light lost from the first plane to the last", options: { bleaching: 0.4 } },
  stray: {
    what: "stray light in two tiles",
    options: {
      strayLight: {
        placesYx: [
          [0, 1],
          [1, 2],
        ],
        brightness: 60,
      },
    },
  },
};

/**
 * All options of a scene with tiles of `size` x `size` pixels. A plane of larger tiles shows the same in finer pixels.
 * @param {string} name
 * @param {{ size: number, planes: number, seed: number }} extent
 * @returns {Options}
 */
export function optionsOf(name, { size, planes, seed }) {
  const pixel = (1.1 * 512) / size;
  let levelCount = 1;
  while (size / 2 ** levelCount >= 128) levelCount += 1;
  return {
    gridYx: [3, 4],
    overlap: 0.12,
    planes,
    channels: [organ],
    scatter: 0.3,
    vignetting: 0.3,
    sheet,
    darkfield: 1,
    cameraOffset: 100,
    offsetSpread: 1,
    readNoise: 1.6,
    columnNoise: 0.3,
    pixelSizeZyx: [40, pixel, pixel],
    tileShapeYx: [size, size],
    chunkShapeZyx: [8, Math.min(size, 256), Math.min(size, 256)],
    levelCount,
    seed,
    ...sceneOf(name).options,
  };
}

/**
 * A scene by its name.
 * @param {string} name
 */
export function sceneOf(name) {
  const scene = scenes[name];
  if (scene === undefined) throw new Error(`there is no scene "${name}"; scenes: ${Object.keys(scenes).join(", ")}`);
  return scene;
}
