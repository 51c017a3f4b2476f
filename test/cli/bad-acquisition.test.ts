/** Files of the microscope that are broken, missing or do not fit each other, and shards cut short: refused like all else. */
import { readFileSync, truncateSync } from "node:fs";
import { afterAll, beforeAll } from "vitest";
import { DirectoryStore } from "../../src/zarr/disk/directory-store-node.ts";
import { bdvFile, bdvFixture } from "../acquisition/bdv/hdf5-files.ts";
import { metaText, writeNative } from "../acquisition/native/native-files.ts";
import { metaOfStack, rawStack, tiffFixture } from "../acquisition/pages/stacks.ts";
import { copySharded } from "../support/sharded-copy.ts";
import { type World, WorldMaker, writeMosaicWorld } from "./broken-world.ts";
import { type Case, itRefuses } from "./refusals.ts";

const stack = (tile: number, extension: string) => `brain_Mag5x_Tile${tile}_Ch561_FltLP_Sh0_Rot0.${extension}`;
const raw = (tile: number) => `raw/${stack(tile, "raw")}`;
const pages = (tile: number) => `pages/${stack(tile, "btf")}`;
const group = (tile: number) => `Mag4_Tile${tile}_Ch488_Flt561LP_Sh1_Rot0.ome.zarr`;
const native = "native_Mag4.ome.zarr";
const sharded = "sharded/0/c/0/0/0/0";

/** Two tiles in each form, side by side: RAW, BigTIFF, HDF5 with its XML file, groups; and a mosaic with shards. */
async function writeAcquisitions(world: World): Promise<void> {
  await writeMosaicWorld(world);
  const store = new DirectoryStore(world.folder);
  await copySharded(store, "s.zarr/raw_image", "sharded");
  for (const tile of [0, 1]) {
    const x_pos = String(100 * tile);
    world.write(
      raw(tile),
      rawStack([2, 3, 4], (n) => 1000 + n),
    );
    world.write(`${raw(tile)}_meta.txt`, metaOfStack({ x_pos }));
    world.write(pages(tile), tiffFixture("pages.btf"));
    world.write(`${pages(tile)}_meta.txt`, metaOfStack({ x_pos, x_pixels: "5", y_pixels: "7", z_planes: "6" }));
  }
  world.write("h5/auto_bdv.h5", bdvFixture("auto_bdv.h5"));
  world.write("h5/auto_bdv.xml", bdvFixture("auto_bdv.xml"));
  const tiles = [0, 1].map((tile) => ({
    name: group(tile),
    meta: { stageUmZyx: [0, 0, 10 * tile], rotation: 0, planes: 4 } as const,
  }));
  await writeNative(store, native, tiles);
}

const worlds = new WorldMaker();
beforeAll(() => worlds.prepare(writeAcquisitions));
afterAll(() => worlds.remove());

const cases = (title: string, list: readonly Case[]) => itRefuses(title, list, () => worlds.make());

/** Breaks something, then corrects an image with a profile from its first tile. */
const broken = (image: string, change: (world: World) => unknown) => async (world: World) => {
  await change(world);
  return ["correct", world.path(image), "--workers", "1", "--fov-list", "1"];
};

const cut = (path: string, bytes: number) => (world: World) => truncateSync(world.path(path), bytes);
const write = (path: string, content: string | Uint8Array) => (world: World) => world.write(path, content);
const rawMeta = (values: Readonly<Record<string, string>>) =>
  write(`${raw(1)}_meta.txt`, metaOfStack({ x_pos: "100", ...values }));

/** Changes bytes of a file. */
const patched = (path: string, change: (bytes: Buffer) => void) => (world: World) => {
  const bytes = readFileSync(world.path(path));
  change(bytes);
  world.write(path, bytes);
};

/** Changes the text of a file. */
const edited = (path: string, from: string | RegExp, to: string) => (world: World) => {
  world.write(path, readFileSync(world.path(path), "utf8").replace(from, to));
};

