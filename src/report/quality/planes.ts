/** Planes in reduced size for a check, and their means over blocks. */
import type { PlaneReceiver, Rectangle } from "../../sample/plane-stack.ts";
import { elementCount, largestPixel, type PixelType, type Yx } from "../../shapes.ts";

/** Larger fields are stored in coarser pixels. */
const largestFieldPx = 256;

/**
 * Pixels from the first fraction of the largest value on count as close to it, pixels below the second one as far from
 * it.
 */
const nearLargest = 0.9;
const farFromLargest = 0.25;

/** Number of pixels along either axis that become one, for fields of this shape. */
function binOf(fieldYx: Yx): number {
  return Math.ceil(Math.max(...fieldYx) / largestFieldPx);
}

/** Bytes of the planes in reduced size, and of what is counted in each block. */
export function binnedBytes(planeCount: number, fieldYx: Yx): number {
  const blocks = 2 * mostBlocks ** 2;
  return 4 * planeCount * (elementCount(binnedShape(fieldYx, binOf(fieldYx))) + blocks);
}

function binnedShape([rows, columns]: Yx, binPx: number): Yx {
  return [Math.max(1, Math.floor(rows / binPx)), Math.max(1, Math.floor(columns / binPx))];
}

/**
 * Receives planes and stores them in reduced size: means over bins of `binPx` x `binPx`, and how many pixels are 0,
 * saturated, close to the largest value or NaN (which count as 0 in the means). Rows and columns beyond the last whole
 * bin are left out.
 */
export class BinnedPlanes implements PlaneReceiver {
  readonly planeCount: number;
  readonly binPx: number;
  /** The largest value of the pixel type. */
  readonly largest: number;
  /** Rows and columns of a binned plane. */
  readonly shapeYx: Yx;
  /** All planes, `[n, y, x]`. */
  readonly pixels: Float32Array<ArrayBuffer>;
  /** Fractions of the pixels of each plane. */
  readonly zeroShares: Float64Array;
  readonly saturatedShares: Float64Array;
  readonly notNumberShares: Float64Array;
  /**
   * For each block of each plane, the fraction of pixels close to the largest value, and of those not far from it: `[n,
   * block]`, blocks as in `blockGrid`.
   */
  readonly nearShares: Float32Array;
  readonly notFarShares: Float32Array;
  private readonly type: PixelType;
  private readonly fieldYx: Yx;
  private readonly sharePerPixel: number;
  private readonly gridYx: Yx;
  private readonly sharePerBlockPixel: number;

  constructor(type: PixelType, planeCount: number, fieldYx: Yx) {
    this.type = type;
    this.fieldYx = fieldYx;
    this.binPx = binOf(fieldYx);
    this.planeCount = planeCount;
    this.shapeYx = binnedShape(fieldYx, this.binPx);
    this.gridYx = blockGrid(this.shapeYx);
    this.pixels = new Float32Array(planeCount * elementCount(this.shapeYx));
    this.zeroShares = new Float64Array(planeCount);
    this.saturatedShares = new Float64Array(planeCount);
    this.notNumberShares = new Float64Array(planeCount);
    this.nearShares = new Float32Array(planeCount * elementCount(this.gridYx));
    this.notFarShares = new Float32Array(planeCount * elementCount(this.gridYx));
    this.largest = largestPixel(type);
    this.sharePerPixel = 1 / elementCount(fieldYx);
    this.sharePerBlockPixel = elementCount(this.gridYx) / (elementCount(this.shapeYx) * this.binPx ** 2);
  }

