// @ts-check
/**
 * What the tiles of a scene would show without noise, and the light that is truly there: what profiles are measured by.
 * Without noise, what a profile gets wrong is all that is left.
 */
import { flatfieldError, ScenePainter, SyntheticCamera, sceneOf } from "../engine.mjs";

/** @typedef {import("./scene-files.mjs").MadeScene} MadeScene */
/** @typedef {import("../../src/tiles/tile.ts").IlluminationSide} Side */
/** @typedef {import("../../src/synthetic/layout.ts").SyntheticTile} Tile */
/** @typedef {{ readonly flatfield: ArrayLike<number>, readonly darkfield: ArrayLike<number> }} Field */
/** @typedef {{ tile: Tile, light: Float32Array, counts: Float32Array }} View */

/**
 * How far a profile is from the truth, all as parts of 1: the flat-field's mean |S - S_true|, both of mean 1; how far
 * the two views of an overlap differ after the correction, and how far the corrected image is from the true light, both
 * in terms of the true light's mean. The image is off by neither a factor nor a constant: these are fitted first.
 * @typedef {{ profile: number, seam: number, image: number }} Figures
 */

/** Planes that are looked at: spread over those that show sample. */
const planeCount = 4;

/** Of the counts at which the camera saturates: brighter pixels may have lost light to it, and are left out. */
const safeShare = 0.95;

/** The noise-free views of one channel of a scene. */
export class TrueViews {
  /**
   * @param {MadeScene} made
   * @param {number} channel
   */
  constructor(made, channel) {
    this.made = made;
    this.channel = channel;
    this.shading = new SyntheticCamera(made.options, made.layout).shading;
    /** The views of each plane. @type {View[][]} */
    this.planes = planesOf(made).map((z) => exposeAll(made, channel, z));
  }

  /**
   * @param {(side: Side) => Field | undefined} fieldOf the field that tiles of a side are corrected by, if any
   * @returns {Figures}
   */
  figuresOf(fieldOf) {
    const { tileShapeYx } = this.made.options;
    const length = tileShapeYx[0] * tileShapeYx[1];
    const sides = /** @type {const} */ (["Left", "Right"]).filter((side) =>
      this.made.layout.tiles.some((tile) => tile.side === side),
    );
    const fields = new Map(sides.map((side) => [side, inverseOf(fieldOf(side) ?? evenField(length))]));
    const corrected = this.planes.map((views) =>
      views.map(({ tile, counts }) => {
        const { darkfield, gain } = /** @type {ReturnType<typeof inverseOf>} */ (fields.get(tile.side));
        return counts.map((value, i) => (value - (darkfield[i] ?? 0)) * (gain[i] ?? 0));
      }),
    );
    const errors = sides.map((side) => this.#profileError(side, fieldOf(side) ?? evenField(length)));
    return {
      profile: meanOf(errors),
      seam: this.#seam(corrected),
      image: this.#imageError(corrected),
    };
  }

  /**
   * @param {Side} side
   * @param {Field} field
   */
  #profileError(side, { flatfield }) {
    const planes = this.shading.moves ? this.made.options.planes : 1;
    const errors = Array.from({ length: planes }, (_, z) =>
      flatfieldError(flatfield, this.shading.flatfield(this.channel, side, z)),
    );
    return meanOf(errors);
  }

