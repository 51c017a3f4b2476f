/** Lists, names and metadata that are wrong, and what is said of them. */

import { describe, expect, it } from "vitest";
import { parsePattern } from "../../../src/acquisition/listed/name-pattern.ts";
import { openListed } from "../../../src/acquisition/listed/open-listed.ts";
import type { TileHints } from "../../../src/acquisition/listed/stage-axes.ts";
import { openAcquisition } from "../../../src/acquisition/open-acquisition.ts";
import { encodePng } from "../../../src/acquisition/pages/png.ts";
import type { Yx } from "../../../src/shapes.ts";
import { type Files, storeOfFiles } from "../../support/store-of-files.ts";
import { tiffFile } from "../../support/tiff-file.ts";
import { wholeOf } from "../pages/stacks.ts";

const shape: Yx = [4, 5];
const plane = (value: number) => new Uint16Array(20).fill(value);
const stack = (...values: number[]) => tiffFile(values.map(plane), shape);

async function views(files: Files, hints: TileHints = {}) {
  const notes: string[] = [];
  const opened = await openListed(await storeOfFiles(files), "in", hints, (text) => notes.push(text));
  return { views: opened?.views ?? [], notes };
}

const tiles = { "a.tif": stack(1, 2), "b.tif": stack(3, 4) };

describe("tiles.csv", () => {
  it.each([
    ["no column file", "x,y\n0,0", /no column file among x, y/],
    ["no y", "file,x\na.tif,0", /no column y/],
    ["thousands of columns", `file,x,y${",more".repeat(2000)}\na.tif,0,0`, /found 2003 columns among file, x, y/],
    ["a near miss", "file,x,y,pixelsiez\na.tif,0,0,1", /may be mistyped.*found pixelsiez.*expected pixelsize/],
    ["a column twice", "file,x,y,X (µm)\na.tif,0,0,1", /two columns that mean x/],
    ["no number", "file,x,y\na.tif,0,zero", /y of a tile.*row 1.*found zero/],
    ["no value", "file,x,y\na.tif,0,", /y of a tile.*found nothing/],
    ["a side that is none", "file,x,y,side\na.tif,0,0,top", /side of a tile.*found top.*left or right/],
    ["a size of 0", "file,x,y,z_step\na.tif,0,0,0", /above 0/],
    ["no rows", "file,x,y\n", /no rows/],
    ["a file that is not there", "file,x,y\nc.tif,0,0", /no such file/],
    ["a folder that is not there", "file,x,y\nc,0,0", /not there, or holds no planes.*found data\/in\/c/],
    ["a path that leaves the folder", "file,x,y\n../a.tif,0,0", /leaves the folder/],
    ["an absolute path", "file,x,y\n/etc/a.tif,0,0", /leaves the folder/],
    ["a pattern of tiles", "file,x,y\n{row}.tif,0,0", /may have \{plane\} only.*found \{row\}/],
    ["an open quote", 'file,x,y\n"a.tif,0,0', /cannot be read/],
    ["positions in pixels and µm", "file,x_px,y_um\na.tif,0,0", /both in µm, or both in pixels/],
  ])("with %s", async (_, list, message) => {
    await expect(views({ ...tiles, "tiles.csv": list })).rejects.toThrow(message);
  });

  it.each<[string, (list: string) => Uint8Array | string]>([
    ["in UTF-16", (list) => Uint8Array.from([0xff, 0xfe, ...Buffer.from(list, "utf16le")])],
    ["in Latin-1", (list) => Uint8Array.from(Buffer.from(list, "latin1"))],
    ["with carriage returns alone", (list) => list.replaceAll("\n", "\r")],
    ["whose first line names the separator", (list) => `sep=;\n${list.replaceAll(",", ";")}`],
    ["with decimal commas between tabs", (list) => list.replaceAll(",", "\t").replace("\t4\t", "\t4,0\t")],
    ["with quoted values", (list) => list.replaceAll(/[^,\n]+/g, '"$&"')],
  ])("%s", async (_, written) => {
    const list = "file,x (µm),y (µm),pixel_size,z_step\na.tif,0,0,1,1\nb.tif,4,0,1,1\n";
    const { views: found } = await views({ ...tiles, "tiles.csv": written(list) });
    expect(found.map(({ stageUmZyx }) => stageUmZyx)).toEqual([
      [0, 0, 0],
      [0, 0, -4],
    ]);
  });

  it("counts positions in the units of its columns, and takes the files' depths", async () => {
    const list = "Image\tX [px]\tY [px]\tZ [px]\tz-step\tpx\r\na.tif\t0\t0\t0\t2\t0.5\r\nb.tif\t4\t0\t3\t2\t0.5\r\n";
    const { views: found, notes } = await views({ ...tiles, "tiles.csv": `\uFEFF${list}# end` });
    expect(found.map(({ stageUmZyx, pixelSizeUmZyx }) => [stageUmZyx, pixelSizeUmZyx])).toEqual([
      [
        [0, 0, 0],
        [2, 0.5, 0.5],
      ],
      [
        [6, 0, -2],
        [2, 0.5, 0.5],
      ],
    ]);
    expect(notes).toEqual(["Positions are those of tiles.csv"]);
    const { acquisition } = await openAcquisition(await storeOfFiles({ ...tiles, "tiles.csv": list }), "in");
    expect(acquisition.tiles.map(({ stageDepthUm }) => stageDepthUm)).toEqual([undefined, 6]);
  });

  it("tells of columns that mean nothing", async () => {
    const { notes } = await views({ ...tiles, "tiles.csv": "file,x,y,exposure\na.tif,0,0,20" });
    expect(notes[1]).toBe("Ignored columns of the list of tiles: exposure");
  });
});

