/** Statistics of one plane of one tile, few enough that all planes of all tiles can be compared. */
import type { Acquisition } from "../acquisition/acquisition.ts";
import type { SamplePlan } from "../sample/plan-sample.ts";
import type { PlaneReceiver, Rectangle } from "../sample/plane-stack.ts";
import { type ReadHooks, readPlanes } from "../sample/read-planes.ts";
import { elementCount, largestPixel, type Yx } from "../shapes.ts";
import { medianOf } from "../statistics.ts";

/** Statistics of a plane of a tile, in blocks of its field. */
export interface PlaneStatistics {
  readonly tileNumber: number;
  /** Planes of the full resolution that it covers, half-open. */
  readonly planes: readonly [start: number, stop: number];
  /** Blocks of the field as rows and columns. */
  readonly blocksYx: Yx;
  /** The median of every block in counts, C order: specks smaller than half a block do not affect it. */
  readonly blocks: Float64Array;
  /** Standard deviation of a pixel's noise, in counts, by neighbouring pixels. */
  readonly noise: number;
  /** Standard deviation of a block's median by this noise. */
  readonly blockNoise: number;
  /** Fraction of pixels much brighter than the block they lie in: specks. */
  readonly speckShare: number;
  /** Fraction of pixels that the camera saturated. */
  readonly saturatedShare: number;
}

/** The most blocks of the field along each axis, and the least size of a block. */
const mostBlocksAcross = 16;
const leastBlockPx = 6;

/** A pixel is a speck if it exceeds its block by this number of standard deviations of the noise, and by this fraction. */
const speckDeviations = 6;
const speckShareAbove = 0.05;

/** The median's standard deviation over the mean's, for normal noise. */
const medianFactor = 1.2533;

/** The rounding error of whole counts: no image has less noise than this. */
const leastNoise = 0.3;

/** Parameters of which planes are read. */
export interface StatisticsRequest {
  /** Resolution level; the coarsest whose tiles have at least 128 px where not given. */
  readonly level?: number;
  /** Planes of every tile; fewer where the planes of all tiles would exceed the memory. 24 by default. */
  readonly planesPerTile?: number;
  readonly seed: number;
}

/** Which planes are read, decided before any is. */
export interface StatisticsPlan extends SamplePlan {
  /** Number of pixels along either axis that are averaged into one. */
  readonly binPx: number;
  /** Rows and columns of an averaged plane. */
  readonly lookYx: Yx;
  readonly factorZ: number;
  /** Planes of the full resolution. */
  readonly depth: number;
}

/** Statistics by the number of their tile, in the order in which tiles first occur. */
export function groupByTile(looks: readonly PlaneStatistics[]): Map<number, PlaneStatistics[]> {
  const ofTile = new Map<number, PlaneStatistics[]>();
  for (const look of looks) {
    const own = ofTile.get(look.tileNumber);
    if (own === undefined) ofTile.set(look.tileNumber, [look]);
    else own.push(look);
  }
  return ofTile;
}

/** Computes the statistics of a plane, `shapeYx`, C order. */
function statisticsOfPlane(
  image: Float32Array,
  shapeYx: Yx,
  about: Pick<PlaneStatistics, "tileNumber" | "planes" | "saturatedShare">,
): PlaneStatistics {
  const blocksYx = [blocksAcross(shapeYx[0]), blocksAcross(shapeYx[1])] as const;
  const blocks = new Float64Array(blocksYx[0] * blocksYx[1]);
  const noise = noiseOf(image, shapeYx);
  const level = medianOf(Float64Array.from(image));
  let specks = 0;
  for (let row = 0, block = 0; row < blocksYx[0]; row++) {
    for (let column = 0; column < blocksYx[1]; column++, block++) {
      const values = pixelsOfBlock(image, shapeYx, blocksYx, [row, column]);
      const middle = medianOf(values);
      blocks[block] = middle;
      const margin = speckDeviations * noise * Math.sqrt(Math.max(1, middle / Math.max(level, 1)));
      const limit = middle + margin + speckShareAbove * Math.max(0, middle);
      for (let at = 0; at < values.length; at++) if (values[at]! > limit) specks++;
    }
  }
  const perBlock = image.length / blocks.length;
  const blockNoise = (medianFactor * noise) / Math.sqrt(perBlock);
  return { ...about, blocksYx, blocks, noise, blockNoise, speckShare: specks / image.length };
}

