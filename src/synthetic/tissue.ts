/** The outline of the sample: the fraction of tissue in each pixel, from 0 (none: exactly) to 1. */
import type { Yx } from "../shapes.ts";
import type { PlaneWindow } from "./lattice-noise.ts";
import { smoothStep } from "./lattice-noise.ts";
import type { SyntheticLayout } from "./layout.ts";
import type { SampleKind, SyntheticOptions } from "./options.ts";

/** The sample's outline, without the tiles and planes that must be empty. */
export interface Tissue {
  readonly kind: SampleKind;
  readonly planes: number;
  readonly emptyPlanesPerEnd: number;
  readonly stageShapeYx: Yx;
  readonly tileShapeYx: Yx;
  /** First pixels of all tiles along the columns' axis. */
  readonly tileStartsX: readonly number[];
  /** First pixels of the empty tiles. */
  readonly emptyTilesYx: readonly Yx[];
  /** Number of pixels over which the tissue fades towards an empty tile. */
  readonly fadePx: number;
}

/** The sample of an acquisition. */
export function tissueOf(options: SyntheticOptions, layout: SyntheticLayout): Tissue {
  return {
    kind: options.sample ?? "organ",
    planes: options.planes,
    emptyPlanesPerEnd: options.emptyPlanesPerEnd,
    stageShapeYx: layout.stageShapeYx,
    tileShapeYx: options.tileShapeYx,
    tileStartsX: [...new Set(layout.tiles.map((tile) => tile.statedYx[1]))],
    emptyTilesYx: layout.tiles.filter((tile) => tile.empty).map((tile) => tile.stageYx),
    fadePx: Math.max(2, Math.min(...options.tileShapeYx) / 8),
  };
}

/** Whether a plane has no sample. */
export function isEmptyPlane(tissue: Tissue, z: number): boolean {
  return z < tissue.emptyPlanesPerEnd || z >= tissue.planes - tissue.emptyPlanesPerEnd;
}

/** The size of the sample's section in a plane, from 0 (none) to 1 (the largest). */
export function sectionOf(tissue: Tissue, z: number): number {
  if (isEmptyPlane(tissue, z)) return 0;
  return tissue.kind === "filled" || tissue.kind === "left halves" ? 1 : 1 - depthOf(tissue, z) ** 4;
}

/** A plane's position in the sample: -1 at its first plane, 1 at its last. */
function depthOf({ planes, emptyPlanesPerEnd }: Tissue, z: number): number {
  return scaled(z, planes, 0.5 - (emptyPlanesPerEnd - 0.5) / planes);
}

/** Writes the fraction of tissue of every pixel of a window. */
export function fillTissue(tissue: Tissue, window: PlaneWindow, destination: Float32Array): void {
  if (isEmptyPlane(tissue, window.z)) {
    destination.fill(0);
    return;
  }
  fillOutline(tissue, window, destination);
  for (const cornerYx of tissue.emptyTilesYx) cutTile(tissue, cornerYx, window, destination);
}

function fillOutline(tissue: Tissue, window: PlaneWindow, destination: Float32Array): void {
  if (tissue.kind === "filled") destination.fill(1);
  else if (tissue.kind === "left halves") fillLeftHalves(tissue, window, destination);
  else fillBody(tissue, window, destination, bodies[tissue.kind]);
}

/** An ellipsoid, its position and size as fractions of the stage. */
interface Body {
  readonly middleYx: Yx;
  readonly half: number;
  /** The fraction of tissue by the distance inside: 0 at the surface, 1 in the middle. */
  readonly shareOf: (inside: number) => number;
}

const solid = (inside: number) => smoothStep(inside * 5);
const large: Body = { middleYx: [0.5, 0.5], half: 0.49, shareOf: solid };

const bodies: Readonly<Record<Exclude<SampleKind, "filled" | "left halves">, Body>> = {
  organ: large,
  vessels: large,
  grown: large,
  shell: { ...large, shareOf: (inside) => solid(inside) * solid(0.4 - inside) },
  small: { middleYx: [0.34, 0.4], half: 0.13, shareOf: solid },
};

/** Blunt along z, so that most planes show much of it. */
function fillBody(
  tissue: Tissue,
  { z, y0, y1, x0, x1 }: PlaneWindow,
  destination: Float32Array,
  { middleYx, half, shareOf }: Body,
): void {
  const section = sectionOf(tissue, z);
  const squared = (at: number, axis: 0 | 1) => scaled(at, tissue.stageShapeYx[axis], half, middleYx[axis]) ** 2;
  const across = Float64Array.from({ length: x1 - x0 }, (_, i) => squared(x0 + i, 1));
  for (let y = y0, i = 0; y < y1; y += 1) {
    const inside = section - squared(y, 0);
    for (let x = 0; x < across.length; x += 1, i += 1) destination[i] = shareOf(inside - across[x]!);
  }
}

/** Tissue from the left edge of every tile to its middle, and so also where the tile to its left overlaps it. */
function fillLeftHalves(tissue: Tissue, { x0, x1 }: PlaneWindow, destination: Float32Array): void {
  const half = tissue.tileShapeYx[1] / 2;
  const shares = Float32Array.from({ length: x1 - x0 }, (_, i) => {
    const starts = tissue.tileStartsX.map((start) => near(x0 + i, start, half - tissue.fadePx, tissue.fadePx));
    return Math.max(...starts);
  });
  for (let i = 0; i < destination.length; i += shares.length) destination.set(shares, i);
}

/** A position on an axis as -1 to 1 over the part of it, `half` to either side of `middle`, that the body spans. */
function scaled(index: number, extent: number, half: number, middle = 0.5): number {
  return ((index + 0.5) / extent - middle) / half;
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
