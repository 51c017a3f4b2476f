/** The outline of the sample: how much of it a pixel shows, from 0 (none: exactly) to 1. */
import type { Yx } from "../shapes.ts";
import type { PlaneWindow } from "./lattice-noise.ts";
import { smoothStep } from "./lattice-noise.ts";
import type { SyntheticLayout } from "./layout.ts";
import type { SyntheticOptions } from "./options.ts";

/** A body of the shape of a brain, cut back from the tiles and planes that shall be empty. */
export interface Tissue {
  readonly planes: number;
  readonly emptyPlanesPerEnd: number;
  readonly stageShapeYx: Yx;
  readonly tileShapeYx: Yx;
  /** First pixels of the empty tiles. */
  readonly emptyTilesYx: readonly Yx[];
  /** Over how many pixels the tissue fades towards an empty tile. */
  readonly fadePx: number;
}

/** The sample of an acquisition. */
export function tissueOf(options: SyntheticOptions, layout: SyntheticLayout): Tissue {
  return {
    planes: options.planes,
    emptyPlanesPerEnd: options.emptyPlanesPerEnd,
    stageShapeYx: layout.stageShapeYx,
    tileShapeYx: options.tileShapeYx,
    emptyTilesYx: layout.tiles.filter((tile) => tile.empty).map((tile) => tile.stageYx),
    fadePx: Math.max(2, Math.min(...options.tileShapeYx) / 8),
  };
}

/** Whether the sample reaches into a plane. */
export function isEmptyPlane(tissue: Tissue, z: number): boolean {
  return z < tissue.emptyPlanesPerEnd || z >= tissue.planes - tissue.emptyPlanesPerEnd;
}

/** How much of the sample a plane cuts, from 0 (none) to 1 (as much as any). */
export function sectionOf(tissue: Tissue, z: number): number {
  return isEmptyPlane(tissue, z) ? 0 : 1 - depthOf(tissue, z) ** 4;
}

/** A plane's place in the sample: -1 at its first plane, 1 at its last. */
function depthOf({ planes, emptyPlanesPerEnd }: Tissue, z: number): number {
  return scaled(z, planes, 0.5 - (emptyPlanesPerEnd - 0.5) / planes);
}

/** Writes the share of tissue of every pixel of a window. */
export function fillTissue(tissue: Tissue, window: PlaneWindow, destination: Float32Array): void {
  if (isEmptyPlane(tissue, window.z)) {
    destination.fill(0);
    return;
  }
  fillBody(tissue, window, destination);
  for (const cornerYx of tissue.emptyTilesYx) cutTile(tissue, cornerYx, window, destination);
}

/** An ellipsoid, blunt along z so that most planes show much of it. */
function fillBody(tissue: Tissue, { z, y0, y1, x0, x1 }: PlaneWindow, destination: Float32Array): void {
  const section = sectionOf(tissue, z);
  const across = Float64Array.from({ length: x1 - x0 }, (_, i) => scaled(x0 + i, tissue.stageShapeYx[1], 0.49) ** 2);
  for (let y = y0, i = 0; y < y1; y += 1) {
    const inside = section - scaled(y, tissue.stageShapeYx[0], 0.49) ** 2;
    for (let x = 0; x < across.length; x += 1, i += 1) destination[i] = smoothStep((inside - across[x]!) * 5);
  }
}

/** A place on an axis as -1 to 1 over the part of it, `half` to either side of its middle, that the body spans. */
function scaled(index: number, extent: number, half: number): number {
  return ((index + 0.5) / extent - 0.5) / half;
}

function cutTile(tissue: Tissue, [top, left]: Yx, window: PlaneWindow, destination: Float32Array): void {
  const { y0, y1, x0, x1 } = window;
  const [rows, columns] = tissue.tileShapeYx;
  const across = Float64Array.from({ length: x1 - x0 }, (_, i) => near(x0 + i, left, columns, tissue.fadePx));
  for (let y = y0, i = 0; y < y1; y += 1) {
    const along = near(y, top, rows, tissue.fadePx);
    for (let x = 0; x < across.length; x += 1, i += 1) destination[i]! *= 1 - along * across[x]!;
  }
}

/** 1 where an index lies in `[start, start + extent)`, fading to 0 beyond either end. */
function near(index: number, start: number, extent: number, fadePx: number): number {
  const beyond = Math.max(start - index, index - (start + extent - 1), 0);
  return 1 - smoothStep(beyond / fadePx);
}