/** BigStitcher's file about groups of tiles. */
const xmlOf = (folder: string, ...names: readonly string[]) =>
  `<SpimData><BasePath>.</BasePath><SequenceDescription><ImageLoader format="bdv.multimg.zarr"><zarr>${folder}</zarr>
   <zgroups>${names.map((name) => `<zgroup setup="0" tp="0" path="${name}"/>`).join("")}</zgroups></ImageLoader>
   </SequenceDescription></SpimData>`;
const named = (text: string) => broken("tiles.xml", write("tiles.xml", text));

cases("the XML file of tiles", [
  ["empty", named(""), 1, "tiles.xml", "not valid XML"],
  ["a folder", broken("tiles.xml", write("tiles.xml/x", "")), 1, "tiles.xml"],
  ["about another thing", named("<SpimData/>"), 1, "tiles.xml", "BigDataViewer"],
  ["of no tiles", named(xmlOf(native)), 1, "tiles.xml", "found none"],
  ["of tiles that are paths", named(xmlOf(native, `../${native}/${group(0)}`)), 1, "tiles.xml", `"../${native}`],
  ["of a folder that is not there", named(xmlOf("none.ome.zarr", group(0))), 1, "tiles.xml", "none.ome.zarr"],
  ["of a place above all", named(xmlOf("../../../../../../../../../..", group(0))), 1, "tiles.xml"],
  ["of tiles that are not there", named(xmlOf(native, "a", "b")), 1, "tiles.xml", "found no a in"],
  ["of itself", named(xmlOf("tiles.xml", group(0))), 1, "tiles.xml", "are not there"],
  ["with a document type", named(`<!DOCTYPE a [<!ENTITY b "&#98;">]>${xmlOf(native, group(0))}`), 1, "document type"],
  [
    "two others that name the tiles",
    async (w) => {
      for (const file of ["a.xml", "b.xml"]) w.write(file, xmlOf(native, group(0), group(1)));
      return [...(await broken(native, () => undefined)(w)), "--layout", "tiles"];
    },
    2,
    "Several XML files",
    "a.xml, b.xml",
    `${native}.xml`,
  ],
]);

cases("stacks without a header", [
  ["cut short", broken("raw", cut(raw(1), 40)), 1, "Tile1", "40 bytes", "48 for 2 planes of 3 x 4"],
  ["empty", broken("raw", cut(raw(1), 0)), 1, "Tile1", "0 bytes"],
  ["no metadata of one", broken("raw", (w) => w.remove(`${raw(1)}_meta.txt`)), 1, "Tile1", "_meta.txt"],
  ["empty metadata", broken("raw", write(`${raw(1)}_meta.txt`, "")), 1, "Tile1"],
  ["metadata of something else", broken("raw", write(`${raw(1)}_meta.txt`, "hello\n")), 1, "Tile1"],
  ["metadata that are no text", broken("raw", write(`${raw(1)}_meta.txt`, Uint8Array.of(255, 254, 0))), 1, "Tile1"],
  ["no number for a position", broken("raw", rawMeta({ x_pos: "left" })), 1, "x_pos", '"left"', "Tile1"],
  ["no planes", broken("raw", rawMeta({ z_planes: "0" })), 1, "z_planes", '"0"'],
  ["too many planes", broken("raw", rawMeta({ z_planes: "7" })), 1, "48 bytes", "7 planes"],
  ["no columns", broken("raw", rawMeta({ y_pixels: "-4" })), 1, "y_pixels", '"-4"'],
  ["tiles at one place", broken("raw", rawMeta({ x_pos: "0" })), 1, "Tile0", "Tile1"],
  ["another rotation", broken("raw", rawMeta({ rot: "90" })), 1, "--rotation 0 (", "--rotation 90 ("],
  [
    "another shape",
    broken("raw", (w) => {
      w.write(
        raw(1),
        rawStack([2, 2, 4], () => 1),
      );
      rawMeta({ x_pixels: "2" })(w);
    }),
    1,
    "Tile1",
    "found 2 x 4, expected 3 x 4",
  ],
  ["an empty folder", broken("nothing", (w) => w.write("nothing/x", "") ?? w.remove("nothing/x")), 1, "nothing"],
  [
    "a maximum projection, alone",
    broken("max", (w) => w.write("max/MAX_brain.tiff", tiffFixture("imagej.tiff"))),
    1,
    "max",
  ],
  [
    "a maximum projection, named",
    broken("max/MAX_brain.tiff", (w) => w.write("max/MAX_brain.tiff", tiffFixture("imagej.tiff"))),
    1,
    "MAX_brain.tiff",
  ],
  [
    "two formats",
    broken("raw", (w) => w.write(`raw/${stack(0, "btf")}`, tiffFixture("pages.btf"))),
    1,
    "several acquisitions",
  ],
]);

