/** Reads a plane of a whole mosaic, reduced to the size of a picture. */
import type { Acquisition } from "../../acquisition/acquisition.ts";
import { elementCount, type Yx } from "../../shapes.ts";
import type { FieldImage } from "./image.ts";

/** The reduced image of a plane, and its position relative to the full resolution. */
export interface Overview extends FieldImage {
  /** Full-resolution pixels per pixel of the picture. */
  readonly stepYx: Yx;
}

/** Which plane to show, and how large. */
interface OverviewRequest {
  readonly channel: number;
  /** Of the full resolution. */
  readonly plane: number;
  /** The most pixels along the longer side of the picture. */
  readonly mostPx: number;
  /** The coarsest level that may be read. */
  readonly lastLevel: number;
}

/** Rows are read in bands of about this many bytes. */
const bandBytes = 16e6;

/** Reads a plane from the coarsest level that is fine enough, band by band, and averages it over blocks. */
export async function readOverview(acquisition: Acquisition, request: OverviewRequest): Promise<Overview> {
  const { channel, plane, mostPx, lastLevel } = request;
  const { levels } = acquisition;
  const isFine = levels.map(({ shapeZyx: [, y, x] }) => Math.max(y, x) >= mostPx);
  const level = levels[Math.max(0, isFine.lastIndexOf(true, lastLevel))]!;
  const [depth, rows, columns] = level.shapeZyx;
  const z = Math.min(depth - 1, Math.floor(plane / level.factorsZyx[0]));
  const factor = Math.max(1, Math.ceil(Math.max(rows, columns) / mostPx));
  const shapeYx: Yx = [Math.ceil(rows / factor), Math.ceil(columns / factor)];
  const [sums, counts] = [new Float32Array(elementCount(shapeYx)), new Float32Array(elementCount(shapeYx))];
  const chunkRows = level.chunkShapeCzyx[2];
  const bandRows = Math.max(1, Math.floor(bandBytes / (4 * columns * chunkRows))) * chunkRows;
  for (let y0 = 0; y0 < rows; y0 += bandRows) {
    const y1 = Math.min(rows, y0 + bandRows);
    const band = await level.readBox(channel, { start: [z, y0, 0], stop: [z + 1, y1, columns] });
    for (let y = y0, i = 0; y < y1; y++) {
      const row = Math.floor(y / factor) * shapeYx[1];
      for (let x = 0; x < columns; x++, i++) {
        const block = row + Math.floor(x / factor);
        sums[block]! += band[i]!;
        counts[block]! += 1;
      }
    }
  }
  const [, factorY, factorX] = level.factorsZyx;
  const values = sums.map((sum, block) => sum / counts[block]!);
  return { shapeYx, values, stepYx: [factor * factorY, factor * factorX] };
}