  async put(n: number, y: number, x: number, piece: Rectangle): Promise<void> {
    const [rows, columns] = this.shapeYx;
    const { binPx, largest, gridYx } = this;
    const weight = 1 / binPx ** 2;
    let [zeros, saturated, missing] = [0, 0, 0];
    for (let row = 0; row < piece.rows; row++) {
      const from = piece.offset + row * piece.stride;
      const binRow = Math.floor((y + row) / binPx);
      const to = (n * rows + binRow) * columns;
      const blockRow = (n * gridYx[0] + Math.floor((binRow * gridYx[0]) / rows)) * gridYx[1];
      for (let column = 0; column < piece.columns; column++) {
        const value = piece.pixels[from + column]!;
        const binColumn = Math.floor((x + column) / binPx);
        if (!Number.isFinite(value)) {
          missing++;
          continue;
        }
        if (value === 0) zeros++;
        else if (value >= largest) saturated++;
        if (binRow >= rows || binColumn >= columns) continue;
        this.pixels[to + binColumn]! += value * weight;
        if (value < farFromLargest * largest) continue;
        const block = blockRow + Math.floor((binColumn * gridYx[1]) / columns);
        this.notFarShares[block]! += this.sharePerBlockPixel;
        if (value >= nearLargest * largest) this.nearShares[block]! += this.sharePerBlockPixel;
      }
    }
    this.zeroShares[n]! += zeros * this.sharePerPixel;
    this.saturatedShares[n]! += saturated * this.sharePerPixel;
    this.notNumberShares[n]! += missing * this.sharePerPixel;
  }

  /** Some of the planes. */
  pick(chosen: readonly number[]): BinnedPlanes {
    const picked = new BinnedPlanes(this.type, chosen.length, this.fieldYx);
    for (const key of ofPlanes) {
      const length = this[key].length / this.planeCount;
      for (const [at, n] of chosen.entries()) {
        picked[key].set(this[key].subarray(n * length, (n + 1) * length), at * length);
      }
    }
    return picked;
  }
}

/** What is kept of each plane. */
const ofPlanes = ["pixels", "zeroShares", "saturatedShares", "notNumberShares", "nearShares", "notFarShares"] as const;

/** Mean of equally weighted fractions. */
export function meanShare(shares: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < shares.length; i++) sum += shares[i]!;
  return sum / Math.max(1, shares.length);
}

/** The most blocks that the field is divided into along either axis. */
const mostBlocks = 32;

/** The number of blocks along either axis for a plane of these rows and columns. */
function blockGrid([rows, columns]: Yx): Yx {
  return [Math.min(mostBlocks, rows), Math.min(mostBlocks, columns)];
}

/** The block at a place of the field, -1 to 1 along both axes. */
export function blockAt(shapeYx: Yx, place: Yx): number {
  const [row, column] = place.map((at, axis) => {
    const extent = shapeYx[axis]!;
    return Math.min(extent - 1, Math.max(0, Math.floor(((at + 1) / 2) * extent)));
  }) as [number, number];
  return row * shapeYx[1] + column;
}

/** Means of planes over blocks of their field. */
export interface FieldBlocks {
  readonly planeCount: number;
  /** Blocks along either axis. */
  readonly shapeYx: Yx;
  /** `[n, y, x]`. */
  readonly means: Float64Array;
}

/** Planes in reduced size, `[n, y, x]`. */
interface SmallPlanes {
  readonly planeCount: number;
  readonly shapeYx: Yx;
  readonly pixels: Float32Array;
}

/** Averages planes over blocks. */
export function blocksOfPlanes({ planeCount, shapeYx, pixels }: SmallPlanes): FieldBlocks {
  const [rows, columns] = shapeYx;
  const [down, across] = blockGrid(shapeYx);
  const means = new Float64Array(planeCount * down * across);
  const counts = new Float64Array(down * across);
  const blockOf = new Uint16Array(rows * columns);
  for (let y = 0, i = 0; y < rows; y++) {
    const first = Math.floor((y * down) / rows) * across;
    for (let x = 0; x < columns; x++, i++) {
      blockOf[i] = first + Math.floor((x * across) / columns);
      counts[blockOf[i]!]! += 1;
    }
  }
  for (let n = 0, i = 0; n < planeCount; n++) {
    for (let at = 0; at < blockOf.length; at++, i++) {
      const block = blockOf[at]!;
      means[n * counts.length + block]! += pixels[i]! / counts[block]!;
    }
  }
  return { planeCount, shapeYx: [down, across], means };
}