describe("TileConfiguration.txt", () => {
  it.each([
    ["no files", "dim = 2\n", /no files/],
    ["a line without brackets", "dim = 2\na.tif; ; 0, 0", /found a\.tif; ; 0, 0/],
    ["other dimensions", "dim = 3\na.tif; ; (0, 0)", /2 numbers, with dim = 3/],
    ["no numbers", "dim = 2\na.tif; ; (0, nan)", /cannot be read/],
    ["a series of a file without", "dim = 2\na.tif; 3; (0, 0)", /names series within a file that is no OME-TIFF/],
    ["a series that is no number", "dim = 2\na.tif; b; (0, 0)", /cannot be read/],
    ["another format", "dim = 2\nb.ims; ; (0, 0)", /not read as a stack.*found b\.ims, expected TIFF/],
  ])("with %s", async (_, list, message) => {
    await expect(views({ ...tiles, "TileConfiguration.txt": list })).rejects.toThrow(message);
  });
});

describe("--pattern", () => {
  it.each([
    ["{rwo}_{col}.tif", /\{rwo\} is no field: did you mean \{row\}\?/],
    ["{tile}.tif", /\{tile\} is no field.*expected names with the fields \{row\}/],
    ["", /empty/],
    ["*{channel}*{channel}_*_*_*_*.tif", /wildcards/],
  ])("%s", (pattern, message) => expect(() => parsePattern(pattern)).toThrow(message));

  it("that fits no name tells some", async () => {
    await expect(views(tiles, { pattern: "{row}_{col}.tif" })).rejects.toThrow(
      /No TIFF.*fits the pattern.*2 names such as a\.tif, b\.tif.*expected \{row\}_\{col\}\.tif/,
    );
  });

  it("names letters of regular expressions, and one value for a field that stands twice", async () => {
    const files = {
      "0/t(0)+0.tif": stack(1),
      "1/t(1)+1.tif": stack(2),
      "0/t(1)+0.tif": stack(3),
      "0/t(0)+1.tif": stack(4),
    };
    const hints: TileHints = { pattern: "{col}/t({col})+{col}.tif", pixelSizeUmZyx: [1, 1, 1] };
    const { views: found, notes } = await views(files, hints);
    expect(found.map(({ name }) => name)).toEqual(["t(0)+0.tif", "t(1)+1.tif"]);
    expect(notes[0]).toMatch(/overlap of the tiles is not known.*--overlap/);
  });

  it.each([
    ["planes missing", ["0_1.tif", "0_2.tif", "0_4.tif"], /Planes of a tile are missing.*4 after 2.*steps of 1/],
    ["a plane twice", ["0_1.tif", "0_01.tif", "0_2.tif"], /A plane of a tile exists twice/],
  ])("%s", async (_, names, message) => {
    const files = Object.fromEntries(names.map((name) => [name, stack(1)]));
    await expect(views(files, { pattern: "{row}_{plane}.tif" })).rejects.toThrow(message);
  });

  it("several files for one tile", async () => {
    const files = { "a0.tif": stack(1), "b0.tif": stack(2) };
    await expect(views(files, { pattern: "*{row}.tif" })).rejects.toThrow(/same tile and channel.*a0\.tif, b0\.tif/);
  });

  it("takes planes in the order of numbers, and depths by them", async () => {
    const files = Object.fromEntries(
      [0, 1].flatMap((col) => [9, 10, 11].map((z) => [`${col}_${z + col}.tif`, stack(10 * col + z)])),
    );
    const { views: found } = await views(files, { pattern: "{col}_{plane}.tif", pixelSizeUmZyx: [3, 1, 1] });
    expect(found.map(({ stageUmZyx }) => stageUmZyx?.[0])).toEqual([27, 30]);
    expect(new Set(await wholeOf(found[1]!))).toEqual(new Set([19, 20, 21]));
  });
});