cases("TIFF files", [
  ["cut short in the last plane", broken("pages", cut(pages(1), 2000)), 1, "Tile1"],
  ["cut short in the header", broken("pages", cut(pages(1), 12)), 1, "Tile1"],
  ["empty", broken("pages", cut(pages(1), 0)), 1, "Tile1"],
  ["text", broken("pages", write(pages(1), "no TIFF at all, no TIFF at all")), 1, "Tile1"],
  [
    "a chain that ends nowhere",
    broken(
      "pages",
      patched(pages(1), (bytes) => bytes.writeBigUInt64LE(1n << 40n, 8)),
    ),
    1,
    "Tile1",
  ],
  ["a chain in a circle", broken("pages", patched(pages(1), circle)), 1, "Tile1"],
  ["another pixel type", broken("pages", write(pages(1), tiffFixture("uint8.tif"))), 1, "Tile1", "uint8", "uint16"],
  ["an unread pixel type", broken("pages", write(pages(1), tiffFixture("double.tif"))), 1, "Tile1", "float64"],
  ["colours", broken("pages", write(pages(1), tiffFixture("rgb.tif"))), 1, "Tile1", "several values per pixel"],
  ["no metadata of one", broken("pages", (w) => w.remove(`${pages(1)}_meta.txt`)), 1, "Tile1", "_meta.txt"],
]);

/** Lets the second page be followed by the first. */
function circle(bytes: Buffer): void {
  const next = (directory: number) => directory + 8 + 20 * Number(bytes.readBigUInt64LE(directory));
  const first = Number(bytes.readBigUInt64LE(8));
  const second = Number(bytes.readBigUInt64LE(next(first)));
  bytes.writeBigUInt64LE(BigInt(first), next(second));
}

const h5 = "h5/auto_bdv.h5";
const xml = "h5/auto_bdv.xml";

cases("HDF5 files", [
  ["cut short", broken(h5, cut(h5, 9000)), 1, "cut short", "9000 bytes"],
  ["empty", broken(h5, cut(h5, 0)), 1, "auto_bdv.h5"],
  ["text", broken(h5, write(h5, "no HDF5 at all")), 1, "not an HDF5 file", "auto_bdv.h5"],
  ["without views", broken(h5, async (w) => w.write(h5, await bdvFile(2, []))), 1, "no views", "auto_bdv.h5"],
  ["neither XML nor metadata", broken(h5, (w) => w.remove(xml)), 1, "auto_bdv.h5", "XML file", "_meta.txt"],
  ["another compression", broken(h5, write(h5, bdvFixture("bzip2.h5"))), 1, "auto_bdv.h5"],
  ["an XML file that is none", broken(h5, write(xml, "hello")), 1, "auto_bdv.xml"],
  ["an XML file that is empty", broken(h5, write(xml, "")), 1, "auto_bdv.xml"],
  ["an XML file cut short", broken(xml, cut(xml, 1500)), 1, "auto_bdv.xml"],
  [
    "an XML file that points nowhere",
    broken(xml, edited(xml, /auto_bdv\.h5/, "other.h5")),
    1,
    "other.h5",
    "no such file",
  ],
  ["an XML file that points out", broken(xml, edited(xml, /auto_bdv\.h5/, "/etc/passwd")), 1, "passwd"],
  ["an XML file that points at itself", broken(xml, edited(xml, /auto_bdv\.h5/, "auto_bdv.xml")), 1, "auto_bdv.xml"],
  [
    "an XML file of another acquisition",
    broken(xml, edited(xml, /<id>(\d)<\/id>\s*<name>setup/g, "<id>7$1</id><name>setup")),
    1,
    "auto_bdv",
  ],
  ["a file that is not there", broken("h5/none.h5", () => undefined), 1, "none.h5"],
]);

