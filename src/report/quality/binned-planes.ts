import type { PlaneReceiver, Rectangle } from "../../sample/plane-stack.ts";
import { elementCount, largestPixel, type PixelType, type Yx } from "../../shapes.ts";
import { blockGrid } from "./field-blocks.ts";

/** Fields that are larger are held coarser. */
const largestFieldPx = 256;

/** Pixels from this share of the largest value on count as close to it, and as far from it below the other. */
const nearLargest = 0.9;
const farFromLargest = 0.25;

/** So many pixels along either axis become one, for fields of this shape. */
function binOf(fieldYx: Yx): number {
  return Math.ceil(Math.max(...fieldYx) / largestFieldPx);
}

/**
 * Takes planes and keeps them small: means over bins of `binPx` x `binPx`, and how many pixels are 0, saturated, close to
 * the largest value or no number (these count as 0 in the means). Rows and columns beyond the last whole bin are left out.
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
  /** Of each plane, as shares of its pixels. */
  readonly zeroShares: Float64Array;
  readonly saturatedShares: Float64Array;
  readonly notNumberShares: Float64Array;
  /**
   * Of each block of each plane, the share of pixels close to the largest value, and of those not far from it:
   * `[n, block]`, blocks as in `blockGrid`.
   */
  readonly nearShares: Float32Array;
  readonly notFarShares: Float32Array;
  private readonly sharePerPixel: number;
  private readonly gridYx: Yx;
  private readonly sharePerBlockPixel: number;

  constructor(type: PixelType, planeCount: number, fieldYx: Yx) {
    this.binPx = binOf(fieldYx);
    this.planeCount = planeCount;
    this.shapeYx = [Math.max(1, Math.floor(fieldYx[0] / this.binPx)), Math.max(1, Math.floor(fieldYx[1] / this.binPx))];
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
}

/** Mean of shares of equal weight. */
export function meanShare(shares: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < shares.length; i++) sum += shares[i]!;
  return sum / Math.max(1, shares.length);
}
