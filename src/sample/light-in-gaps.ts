/** Measures whether an image shows anything between its tiles: such pixels would stay uncorrected. */
import { type Acquisition, fullResolution } from "../acquisition/acquisition.ts";
import type { PixelLevel } from "../acquisition/level.ts";
import type { BoxZyx, PixelArray, Yx, Zyx } from "../shapes.ts";
import { leftOut } from "../tiles/axis-readings.ts";
import { type Coverage, coverageOf, shareLeftOut } from "../tiles/coverage.ts";
import type { Tile } from "../tiles/tile.ts";

/** The most gaps that are sampled, the size of the sampled square in pixels, the number of planes, and of channels. */
const look = { gaps: 48, sidePx: 256, planes: 3, channels: 8 } as const;

/** Coverages that were measured: plan, summary and attributes of a run share them. */
const measured = new WeakMap<Acquisition, Promise<Coverage>>();

/** The coverage of an image by its tiles, with the light in its gaps where that can be read: measured once. */
export function measureCoverage(acquisition: Acquisition): Promise<Coverage> {
  const known = measured.get(acquisition);
  if (known !== undefined) return known;
  const coverage = coverageOf(acquisition.tiles, fullResolution(acquisition).shapeZyx);
  // A mosaic of single tiles contains nothing beside them.
  const isDark = acquisition.tileSource === undefined || !(coverage.gapShare > 0);
  // Unreadable pixels are reported where they are needed.
  const found = isDark ? Promise.resolve(coverage) : withLight(acquisition, coverage).catch(() => coverage);
  measured.set(acquisition, found);
  return found;
}

async function withLight(acquisition: Acquisition, coverage: Coverage): Promise<Coverage> {
  let light = 0;
  for (const { index } of acquisition.channels.slice(0, look.channels)) {
    light = Math.max(light, await lightInGaps(acquisition, index));
  }
  return { ...coverage, lightInGaps: light };
}

/** The fraction of the pixels with content that lie in no tile. @throws IsoluxError as reading does */
export async function shareNotCorrected(acquisition: Acquisition, channel: number): Promise<number> {
  const { tiles, tileSource } = acquisition;
  // A mosaic of single tiles contains nothing beside them.
  if (tileSource === undefined) return 0;
  const coverage = coverageOf(tiles, fullResolution(acquisition).shapeZyx);
  return shareLeftOut(coverage, coverage.gapShare > 0 ? await lightInGaps(acquisition, channel) : 0);
}

/**
 * The fraction of the gaps between and beside tiles that has content in a channel: by area, from pieces of the coarsest
 * level that shows them; 0 where there are none.
 * @throws IsoluxError as reading does
 */
export async function lightInGaps(acquisition: Acquisition, channel: number): Promise<number> {
  const gaps = gapsBetween(acquisition.tiles, fullResolution(acquisition).shapeZyx);
  const count = Math.min(gaps.length, look.gaps);
  let [lit, all] = [0, 0];
  for (let i = 0; i < count; i++) {
    const gap = gaps[Math.floor((i * gaps.length) / count)]!;
    const area = (gap.stop[0] - gap.start[0]) * (gap.stop[1] - gap.start[1]);
    all += area;
    lit += area * (await litShare(acquisition, channel, gap));
  }
  return all === 0 ? 0 : lit / all;
}

async function litShare({ levels }: Acquisition, channel: number, gap: BoxYx): Promise<number> {
  const level = levels.findLast((candidate) => piece(gap, candidate, 0) !== undefined) ?? levels[0]!;
  const depth = level.shapeZyx[0];
  const count = Math.min(depth, look.planes);
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const box = piece(gap, level, Math.floor(((2 * i + 1) * depth) / (2 * count)));
    if (box !== undefined) sum += shareOfPicture(await level.readBox(channel, box), level.fillValue);
  }
  return sum / count;
}

/** The middle of a gap in a plane of a level, without pixels that also cover tiles beside it. */
function piece({ start, stop }: BoxYx, { factorsZyx, shapeZyx }: PixelLevel, plane: number): BoxZyx | undefined {
  const [rows, columns] = ([0, 1] as const).map((axis) => {
    const factor = factorsZyx[axis + 1]!;
    const [from, to] = [
      Math.ceil(start[axis] / factor),
      Math.min(shapeZyx[axis + 1]!, Math.floor(stop[axis] / factor)),
    ];
    const first = from + Math.max(0, (to - from - look.sidePx) >> 1);
    return [first, Math.min(to, first + look.sidePx)] as const;
  });
  if (rows![0] >= rows![1] || columns![0] >= columns![1]) return undefined;
  return { start: [plane, rows![0], columns![0]], stop: [plane + 1, rows![1], columns![1]] };
}

/** The fraction of pixels with content: one value everywhere is none, whatever it is. */
function shareOfPicture(pixels: PixelArray, fillValue: number): number {
  let [lit, isEven] = [0, true];
  for (let i = 0; i < pixels.length; i++) {
    const pixel = pixels[i]!;
    if (pixel !== fillValue && pixel !== 0 && !Number.isNaN(pixel)) lit++;
    if (pixel !== pixels[0]) isEven = false;
  }
  return isEven && pixels.length > 1 ? 0 : lit / pixels.length;
}

/** A half-open box in rows and columns. */
export interface BoxYx {
  readonly start: Yx;
  readonly stop: Yx;
}

/** Boxes that together are all the area between and beside tiles; they do not overlap. */
export function gapsBetween(tiles: readonly Tile[], [, rows, columns]: Zyx): BoxYx[] {
  const edges = [...new Set([0, rows, ...tiles.flatMap(({ box }) => [box.start[1], box.stop[1]])])];
  edges.sort((a, b) => a - b);
  const boxes: BoxYx[] = [];
  for (const [index, start] of edges.slice(0, -1).entries()) {
    const here = tiles.filter(({ box }) => box.start[1] <= start && start < box.stop[1]).map(({ box }) => box);
    const along = { starts: here.map((box) => box.start[2]), stops: here.map((box) => box.stop[2]) };
    for (const [from, to] of leftOut(along, columns)) {
      boxes.push({ start: [start, from], stop: [edges[index + 1]!, to] });
    }
  }
  return boxes;
}