  /** @param {readonly Float32Array[][]} corrected */
  #imageError(corrected) {
    let [count, sumL, sumC, sumLL, sumLC] = [0, 0, 0, 0, 0];
    this.#eachPixel(corrected, (light, value) => {
      count += 1;
      sumL += light;
      sumC += value;
      sumLL += light * light;
      sumLC += light * value;
    });
    // Corrected = constant + factor x light, by least squares.
    const factor = (count * sumLC - sumL * sumC) / (count * sumLL - sumL * sumL);
    const constant = (sumC - factor * sumL) / count;
    let off = 0;
    this.#eachPixel(corrected, (light, value) => {
      off += Math.abs((value - constant) / factor - light);
    });
    return off / sumL;
  }

  /**
   * @param {readonly Float32Array[][]} corrected
   * @param {(light: number, corrected: number) => void} visit
   */
  #eachPixel(corrected, visit) {
    const { brightest } = this;
    for (const [plane, views] of this.planes.entries()) {
      for (const [at, { light, counts }] of views.entries()) {
        const values = corrected[plane]?.[at] ?? light;
        for (let i = 0; i < light.length; i++) {
          if ((counts[i] ?? 0) < brightest) visit(light[i] ?? 0, values[i] ?? 0);
        }
      }
    }
  }

  /** @param {readonly Float32Array[][]} corrected */
  #seam(corrected) {
    let [apart, light] = [0, 0];
    for (const [plane, views] of this.planes.entries()) {
      for (let a = 0; a < views.length; a++) {
        for (let b = a + 1; b < views.length; b++) {
          this.#eachShared(views[a], views[b], (i, j) => {
            apart += Math.abs((corrected[plane]?.[a]?.[i] ?? 0) - (corrected[plane]?.[b]?.[j] ?? 0));
            light += views[a]?.light[i] ?? 0;
          });
        }
      }
    }
    return apart / light;
  }

  /**
   * The pixels of two views that show the same.
   * @param {View | undefined} a
   * @param {View | undefined} b
   * @param {(i: number, j: number) => void} visit
   */
  #eachShared(a, b, visit) {
    if (a === undefined || b === undefined) return;
    const [rows, columns] = this.made.options.tileShapeYx;
    const [downY, rightX] = [b.tile.stageYx[0] - a.tile.stageYx[0], b.tile.stageYx[1] - a.tile.stageYx[1]];
    const { brightest } = this;
    for (let y = Math.max(0, downY); y < Math.min(rows, rows + downY); y++) {
      for (let x = Math.max(0, rightX); x < Math.min(columns, columns + rightX); x++) {
        const [i, j] = [y * columns + x, (y - downY) * columns + x - rightX];
        if ((a.counts[i] ?? 0) < brightest && (b.counts[j] ?? 0) < brightest) visit(i, j);
      }
    }
  }

  /** The counts from which on pixels are left out. */
  get brightest() {
    return safeShare * (this.made.options.saturation ?? 65535);
  }
}

/** @param {MadeScene} made */
function planesOf({ options: { planes, emptyPlanesPerEnd } }) {
  const [first, last] = [emptyPlanesPerEnd, planes - 1 - emptyPlanesPerEnd];
  const count = Math.min(planeCount, last - first + 1);
  return Array.from({ length: count }, (_, i) => Math.round(first + ((i + 0.5) * (last - first)) / count));
}

/**
 * All tiles of a plane that have light.
 * @param {MadeScene} made
 * @param {number} channel
 * @param {number} z
 * @returns {View[]}
 */
function exposeAll({ options, layout, truth }, channel, z) {
  const [rows, columns] = options.tileShapeYx;
  const camera = new SyntheticCamera({ ...options, noise: false, pixelType: "float32" }, layout);
  const painter = new ScenePainter(sceneOf(options, layout));
  const lit = layout.tiles.filter((_, index) => (truth.gains[index] ?? 1) > 0);
  return lit.map((tile) => {
    const [counts, light] = [new Float32Array(rows * columns), new Float32Array(rows * columns)];
    camera.expose(channel, tile, z, [0, 0], [rows, columns], { pixels: counts, offset: 0, rowStride: columns });
    const [y, x] = tile.stageYx;
    painter.paint(channel, { z, y0: y, y1: y + rows, x0: x, x1: x + columns }, light);
    return { tile, light, counts };
  });
}

/**
 * No correction.
 * @param {number} length
 * @returns {Field}
 */
function evenField(length) {
  return { flatfield: new Float32Array(length).fill(1), darkfield: new Float32Array(length) };
}

/** @param {Field} field */
function inverseOf({ flatfield, darkfield }) {
  const mean = meanOf(Array.from(flatfield));
  return { darkfield, gain: Float64Array.from(flatfield, (value) => mean / value) };
}

/** @param {readonly number[]} values */
function meanOf(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