describe("planes in files of their own", () => {
  const pattern = "{col}_{plane}.tif";

  it("that differ from the first are told when they are read", async () => {
    const odd = tiffFile([new Uint16Array(12)], [3, 4]);
    const { views: found } = await views({ "0_0.tif": stack(1), "0_1.tif": odd }, { pattern });
    await expect(wholeOf(found[0]!)).rejects.toThrow(/differs from the first one of its tile.*found 3 x 4 uint16/);
  });

  it("with several planes are refused", async () => {
    await expect(views({ "0_0.tif": stack(1, 2), "0_1.tif": stack(1, 2) }, { pattern })).rejects.toThrow(
      /should hold one plane of a tile holds several/,
    );
  });

  it("are refused where they are cut short, or RAW of another size", async () => {
    const png = encodePng(plane(7), shape);
    const cut = await views({ "0_0.png": png.subarray(0, png.length - 4) }, { pattern: "{col}_{plane}.png" });
    await expect(wholeOf(cut.views[0]!)).rejects.toThrow(/PNG image is damaged/);
    await expect(views({ "0_0.png": png.subarray(0, 20) }, { pattern: "{col}_{plane}.png" })).rejects.toThrow(/PNG/);
    await expect(views({ "0_0.raw": new Uint8Array(9) }, { pattern: "{col}_{plane}.raw" })).rejects.toThrow(
      /The shape of a RAW file is not known.*found 9 bytes/,
    );
    await expect(views({ "0_0.tif": new Uint8Array(9) }, { pattern })).rejects.toThrow(/is not a TIFF file/);
  });
});

const ome = (inside: string, attributes = 'SizeZ="1" SizeC="1" SizeT="1" DimensionOrder="XYZCT"') =>
  `<OME><Image><Pixels SizeX="5" SizeY="4" ${attributes}>${inside}</Pixels></Image></OME>`;

describe("OME-TIFF", () => {
  const file = (description: string) => tiffFile([plane(1)], shape, description);

  it.each([
    ["without positions", ome(""), ome(""), /no positions.*tiles\.csv.*--pattern/],
    ["without axes", ome("", 'SizeZ="x"'), ome(""), /no usable axes/],
    ["with billions of planes", ome("", 'SizeZ="1000000000"'), ome(""), /no usable axes/],
    [
      "of another size",
      ome("").replace('SizeX="5"', 'SizeX="6"'),
      undefined,
      /not as large.*found 4 x 5.*expected 4 x 6/,
    ],
    [
      "whose describing file is gone",
      '<OME><BinaryOnly MetadataFile="z.ome.tif"/></OME>',
      undefined,
      /no such file|is not there/,
    ],
    ["that is no XML", "<OME ><Image></OME>", undefined, /not valid XML/],
    [
      // The page that would follow is the next image's
      "of several images, one with a channel that is nowhere",
      [0, 1]
        .map((n) => {
          const place = `<TiffData IFD="${2 * n}" PlaneCount="2"/><Plane PositionX="${n}" PositionY="0"/>`;
          return ome(place, `SizeZ="2" SizeC="${2 - n}" DimensionOrder="XYCZT"`).replaceAll(/<\/?OME>/g, "");
        })
        .join("")
        .replace(/.*/s, "<OME>$&</OME>"),
      undefined,
      /does not say where all planes of an image lie.*found 2 of 4 planes/,
    ],
    [
      "with two channels, of which it holds one",
      ome('<TiffData IFD="0" PlaneCount="1"/>', 'SizeZ="1" SizeC="2" DimensionOrder="XYZCT"'),
      undefined,
      /fewer pages than are listed.*found 1 page, expected a page 2/,
    ],
    ["with a document type", `<!DOCTYPE a>${ome("")}`, undefined, /document type/],
  ])("%s", async (_, first, second, message) => {
    const files = { "a.ome.tif": file(first), ...(second && { "b.ome.tif": file(second) }) };
    await expect(views(files)).rejects.toThrow(message);
  });

  it("that was renamed is read under its new name", async () => {
    const xml = ome('<TiffData IFD="0"><UUID FileName="old.ome.tif">x</UUID></TiffData>');
    const { views: found } = await views({ "new.ome.tif": file(xml) });
    expect(await wholeOf(found[0]!)).toEqual(plane(1));
  });
});

describe("folders in another layout", () => {
  const open = async (files: Files) => openAcquisition(await storeOfFiles(files), "in");

  it.each<[string, Files, RegExp]>([
    [
      "are described",
      { "x/a_1_2.tif": stack(1), "y/a_1_3.tif": stack(1) },
      /2 files \(\.tif\) in 2 folders, such as x\/a_1_2\.tif.*--pattern "\*\/a_\{col\}_\{plane\}\.tif".*tiles\.csv/,
    ],
    [
      "of files beside each other",
      { "a.tif": stack(1), "b.tif": stack(1) },
      /2 files \(\.tif\), such as a\.tif.*tiles\.csv/,
    ],
    ["of other formats", { "a.czi": "x" }, /a\.czi is not read.*bioformats2raw a\.czi a\.zarr/],
    [
      "that hold acquisitions",
      { "one/tiles.csv": "x", "two/TileConfiguration.txt": "x" },
      /2 acquisitions: one, two.*Give one of them/,
    ],
    ["of nothing", { "notes.txt": "x" }, /not an OME-Zarr image/],
  ])("%s", async (_, files, message) => {
    await expect(open(files)).rejects.toThrow(message);
  });
});
