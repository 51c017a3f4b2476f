import { elementCount, type Yx } from "../../shapes.ts";
import type { FieldImage } from "../picture/field-image.ts";

/** The field is looked at in at most so many blocks along either axis. */
const mostBlocks = 32;

/** How many blocks along either axis a plane of these rows and columns is looked at in. */
export function blockGrid([rows, columns]: Yx): Yx {
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

/** Planes held small, `[n, y, x]`. */
export interface SmallPlanes {
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
  const blockOf = (y: number, x: number) => Math.floor((y * down) / rows) * across + Math.floor((x * across) / columns);
  for (let y = 0; y < rows; y++) for (let x = 0; x < columns; x++) counts[blockOf(y, x)]! += 1;
  for (let n = 0, i = 0; n < planeCount; n++) {
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++, i++) {
        const block = blockOf(y, x);
        means[n * counts.length + block]! += pixels[i]! / counts[block]!;
      }
    }
  }
  return { planeCount, shapeYx: [down, across], means };
}

/** The mean of all planes. */
export function meanField({ planeCount, shapeYx, means }: FieldBlocks): FieldImage {
  const size = elementCount(shapeYx);
  const values = new Float32Array(size);
  for (let i = 0; i < means.length; i++) values[i % size]! += means[i]! / planeCount;
  return { shapeYx, values };
}
