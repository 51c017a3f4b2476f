import { readFile } from "node:fs/promises";
import { beforeAll, describe, expect, it } from "vitest";
import type { MosaicImage } from "../../src/acquisition/acquisition.ts";
import { openMosaic } from "../../src/acquisition/open-mosaic.ts";
import { resizedPlane } from "../../src/estimate/basic/resize.ts";
import { openNpz } from "../../src/profile/npz.ts";
import { type FieldReader, measureSeams } from "../../src/report/seams.ts";
import type { PixelArray, Yx } from "../../src/shapes.ts";
import { findOverlaps, type Overlap } from "../../src/tiles/overlaps.ts";
import { readBox } from "../../src/zarr/array.ts";
import { DirectoryStore } from "../../src/zarr/directory-store.ts";
import { hasReferenceData, referenceFolder } from "../support/reference-data.ts";

const field: Yx = [512, 512];

/** 54 real tiles of a brain section, and profiles that others fitted to them. */
describe.skipIf(!hasReferenceData)("seams of real tiles", () => {
  let overlaps: Overlap[];
  const planes = new Map<number, PixelArray>();

  beforeAll(async () => {
    const store = new DirectoryStore(`${referenceFolder}data/wsi_brain.zarr`);
    const mosaic: MosaicImage = await openMosaic(store, "raw_image");
    overlaps = findOverlaps(mosaic.tiles, [1, 1], 10_000);
    for (const { number, box } of mosaic.tiles) {
      planes.set(number, await readBox(mosaic.levels[0]!.array, [0, ...box.start], [1, ...box.stop]));
    }
  });

  /** Reads from the tiles, each pixel changed by `correct`, which knows its place in the field. */
  function reader(correct: (value: number, at: number) => number): FieldReader {
    return async ({ number }, _plane, { startYx, shapeYx }) => {
      const plane = planes.get(number)!;
      return Float32Array.from({ length: shapeYx[0] * shapeYx[1] }, (_, i) => {
        const at = (startYx[0] + Math.floor(i / shapeYx[1])) * field[1] + startYx[1] + (i % shapeYx[1]);
        return correct(plane[at]!, at);
      });
    };
  }

  async function goldenProfile(name: string) {
    const path = `${referenceFolder}data/basicpy/golden/${name}.npz`;
    const archive = openNpz(await readFile(path), path);
    const [flatfield, darkfield] = ["flatfield", "darkfield"].map((key) => {
      const { shape, data } = archive.read(key);
      return resizedPlane(Float64Array.from(data as Float32Array), shape as unknown as Yx, field);
    });
    return { flatfield: flatfield!, darkfield: darkfield! };
  }

  it("are known for the raw tiles", async () => {
    expect(overlaps).toHaveLength(91);
    const { difference, logRatio, pairCount } = await measureSeams(
      overlaps,
      [0],
      reader((value) => value),
    );
    expect(pairCount).toBe(91);
    expect(difference).toBeCloseTo(0.2224, 4);
    expect(logRatio).toBeCloseTo(0.2083, 4);
  });

  it.each([
    ["reference.wsi_brain.dark1", 0.0371, 0.0258],
    ["ladmap.wsi_brain.dark1.sort1", 0.0384, 0.0294],
    ["ladmap.wsi_brain.dark1.sort0", 0.0502, 0.0342],
  ])("are known for the tiles corrected with %s", async (name, expectedDifference, expectedLogRatio) => {
    const { flatfield, darkfield } = await goldenProfile(name);
    const corrected = reader((value, at) => (value - darkfield[at]!) / flatfield[at]!);
    const { difference, logRatio } = await measureSeams(overlaps, [0], corrected);
    expect(Math.abs(difference - expectedDifference)).toBeLessThan(1e-4);
    expect(Math.abs(logRatio - expectedLogRatio)).toBeLessThan(1e-4);
  });
});
