// @ts-check
/** Planes of an image as programs take them that fit a stack: drawn from all tiles, at full resolution. */
import { writeFileSync } from "node:fs";
import { encodeNpy, SyntheticCamera } from "../engine.mjs";

/** @typedef {{ pixels: Uint16Array, planeCount: number, shapeYx: readonly [number, number] }} Stack */

/** As many planes as Isolux looks at by default. */
const mostPlanes = 200;

/**
 * Planes of one channel of a scene: all of them, or 200 at even distances through all tiles.
 * @param {import("./scene-files.mjs").MadeScene} made
 * @param {number} channel
 * @returns {Stack}
 */
export function stackOf({ options, layout }, channel) {
  const { planes, tileShapeYx: shapeYx } = options;
  const camera = new SyntheticCamera(options, layout);
  const places = layout.tiles.flatMap((tile) => Array.from({ length: planes }, (_, z) => ({ tile, z })));
  const drawn = drawEvenly(places, mostPlanes);
  const length = shapeYx[0] * shapeYx[1];
  const pixels = new Uint16Array(drawn.length * length);
  for (const [at, { tile, z }] of drawn.entries()) {
    camera.expose(channel, tile, z, [0, 0], shapeYx, { pixels, offset: at * length, rowStride: shapeYx[1] });
  }
  return { pixels, planeCount: drawn.length, shapeYx };
}

/**
 * Some of a list, at even distances.
 * @template T
 * @param {readonly T[]} list
 * @param {number} most
 * @returns {T[]}
 */
export function drawEvenly(list, most) {
  if (list.length <= most) return [...list];
  return list.filter((_, at) => Math.floor((at * most) / list.length) !== Math.floor(((at - 1) * most) / list.length));
}

/**
 * Saves a stack as a `.npy` file, `[planes, y, x]`.
 * @param {string} path
 * @param {Stack} stack
 */
export function saveStack(path, { pixels, planeCount, shapeYx }) {
  writeFileSync(path, encodeNpy({ shape: [planeCount, ...shapeYx], data: pixels }));
}