function blocksAcross(extent: number): number {
  return Math.min(mostBlocksAcross, Math.max(1, Math.floor(extent / leastBlockPx)));
}

function pixelsOfBlock(image: Float32Array, [rows, columns]: Yx, blocksYx: Yx, [row, column]: Yx): Float64Array {
  const bounds = (at: number, extent: number, blocks: number) =>
    [Math.floor((at * extent) / blocks), Math.floor(((at + 1) * extent) / blocks)] as const;
  const [y0, y1] = bounds(row, rows, blocksYx[0]);
  const [x0, x1] = bounds(column, columns, blocksYx[1]);
  const values = new Float64Array((y1 - y0) * (x1 - x0));
  for (let y = y0, to = 0; y < y1; y++) {
    for (let x = x0; x < x1; x++) values[to++] = image[y * columns + x]!;
  }
  return values;
}

/**
 * From second differences of three neighbours, to which slow changes of the light hardly contribute; robust against
 * structures.
 */
function noiseOf(image: Float32Array, [rows, columns]: Yx): number {
  const width = Math.max(0, columns - 2);
  const bends = new Float64Array(rows * width);
  for (let y = 0, to = 0; y < rows; y++) {
    for (let x = y * columns; x < y * columns + width; x++) {
      bends[to++] = Math.abs(image[x]! - 2 * image[x + 1]! + image[x + 2]!);
    }
  }
  const noise = (1.4826 * medianOf(bends)) / Math.sqrt(6);
  return Math.max(Number.isNaN(noise) ? 0 : noise, leastNoise);
}

// Reads the planned planes and computes their statistics; no more planes are in memory than one layer of chunks
// contains.

/**
 * Statistics of the planned planes of a channel, in the order of the plan; each chunk is read once.
 * @throws IsoluxError `corrupt`, `storage`, `interrupted`
 */
export async function readStatistics(
  acquisition: Acquisition,
  channel: number,
  plan: StatisticsPlan,
  hooks: ReadHooks = {},
): Promise<PlaneStatistics[]> {
  const onlooker = new Onlooker(plan, largestPixel(acquisition.type));
  await readPlanes(acquisition, channel, plan, onlooker, hooks);
  return onlooker.looks;
}

/** A plane that has not been read completely. */
interface Unfinished {
  readonly image: Float32Array;
  received: number;
  saturated: number;
}

/** Receives planes in pieces, bins their pixels, and computes the statistics of each when it is complete. */
class Onlooker implements PlaneReceiver {
  readonly looks: PlaneStatistics[] = [];
  private readonly plan: StatisticsPlan;
  private readonly largest: number;
  private readonly unfinished = new Map<number, Unfinished>();

  constructor(plan: StatisticsPlan, largest: number) {
    this.plan = plan;
    this.largest = largest;
  }

  async put(n: number, y: number, x: number, piece: Rectangle): Promise<void> {
    const { fieldYx, lookYx, factorZ, depth, planes } = this.plan;
    const plane = this.unfinished.get(n) ?? {
      image: new Float32Array(elementCount(lookYx)),
      received: 0,
      saturated: 0,
    };
    this.unfinished.set(n, plane);
    this.bin(plane, y, x, piece);
    plane.received += piece.rows * piece.columns;
    if (plane.received < elementCount(fieldYx)) return;
    const { tileNumber, plane: z } = planes[n]!;
    const saturatedShare = plane.saturated / plane.received;
    const covered = [z * factorZ, Math.min((z + 1) * factorZ, depth)] as const;
    this.looks[n] = statisticsOfPlane(plane.image, lookYx, { tileNumber, planes: covered, saturatedShare });
    this.unfinished.delete(n);
  }

  private bin(plane: Unfinished, y: number, x: number, { pixels, offset, stride, rows, columns }: Rectangle): void {
    const { binPx, lookYx } = this.plan;
    const share = 1 / binPx ** 2;
    for (let row = 0; row < rows; row++) {
      const toRow = Math.floor((y + row) / binPx);
      const from = offset + row * stride;
      for (let column = 0; column < columns; column++) {
        const value = pixels[from + column]!;
        if (value >= this.largest) plane.saturated++;
        if (!Number.isFinite(value)) continue;
        const toColumn = Math.floor((x + column) / binPx);
        if (toRow < lookYx[0] && toColumn < lookYx[1]) plane.image[toRow * lookYx[1] + toColumn]! += value * share;
      }
    }
  }
}