const array = `${native}/${group(1)}/0`;
const zarray = (change: object) => (world: World) => {
  const path = `${array}/.zarray`;
  world.write(path, JSON.stringify({ ...JSON.parse(readFileSync(world.path(path), "utf8")), ...change }));
};

cases("groups of tiles", [
  ["a chunk cut short", broken(native, cut(`${native}/${group(0)}/0/0/0/0`, 5)), 1, "0/0/0/0", "Tile0"],
  ["another pixel type", broken(native, zarray({ dtype: "|u1" })), 1, "Tile1", "uint8", "uint16"],
  ["an unread pixel type", broken(native, zarray({ dtype: "<i4" })), 1, "Tile1", "int32"],
  ["another shape", broken(native, zarray({ shape: [4, 8, 7] })), 1, "Tile1", "8 x 7"],
  [
    "no arrays",
    broken(native, (w) => {
      for (const tile of [0, 1]) w.remove(`${native}/${group(tile)}/0`);
    }),
    1,
    native,
  ],
  ["broken attributes", broken(native, write(`${native}/${group(1)}/.zattrs`, "{")), 1, "Tile1", "JSON"],
  [
    "no tiles",
    broken(native, (w) => {
      for (const tile of [0, 1]) w.remove(`${native}/${group(tile)}`);
    }),
    1,
    native,
  ],
  [
    "metadata without a position",
    broken(native, write(`${native}_${group(1)}_meta.txt`, metaText().replace(/\[x_pos\].*\n/, ""))),
    1,
    "x_pos",
    "Tile1",
  ],
  ["empty metadata", broken(native, write(`${native}_${group(1)}_meta.txt`, "")), 1, "Tile1"],
]);

cases("shards", [
  ["cut short", broken("sharded", cut(sharded, 900)), 1, sharded],
  ["shorter than an index", broken("sharded", cut(sharded, 3)), 1, sharded],
  ["empty", broken("sharded", cut(sharded, 0)), 1, sharded],
  [
    "a wrong index",
    broken(
      "sharded",
      patched(sharded, (bytes) => bytes.fill(0, bytes.length - 30)),
    ),
    1,
    sharded,
    "checksum",
  ],
  [
    "a wrong chunk",
    broken(
      "sharded",
      patched(sharded, (bytes) => bytes.fill(0, 0, 20)),
    ),
    1,
    sharded,
  ],
]);

/** A zip archive of nothing: its end alone. */
const emptyZip = Uint8Array.of(0x50, 0x4b, 5, 6, ...new Array(18).fill(0));

/** Corrects an image without naming a way. */
const plainly = (image: string, change: (world: World) => unknown) => async (world: World) => {
  await change(world);
  return ["correct", world.path(image), "--workers", "1"];
};
const processed = (world: World) => {
  const path = `${raw(0)}_meta.txt`;
  const text = readFileSync(world.path(path), "utf8");
  const section = "[IMAGE PROCESSORS] \n[Processor count] 1\n[Processor 1] BackgroundSubtraction\n\n";
  world.write(path, text.replace("[=====", `${section}[=====`));
};

cases("files of other programs", [
  ["pixels that the microscope processed", plainly("raw", processed), 1, "BackgroundSubtraction", "--solver fast"],
  ["a file of a maker", broken("a.czi", write("a.czi", "ZISRAWFILE")), 1, "a.czi", "bioformats2raw"],
  ["a folder of such files", broken("lifs", write("lifs/b.lif", "p")), 1, "b.lif", "bioformats2raw b.lif"],
  ["an archive that is none", broken("a.ozx", write("a.ozx", "PK and so on")), 1, "a.ozx", "not a zip archive"],
  ["an empty archive", broken("a.zarr.zip", write("a.zarr.zip", emptyZip)), 1, "a.zarr.zip"],
  ["an Imaris file that is none", broken("a.ims", write("a.ims", "no HDF5 at all")), 1, "a.ims", "not an HDF5 file"],
  [
    "an HDF5 file that is no Imaris file",
    broken("a.ims", write("a.ims", bdvFixture("auto_bdv.h5"))),
    1,
    "no image of Imaris",
  ],
]);
