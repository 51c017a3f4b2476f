import type { PlaneReceiver, Rectangle } from "../../sample/plane-stack.ts";
import { elementCount, largestPixel, type PixelType, type Yx } from "../../shapes.ts";

/** Fields that are larger are held coarser. */
const largestFieldPx = 256;

/** So many pixels along either axis become one, for fields of this shape. */
function binOf(fieldYx: Yx): number {
  return Math.ceil(Math.max(...fieldYx) / largestFieldPx);
}

/**
 * Takes planes and keeps them small: means over bins of `binPx` x `binPx`, and how many pixels are 0 or saturated.
 * Rows and columns beyond the last whole bin are left out.
 */
export class BinnedPlanes implements PlaneReceiver {
  readonly planeCount: number;
  readonly binPx: number;
  /** Rows and columns of a binned plane. */
  readonly shapeYx: Yx;
  /** All planes, `[n, y, x]`. */
  readonly pixels: Float32Array<ArrayBuffer>;
  /** Of each plane, as shares of its pixels. */
  readonly zeroShares: Float64Array;
  readonly saturatedShares: Float64Array;
  private readonly saturated: number;

  constructor(type: PixelType, planeCount: number, fieldYx: Yx) {
    this.binPx = binOf(fieldYx);
    this.planeCount = planeCount;
    this.shapeYx = [Math.max(1, Math.floor(fieldYx[0] / this.binPx)), Math.max(1, Math.floor(fieldYx[1] / this.binPx))];
    this.pixels = new Float32Array(planeCount * elementCount(this.shapeYx));
    this.zeroShares = new Float64Array(planeCount);
    this.saturatedShares = new Float64Array(planeCount);
    this.saturated = largestPixel(type);
    this.sharePerPixel = 1 / elementCount(fieldYx);
  }

  private readonly sharePerPixel: number;

  async put(n: number, y: number, x: number, piece: Rectangle): Promise<void> {
    const [rows, columns] = this.shapeYx;
    const { binPx, saturated } = this;
    const weight = 1 / binPx ** 2;
    let [zeros, bright] = [0, 0];
    for (let row = 0; row < piece.rows; row++) {
      const from = piece.offset + row * piece.stride;
      const binRow = Math.floor((y + row) / binPx);
      const to = (n * rows + binRow) * columns;
      for (let column = 0; column < piece.columns; column++) {
        const value = piece.pixels[from + column]!;
        if (value === 0) zeros++;
        else if (value >= saturated) bright++;
        const binColumn = Math.floor((x + column) / binPx);
        if (binRow < rows && binColumn < columns) this.pixels[to + binColumn]! += value * weight;
      }
    }
    this.zeroShares[n]! += zeros * this.sharePerPixel;
    this.saturatedShares[n]! += bright * this.sharePerPixel;
  }
}

/** Mean of shares of equal weight. */
export function meanShare(shares: Float64Array): number {
  return shares.reduce((sum, share) => sum + share, 0) / Math.max(1, shares.length);
}
