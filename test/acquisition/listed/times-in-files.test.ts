/** Time lapses in stacks and planes: in files, in their names, and in lists. */

import { describe, expect, it } from "vitest";
import type { TileHints } from "../../../src/acquisition/listed/stage-axes.ts";
import { openAcquisition } from "../../../src/acquisition/open-acquisition.ts";
import type { Yx } from "../../../src/shapes.ts";
import { type Files, storeOfFiles } from "../../support/store-of-files.ts";
import { tiffFile } from "../../support/tiff-file.ts";

const shape: Yx = [4, 5];
const plane = (value: number) => new Uint16Array(20).fill(value);
/** Which value the pixels of a plane have. */
const valueAt = (tile: number, time: number, channel: number, z: number) =>
  1000 * tile + 100 * time + 10 * channel + z + 1;
const stackAt = (tile: number, time: number, planes = 2, size: Yx = shape) =>
  tiffFile(
    Array.from({ length: planes }, (_, z) => new Uint16Array(size[0] * size[1]).fill(valueAt(tile, time, 0, z))),
    size,
  );

/** A hyperstack as ImageJ has it: channels in turns, within planes, within time points. */
function hyperstack(tile: number, times: number, channels: number): Uint8Array {
  const pages: Uint16Array[] = [];
  for (let time = 0; time < times; time++) {
    for (let z = 0; z < 2; z++) {
      for (let channel = 0; channel < channels; channel++) pages.push(plane(valueAt(tile, time, channel, z)));
    }
  }
  const description = `ImageJ=1.53t\nimages=${pages.length}\nchannels=${channels}\nslices=2\nframes=${times}\nhyperstack=true\n`;
  return tiffFile(pages, shape, description);
}

/** OME-XML whose planes of a channel follow each other over all times. */
function omeTiff(tile: number, times: number): Uint8Array {
  const xml =
    `<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0" Name="t${tile}">` +
    `<Pixels DimensionOrder="XYTZC" SizeX="5" SizeY="4" SizeZ="2" SizeC="2" SizeT="${times}" Type="uint16">` +
    `<TiffData/><Plane TheZ="0" TheC="0" TheT="0" PositionX="${4 * tile}" PositionY="0"/></Pixels></Image></OME>`;
  const pages: Uint16Array[] = [];
  for (let channel = 0; channel < 2; channel++) {
    for (let z = 0; z < 2; z++) {
      for (let time = 0; time < times; time++) pages.push(plane(valueAt(tile, time, channel, z)));
    }
  }
  return tiffFile(pages, shape, xml);
}

async function open(files: Files, hints: TileHints = {}) {
  return (await openAcquisition(await storeOfFiles(files), "in", { hints })).acquisition;
}

/** Of each channel the values in the corner of each tile, plane by plane and time by time. */
async function cornersOf({ levels, channels }: Awaited<ReturnType<typeof open>>): Promise<number[][]> {
  const [level] = levels;
  const [planes, rows, columns] = level!.shapeZyx;
  return await Promise.all(
    channels.map(async ({ index }) => {
      const pixels = await level!.readBox(index, { start: [0, 0, 0], stop: level!.shapeZyx });
      return Array.from({ length: planes }, (_, z) => [0, 5].map((x) => pixels[z * rows * columns + x]!)).flat();
    }),
  );
}

const expected = (times: readonly number[], channel = 0) =>
  times.flatMap((time) => [0, 1].flatMap((z) => [0, 1].map((tile) => valueAt(tile, time, channel, z))));

const places = "file,x,y,pixel_size,z_step\na.tif,0,0,1,1\nb.tif,4,0,1,1\n";

describe("time points are read", () => {
  it.each<[string, Files, TileHints, number[], number]>([
    [
      "of hyperstacks",
      { "a.tif": hyperstack(0, 3, 1), "b.tif": hyperstack(1, 3, 1), "tiles.csv": places },
      {},
      [0, 1, 2],
      1,
    ],
    [
      "and channels of hyperstacks",
      { "a.tif": hyperstack(0, 2, 2), "b.tif": hyperstack(1, 2, 2), "tiles.csv": places },
      {},
      [0, 1],
      2,
    ],
    ["of OME-TIFF", { "a.ome.tif": omeTiff(0, 3), "b.ome.tif": omeTiff(1, 3) }, {}, [0, 1, 2], 2],
    [
      "by a column",
      {
        ...Object.fromEntries([3, 7].flatMap((t) => [0, 1].map((tile) => [`${tile}_${t}.tif`, stackAt(tile, t)]))),
        "tiles.csv": `file,time point,x,y\n${[7, 3].flatMap((t) => [0, 1].map((tile) => `${tile}_${t}.tif,${t},${4 * tile},0`)).join("\n")}\n`,
      },
      {},
      [3, 7],
      1,
    ],
    [
      "by names",
      Object.fromEntries([0, 1, 10].flatMap((t) => [0, 1].map((tile) => [`t${t}_${tile}.tif`, stackAt(tile, t)]))),
      { pattern: "t{time}_{col}.tif" },
      [0, 1, 10],
      1,
    ],
  ])("%s", async (_, files, hints, times, channels) => {
    const acquisition = await open(files, hints);
    expect(acquisition.levels[0]!.timePoints).toBe(times.length);
    expect(await cornersOf(acquisition)).toEqual(
      Array.from({ length: channels }, (_, channel) => expected(times, channel)),
    );
  });

  it("where one tile was not acquired at one of them, its place is empty", async () => {
    const files = { "t0_0.tif": stackAt(0, 0), "t0_1.tif": stackAt(1, 0), "t1_0.tif": stackAt(0, 1) };
    const [values] = await cornersOf(await open(files, { pattern: "t{time}_{col}.tif" }));
    expect(values!.slice(4)).toEqual([valueAt(0, 1, 0, 0), 0, valueAt(0, 1, 0, 1), 0]);
  });
});

describe("time points are refused", () => {
  it.each<[string, Files, TileHints, RegExp]>([
    [
      "of which files hold different numbers",
      { "a.tif": hyperstack(0, 3, 1), "b.tif": hyperstack(1, 2, 1), "tiles.csv": places },
      {},
      /different numbers of time points \(data\/b\.tif\): found 2 time points, expected 3, as in a\.tif/,
    ],
    [
      "within files that are time points themselves",
      { "t0_0.tif": hyperstack(0, 2, 1), "t1_0.tif": hyperstack(0, 2, 1) },
      { pattern: "t{time}_{col}.tif" },
      /A file of one time point holds several.*found 2 time points/,
    ],
    [
      "at which tiles have another shape",
      { "t0_0.tif": stackAt(0, 0), "t1_0.tif": stackAt(0, 1, 2, [4, 6]) },
      { pattern: "t{time}_{col}.tif" },
      /another shape at another time point.*found 4 x 6 uint16, expected 4 x 5 uint16/,
    ],
    [
      "of which one has a tile twice",
      {
        "a.tif": stackAt(0, 0),
        "b.tif": stackAt(0, 1),
        "c.tif": stackAt(0, 0),
        "tiles.csv": "file,time,x,y\na.tif,0,0,0\nb.tif,1,0,0\nc.tif,0,0,0\n",
      },
      {},
      /the same at one time point.*a\.tif and c\.tif/,
    ],
  ])("%s", async (_, files, hints, message) => {
    await expect(open(files, hints)).rejects.toThrow(message);
  });
});
