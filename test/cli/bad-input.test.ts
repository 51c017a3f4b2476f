/** Every sort of bad input: refused in one sentence with the facts in it, nothing written, the source untouched. */
import { mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll } from "vitest";
import { encodeNpy } from "../../src/profile/npy.ts";
import { encodeNpz } from "../../src/profile/npz.ts";
import { type Document, type World, WorldMaker } from "./broken-world.ts";
import { type Case, itRefuses } from "./refusals.ts";

const worlds = new WorldMaker();
beforeAll(() => worlds.prepare());
afterAll(() => worlds.remove());

const cases = (title: string, list: readonly Case[]) => itRefuses(title, list, () => worlds.make());

/** A case of `isolux correct` that needs no more than options. */
const options = (world: World, ...more: string[]) => ["correct", world.image, "--workers", "1", ...more];

/** A case of `isolux correct` on an image that was broken before. */
const correct = (world: World, ...more: string[]) => options(world, "--fov-list", "1", ...more);

/** What to call after something was broken. */
const after = (change: (world: World) => void, call: (world: World) => readonly string[] = correct) => {
  return (world: World) => {
    change(world);
    return call(world);
  };
};

/** A case of `isolux correct` with given profiles: it reads the image only to correct it. */
const given = (world: World, ...more: string[]) => options(world, "--models-folder", world.path("models"), ...more);

const zattrs = (change: (attributes: Document) => void) => after((world) => world.edit(".zattrs", change));
const multiscale = (changes: object) => zattrs((attributes) => Object.assign(attributes.multiscales[0], changes));
const dataset = (level: 0 | 1, changes: object) =>
  zattrs((attributes) => Object.assign(attributes.multiscales[0].datasets[level], changes));
const scaled = (...scale: number[]) => dataset(0, { coordinateTransformations: [{ type: "scale", scale }] });

const zarray = (changes: object, level: 0 | 1 = 0) =>
  after((world) => world.edit(`${level}/.zarray`, (array) => Object.assign(array, changes)));

const raw = (text: string | Uint8Array, key = ".zattrs") =>
  after((world) => world.write(`s.zarr/raw_image/${key}`, text));

cases("the image's path", [
  [
    "nothing there",
    (w) => ["correct", w.path("none.zarr", "x")],
    1,
    "There is no such folder, or nothing is in it",
    "none.zarr/x",
  ],
  ["a file", (w) => ["correct", w.path("stack.npy")], 1, "a single file", "stack.npy"],
  ["a name that is not UTF-8", (w) => ["correct", w.path("na\uFFFDve")], 2, "not valid UTF-8"],
  ["a file for a folder of the path", (w) => ["correct", w.path("stack.npy", "x")], 1, "stack.npy"],
  ["no zarr", (w) => ["correct", w.path("models")], 1, "not an OME-Zarr image", "models"],
  ["the container", (w) => ["correct", w.path("s.zarr")], 1, "no multiscales", "s.zarr", "raw_image"],
  ["a level", (w) => ["correct", w.path("s.zarr/raw_image/0")], 1, "a single array", "raw_image/0", "the folder above"],
  ["a table", (w) => ["correct", w.path("s.zarr/raw_image/tables")], 1, "no multiscales", "tables"],
  ["empty", () => ["correct", ""], 2, "IMAGE", '""'],
  ["missing", () => ["correct"], 2, "IMAGE is missing"],
  [
    "a group of zarr 3 without an image",
    (w) => {
      w.write("v3.zarr/zarr.json", JSON.stringify({ zarr_format: 3, node_type: "group", attributes: {} }));
      return ["correct", w.path("v3.zarr")];
    },
    1,
    "no multiscales",
    "v3.zarr",
  ],
]);

cases("the image's attributes", [
  ["no JSON", raw("{"), 1, "JSON", "raw_image/.zattrs"],
  ["no bytes", raw(""), 1, "JSON", "raw_image/.zattrs"],
  ["no object", raw("[]"), 1, "JSON object", "raw_image/.zattrs"],
  ["no UTF-8", raw(Uint8Array.of(123, 255, 125)), 1, "JSON", "raw_image/.zattrs"],
  ["NaN", raw('{"multiscales": NaN}'), 1, "no multiscales", "raw_image"],
  ["no multiscales", raw("{}"), 1, "no multiscales", "raw_image"],
  ["multiscales of nothing", raw('{"multiscales": []}'), 1, "no multiscales"],
  ["multiscales of null", raw('{"multiscales": [null]}'), 1, "no multiscales"],
  ["version 0.5", multiscale({ version: "0.5" }), 1, '"0.5"', '"0.4"'],
  [
    "a time axis without a scale",
    zattrs((a) => a.multiscales[0].axes.unshift({ name: "t", type: "time" })),
    1,
    "scale",
    "expected 5 positive numbers",
  ],
  ["axes yx", zattrs((a) => a.multiscales[0].axes.splice(0, 2)), 1, "expected 2 positive numbers"],
  ["axes in another order", zattrs((a) => a.multiscales[0].axes.reverse()), 1, "x, y, z, c", "y and x, before them"],
  ["no axes", multiscale({ axes: undefined }), 1, "found none", "y and x, before them"],
  ["axes of another image", zattrs((a) => a.multiscales[0].axes.shift()), 1, "scale", "3 positive numbers"],
  ["no levels", multiscale({ datasets: [] }), 1, "no resolution levels"],
  ["a level without path", dataset(0, { path: undefined }), 1, "no path"],
  ["a level elsewhere", dataset(1, { path: "../../x" }), 1, "../../x"],
  ["the same level twice", dataset(1, { path: "0" }), 1, "0", "level"],
  ["a full resolution that is not there", dataset(0, { path: "7" }), 1, "raw_image/7"],
  ["no scale", dataset(0, { coordinateTransformations: [] }), 1, "0 has no scale"],
  ["scale 0", scaled(1, 5, 1, 0), 1, "scale", "[1,5,1,0]"],
  ["a negative scale", scaled(1, -5, 1, 1), 1, "scale", "[1,-5,1,1]"],
  ["a scale for too few axes", scaled(1, 5, 1), 1, "scale", "4 positive numbers"],
]);

cases("what nobody would write", [
  [
    "attributes nested ten thousandfold",
    raw(`{"multiscales": ${"[".repeat(9999)}${"]".repeat(9999)}}`),
    1,
    "raw_image/.zattrs",
    "more than 200 lists and objects in each other",
  ],
  [
    "extents beyond all planes",
    after((w) => {
      for (const level of [0, 1])
        w.edit(`${level}/.zarray`, (array) => Object.assign(array, { shape: [2, 1e12, 48, 40] }));
    }),
    1,
    "2 x 1000000000000 x 48 x 40",
    "larger than any image",
    "raw_image/0",
  ],
  [
    "extents beyond all chunks",
    after((w) => w.edit("0/.zarray", (array) => Object.assign(array, { shape: [2, 1e7, 1e7, 40] }))),
    1,
    "larger than any image",
  ],
  ["a path with a line break", (w) => ["correct", w.path("a\nb\u001b[31m")], 1, "a\\nb\\u001b[31m"],
  [
    "nothing but black, to find the best profile for",
    after(
      (w) => {
        for (const array of [0, 1]) for (const c of [0, 1]) w.remove(`s.zarr/raw_image/${array}/${c}`);
      },
      (w) => options(w, "--auto"),
    ),
    1,
    "shows nothing that a profile can be estimated from",
  ],
]);

cases("channels", [
  ["not in the image", (w) => correct(w, "--channels", "MBP,nope"), 1, '"nope"', '"MBP", "Lectin"'],
  ["twice", (w) => correct(w, "--channels", "MBP,MBP"), 2, "--channels", "each channel once"],
]);

cases("arrays", [
  ["int64", zarray({ dtype: "<i8" }), 1, "<i8", "uint16", "raw_image/0/.zarray"],
  ["complex64", zarray({ dtype: "<c8" }), 1, "<c8", "uint16"],
  ["unknown codec", zarray({ compressor: { id: "lzma" } }), 1, '"lzma"', "blosc", "raw_image/0/.zarray"],
  ["unknown Blosc codec", zarray({ compressor: { id: "blosc", cname: "brotli" } }), 1, '"brotli"', "zstd"],
  ["a filter", zarray({ filters: [{ id: "delta" }] }), 1, "delta", "filters"],
  [
    "10,000 filters",
    zarray({ filters: new Array(10_000).fill({ id: "delta", dtype: "<u2" }) }),
    1,
    "10000",
    "at most 16",
  ],
  ["zarr 3", zarray({ zarr_format: 3 }), 1, "zarr_format", "3"],
  ["chunks of 0", zarray({ chunks: [1, 0, 32, 32] }), 1, "chunks", "[1,0,32,32]"],
  ["chunks for too few axes", zarray({ chunks: [1, 4, 32] }), 1, "chunks", "4 extents"],
  ["chunks of 4 GiB", zarray({ chunks: [2, 4096, 4096, 64] }), 1, "2 x 4096 x 4096 x 64", "2 GiB"],
  ["too many axes", zarray({ chunks: [1, 1, 4, 32, 32], shape: [1, 2, 6, 48, 40] }), 1, "1 x 2 x 6 x 48 x 40", "czyx"],
  ["no pixels", zarray({ shape: [2, 6, 0, 40] }), 1, "no pixels", "2 x 6 x 0 x 40"],
  ["a negative extent", zarray({ shape: [2, 6, -1, 40] }), 1, "shape", "-1"],
  ["a fill value out of range", zarray({ fill_value: 65536 }), 1, "fill_value", "65536"],
  ["a strange separator", zarray({ dimension_separator: "-" }), 1, "dimension_separator", '"-"'],
  ["chunks named otherwise", zarray({ dimension_separator: undefined }), 1, "dimension_separator", "raw_image/0"],
  ["no JSON", raw("{", "0/.zarray"), 1, "JSON", "raw_image/0/.zarray"],
  [
    "a coarser level that is larger",
    zarray({ shape: [2, 6, 24, 80] }, 1),
    1,
    "6 x 24 x 80, while the first is 6 x 48 x 40",
    "raw_image/1",
  ],
]);

const chunk = "s.zarr/raw_image/0/1/0/1/0";
const breakChunk = (change: (world: World, path: string) => void) => (world: World) => {
  change(world, world.path(chunk));
  return given(world);
};

cases("chunks", [
  ["cut short", breakChunk((_, path) => truncateSync(path, 60)), 1, "raw_image/0/1/0/1/0", "chunk"],
  ["cut within its header", breakChunk((_, path) => truncateSync(path, 9)), 1, "raw_image/0/1/0/1/0"],
  ["empty", breakChunk((_, path) => truncateSync(path, 0)), 1, "raw_image/0/1/0/1/0"],
  ["noise", breakChunk((w) => w.write(chunk, "noise".repeat(99))), 1, "raw_image/0/1/0/1/0"],
  [
    "a byte flipped",
    breakChunk((_, path) => {
      const bytes = readFileSync(path);
      bytes.fill(255, 16, 40);
      writeFileSync(path, bytes);
    }),
    1,
    "raw_image/0/1/0/1/0",
  ],
  [
    "a folder in its place",
    breakChunk((w) => {
      w.remove(chunk);
      w.write(`${chunk}/0`, "x");
    }),
    1,
    "raw_image/0/1/0/1/0",
    "folder",
  ],
  [
    "a link to what is not there",
    breakChunk((w, path) => {
      w.remove(chunk);
      symlinkSync(w.path("unmounted/0"), path);
    }),
    1,
    "A link leads to something that is not there",
    "raw_image/0/1/0/1/0",
  ],
  [
    "a device in its place",
    breakChunk((w, path) => {
      w.remove(chunk);
      symlinkSync("/dev/zero", path);
    }),
    1,
    "raw_image/0/1/0/1/0",
    "not a file",
  ],
  [
    "broken in what an estimate reads",
    (w) => {
      truncateSync(w.path(chunk), 60);
      return correct(w, "--fov-list", "2");
    },
    1,
    "raw_image/0/1/0/1/0",
  ],
]);

const table = (row: number, column: number, value: number) => (world: World) => {
  world.editTable(row, column, value);
  return correct(world);
};
const tables = "s.zarr/raw_image/tables/FOV_ROI_table";
const names = (...columns: string[]) => {
  const texts = columns.map((text) => new TextEncoder().encode(text));
  const length = (n: number) => [n, 0, 0, 0];
  const bytes = [...length(texts.length), ...texts.flatMap((text) => [...length(text.length), ...text])];
  return (world: World) => {
    world.editTable(0, 0, 0);
    world.edit("tables/FOV_ROI_table/var/_index/.zarray", (array) => Object.assign(array, { compressor: null }));
    world.write(`${tables}/var/_index/0`, Uint8Array.from(bytes));
    return correct(world);
  };
};

cases("the table of tiles", [
  ["outside of the image", table(3, 0, 40), 1, "Tile 4 (FOV_3) reaches beyond", "x 40-60", "6 x 48 x 40"],
  ["before the image", table(0, 1, -24), 1, "Tile 1 (FOV_0) reaches beyond", "y -24"],
  ["deeper than the image", table(2, 5, 65), 1, "Tile 3 (FOV_2)", "z 0-13"],
  ["overlapping", table(1, 1, 20), 1, "1 (FOV_0) and 2 (FOV_1) overlap", "y 20-44"],
  ["twice the same tile", table(1, 1, 0), 1, "1 (FOV_0) and 2 (FOV_1) overlap"],
  ["NaN", table(2, 4, Number.NaN), 1, "FOV_2", "len_y_micrometer", "NaN"],
  ["infinite", table(2, 3, Number.POSITIVE_INFINITY), 1, "FOV_2", "len_x_micrometer", "Infinity"],
  ["a length of 0", table(1, 3, 0), 1, "Tile 2 (FOV_1) is empty"],
  ["a negative length", table(1, 3, -20), 1, "FOV_1"],
  ["a column missing", names("x_micrometer", ..."bcdefgh"), 1, "z_micrometer", "x_micrometer, b, c"],
  [
    "too few columns",
    names("x_micrometer", "y_micrometer"),
    1,
    "FOV_ROI_table",
    "var/_index",
    "found 2 texts, expected 8",
  ],
  ["cut short", after((w) => truncateSync(w.path(tables, "X/0.0"), 20)), 1, "FOV_ROI_table"],
  ["names cut short", after((w) => truncateSync(w.path(tables, "obs/_index/0"), 5)), 1, "FOV_ROI_table"],
  ["without numbers", after((w) => w.remove(`${tables}/X`)), 1, "FOV_ROI_table", "X"],
]);

cases("tiles and planes to estimate from", [
  ["tile 0", (w) => options(w, "--fov-list", "0"), 2, "--fov-list", "[0]", "at least 1"],
  ["a tile too many", (w) => options(w, "--fov-list", "1,5"), 1, "found 5", "1 to 4"],
  ["a tile twice", (w) => options(w, "--fov-list", "1,1"), 2, "--fov-list", "[1,1]", "once"],
  ["no number", (w) => options(w, "--fov-list", "1,b"), 2, "--fov-list", "b"],
  ["beyond all numbers", (w) => options(w, "--fov-list", "1e999"), 2, "--fov-list", "1e999"],
  ["one z-level", (w) => options(w, "--z-levels", "1"), 2, "--z-levels", "[1]", "two whole numbers"],
  ["three z-levels", (w) => options(w, "--z-levels", "1,2,3"), 2, "--z-levels", "[1,2,3]", "two whole numbers"],
  ["a fraction", (w) => options(w, "--z-levels", "1.5,3"), 2, "--z-levels", "[1.5,3]", "whole"],
  ["text", (w) => options(w, "--z-levels", "one,two"), 2, "--z-levels", "one"],
  ["a negative z-level", (w) => options(w, "--z-levels", "-1,3"), 2, "--z-levels", "[-1,3]"],
  ["a z-level out of range", (w) => options(w, "--z-levels", "2,600"), 1, "2, 600", "0 to 6"],
  ["z-levels that leave no plane", (w) => options(w, "--z-levels", "0,6"), 1, "leave no plane", "0, 6"],
  ["no planes", (w) => options(w, "--n-zplanes", "0"), 2, "--n-zplanes", "found 0", "at least 1"],
  ["a level that is not there", (w) => correct(w, "--resolution-level", "2"), 1, "found 2", "0 to 1"],
  ["a camera that shows more", (w) => correct(w, "--camera-offset", "60000"), 1, "60000", "channel MBP"],
  ["two sources", (w) => given(w, "--fov-list", "1"), 2, "--models-folder contradicts --fov-list"],
  ["a working size of 1", (w) => options(w, "--working-size", "1"), 2, "--working-size", "[1]"],
  ["workers of 0", (w) => options(w, "--workers", "0"), 2, "--workers", "found 0"],
]);

const flat = (values: (i: number) => number, shape: readonly number[] = [24, 20]) => ({
  shape,
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => values(i)),
});
const slope = (i: number) => 0.8 + i / 1200;
const profile = (arrays: Parameters<typeof encodeNpz>[0]) => (world: World) => {
  world.writeProfile(arrays);
  return given(world);
};

cases("given profiles", [
  ["no folder", (w) => options(w, "--models-folder", w.path("none")), 1, "no such models folder", "none"],
  ["a file", (w) => options(w, "--models-folder", w.path("stack.npy")), 1, "models folder", "stack.npy"],
  ["no profile of the channel", after((w) => w.remove("models/Lectin"), given), 1, '"Lectin"', 'folders for "MBP"'],
  ["the folder of a channel", (w) => options(w, "--models-folder", w.path("models/MBP")), 1, "give the folder above"],
  ["no zip", after((w) => w.write("models/MBP/profiles.npz", "x"), given), 1, "MBP/profiles.npz"],
  ["cut short", after((w) => truncateSync(w.path("models/MBP/profiles.npz"), 400), given), 1, "MBP/profiles.npz"],
  ["no flatfield", profile({ darkfield: flat(slope) }), 1, "flatfield", "found darkfield", "MBP/profiles.npz"],
  ["three axes", profile({ flatfield: flat(slope, [2, 24, 20]) }), 1, "2 x 24 x 20", "rows x columns"],
  ["one axis", profile({ flatfield: flat(slope, [24]) }), 1, "24", "rows x columns"],
  ["NaN", profile({ flatfield: flat((i) => (i % 90 === 41 ? Number.NaN : slope(i))) }), 1, "5 of 480", "NaN", "(2, 1)"],
  ["zeros", profile({ flatfield: flat((i) => (i < 3 ? 0 : slope(i))) }), 1, "3 of 480", "first 0 at", "(0, 0)"],
  ["negative", profile({ flatfield: flat((i) => (i > 399 ? -0.5 : slope(i))) }), 1, "-0.5", "(20, 0)"],
  ["one value", profile({ flatfield: flat(() => 3) }), 1, "one value everywhere", "MBP/profiles.npz"],
  ["swapped axes", profile({ flatfield: flat(slope, [20, 24]) }), 1, "20 x 24 px", "24 x 20 px", "transpose it"],
  ["another camera region", profile({ flatfield: flat(slope, [30, 24]) }), 1, "30 x 24 px", "--shape 24,20"],
  ["a single number", profile({ flatfield: flat(() => 1, []) }), 1, "a single number"],
  ["text", profile({ flatfield: { text: "flat" } }), 1, "text", "flatfield"],
  ["a dark-field of another shape", profile({ flatfield: flat(slope), darkfield: flat(slope, [2, 2]) }), 1, "2 x 2"],
  [
    "a dark-field with NaN",
    profile({ flatfield: flat(slope), darkfield: flat(() => Number.NaN) }),
    1,
    "dark-field",
    "480 of 480",
  ],
  [
    "a baseline that is none",
    profile({ flatfield: flat(slope), baseline: flat(() => Number.NaN, []) }),
    1,
    "baseline",
    "NaN",
  ],
]);

cases("the output", [
  [
    "already exists",
    after(
      (w) => w.write("o/.zgroup", "{}"),
      (w) => correct(w, "--output", w.path("o")),
    ),
    1,
    "o",
    "--overwrite",
  ],
  ["a file", (w) => correct(w, "--output", w.path("stack.npy")), 1, "stack.npy", "already exists"],
  ["a file to overwrite", (w) => correct(w, "--output", w.path("stack.npy"), "--overwrite"), 1, "stack.npy"],
  [
    "a folder that is no image to overwrite",
    (w) => correct(w, "--output", w.path("models"), "--overwrite"),
    1,
    "models",
    "other than an image",
  ],
  ["the source", (w) => correct(w, "--output", w.image), 2, "output is the source"],
  ["inside the source", (w) => correct(w, "--output", `${w.image}/x/y`), 2, "inside the source", "x/y"],
  ["around the source", (w) => correct(w, "--output", w.path("s.zarr"), "--overwrite"), 2, "source lies inside"],
  ["around everything", (w) => correct(w, "--output", "/", "--overwrite"), 2, "source lies inside"],
  [
    "inside the source by a link",
    (w) => {
      symlinkSync(w.image, w.path("link"));
      return correct(w, "--output", w.path("link", "x"));
    },
    2,
    "inside the source",
  ],
  [
    "the source by a link",
    (w) => {
      symlinkSync(w.path("s.zarr"), w.path("link"));
      return ["correct", w.path("link", "raw_image"), "--fov-list", "1", "--output", w.image, "--overwrite"];
    },
    2,
    "output is the source",
  ],
  ["below a file", (w) => correct(w, "--output", w.path("stack.npy", "x")), 1, "stack.npy", "a file"],
  ["profiles into the source", (w) => correct(w, "--save-models", w.image), 2, "inside the source", "raw_image"],
  [
    "profiles into the output",
    (w) => correct(w, "--output", w.path("o"), "--save-models", w.path("o/models")),
    2,
    "inside the output",
    "o/models",
  ],
  ["profiles below a file", (w) => correct(w, "--save-models", w.path("stack.npy", "x")), 1, "stack.npy"],
  [
    "profiles that are there already",
    (w) => correct(w, "--save-models", w.path("models")),
    1,
    "models/MBP/profiles.npz",
    "--overwrite",
  ],
  [
    "a link to erase",
    (w) => {
      symlinkSync(w.image, w.path("link"));
      return ["correct", w.path("link"), "--fov-list", "1", "--output", w.path("o"), "--erase-source-image"];
    },
    2,
    "link",
    "erase",
  ],
]);

cases("the memory budget", [
  ["for an estimate", (w) => correct(w, "--memory", "20MB"), 1, "found 20MB", /at least \d+MB/],
  ["for a fit", (w) => options(w, "--memory", "20MB"), 1, "found 20MB", /at least \d+MB/],
  ["for a correction", (w) => given(w, "--memory", "20MB"), 1, "found 20MB", /at least \d+MB/],
  ["that is no size", (w) => given(w, "--memory", "much"), 2, "--memory", '"much"', "512MB"],
  ["of nothing", (w) => given(w, "--memory", "0"), 2, "--memory", '"0"'],
  ["that is negative", (w) => given(w, "--memory", "-2GB"), 2, "--memory", '"-2GB"'],
]);

const estimate = (world: World, ...more: string[]) => ["estimate", world.image, "--workers", "1", ...more];

cases("isolux estimate", [
  ["no output", (w) => estimate(w), 2, "--output is missing"],
  ["no image", (w) => ["estimate", w.path("none"), "--output", w.path("o")], 1, "no such folder", "none"],
  ["a tile too many", (w) => estimate(w, "--output", w.path("o"), "--fov-list", "9"), 1, "found 9", "1 to 4"],
  [
    "a broken chunk",
    after(
      (w) => w.write(chunk, "x"),
      (w) => estimate(w, "--output", w.path("o"), "--fov-list", "2"),
    ),
    1,
    "0/1/0",
  ],
  ["memory", (w) => estimate(w, "--output", w.path("o"), "--memory", "20MB"), 1, "found 20MB", /at least \d+MB/],
  ["profiles there already", (w) => estimate(w, "--output", w.path("models")), 1, "MBP/profiles.npz", "--overwrite"],
  ["into the source", (w) => estimate(w, "--output", w.image, "--fov-list", "1"), 2, "inside the source", "raw_image"],
  ["below a file", (w) => estimate(w, "--output", w.path("stack.npy", "x"), "--fov-list", "1"), 1, "stack.npy"],
  ["given profiles", (w) => estimate(w, "--output", w.path("o"), "--models-folder", "m"), 2, "--models-folder"],
]);

cases("isolux inspect", [
  ["no image", (w) => ["inspect", w.path("none"), "--json"], 1, "no such folder", "none"],
  ["a level that is not there", (w) => ["inspect", w.image, "--resolution-level", "9"], 1, "found 9", "0 to 1"],
  ["no planes", (w) => ["inspect", w.image, "--n-zplanes", "0"], 2, "--n-zplanes", "found 0"],
  [
    "a broken chunk",
    after(
      // Of a coarser level, and of the one before, from which it would be made
      (w) => {
        for (const level of [0, 1]) w.write(`s.zarr/raw_image/${level}/1/0/0/0`, "x");
      },
      (w) => ["inspect", w.image],
    ),
    1,
    "0/1/0/0/0",
  ],
]);

/** An npy file of any type, as NumPy writes it. */
function npy(descr: string, shape: string, bytes: number): Uint8Array {
  const header = `{'descr': ${descr}, 'fortran_order': False, 'shape': ${shape}, }`.padEnd(117);
  const start = [0x93, ...new TextEncoder().encode("NUMPY"), 1, 0, 118, 0, ...new TextEncoder().encode(`${header}\n`)];
  return Uint8Array.from([...start, ...new Uint8Array(bytes)]);
}

const fitting = (content: string | Uint8Array, ...more: string[]) => {
  return (world: World) => {
    world.write("a.npy", content);
    return ["fit", world.path("a.npy"), "--output", world.path("new/o.npz"), ...more];
  };
};
const stack = encodeNpy({ shape: [3, 4, 4], data: Float64Array.from({ length: 48 }, (_, i) => 100 + ((i * 7) % 5)) });

cases("isolux fit", [
  ["no file", (w) => ["fit", w.path("none.npy"), "--output", w.path("o.npz")], 1, "none.npy", "no such file"],
  ["a folder", (w) => ["fit", w.path("models"), "--output", w.path("o.npz")], 1, "models"],
  ["an OME-Zarr image", (w) => ["fit", w.image, "--output", w.path("o.npz")], 1, "raw_image"],
  ["another format", fitting("text"), 1, "a.npy", ".npy, .npz or TIFF"],
  ["nothing", fitting(""), 1, "a.npy"],
  ["a header only", fitting(stack.slice(0, 9)), 1, "a.npy"],
  ["cut short", fitting(stack.slice(0, -3)), 1, "a.npy", "3 x 4 x 4"],
  ["one axis", fitting(encodeNpy({ shape: [4], data: new Uint8Array(4) })), 1, "shape 4", "n, y, x"],
  ["four axes", fitting(encodeNpy({ shape: [1, 1, 2, 2], data: new Uint8Array(4) })), 1, "1 x 1 x 2 x 2"],
  ["no planes", fitting(npy("'<u2'", "(0, 4, 4)", 0)), 1, "0 x 4 x 4"],
  ["no columns", fitting(npy("'<u2'", "(3, 4, 0)", 0)), 1, "3 x 4 x 0"],
  ["complex numbers", fitting(npy("'<c8'", "(3, 4, 4)", 384)), 1, "<c8"],
  ["pickled objects", fitting(npy("'|O'", "(3, 4, 4)", 384)), 1, "|O"],
  ["a structure", fitting(npy("[('a', '<u2')]", "(3, 4, 4)", 96)), 1, "a.npy"],
  ["a size beyond all", fitting(npy("'<u2'", "(99999999, 99999999, 4)", 96)), 1, "99999999 x 99999999 x 4"],
  [
    "NaN",
    fitting(encodeNpy({ shape: [2, 2, 2], data: new Float32Array(8).fill(Number.NaN) })),
    1,
    "a.npy",
    "Every plane has pixels that are not numbers",
  ],
  ["black planes", fitting(encodeNpy({ shape: [2, 4, 4], data: new Uint8Array(32) })), 1, "a.npy"],
  ["a broken TIFF", fitting(Uint8Array.of(73, 73, 42, 0, 255, 255, 255, 255)), 1, "a.npy", "TIFF"],
  ["a broken npz", fitting("PK\u0003\u0004xx"), 1, "a.npy"],
  [
    "an npz of two stacks",
    fitting(encodeNpz({ a: flat(slope, [2, 2, 2]), b: flat(slope, [2, 2, 2]) })),
    2,
    "a (2",
    "--key",
  ],
  ["a key that is not there", fitting(encodeNpz({ a: flat(slope, [2, 2, 2]) }), "--key", "b"), 1, "found a", '"b"'],
  ["a key of no npz", fitting(stack, "--key", "b"), 2, "--key", "a.npy"],
  ["a working size above the planes'", fitting(stack, "--working-size", "64"), 2, "64 x 64", "4 x 4"],
  ["epsilon 0", fitting(stack, "--epsilon", "0"), 2, "--epsilon", "found 0"],
  ["an output there already", (w) => ["fit", w.path("stack.npy"), "--output", w.path("models/MBP")], 1, "--overwrite"],
  ["an output below a file", (w) => ["fit", w.path("stack.npy"), "--output", w.path("stack.npy/o")], 1, "stack.npy"],
  [
    "its own stack as output",
    after(
      (w) => w.write("a.npz", encodeNpz({ a: flat(slope, [9, 8, 8]) })),
      (w) => ["fit", w.path("a.npz"), "--output", w.path("a.npz"), "--overwrite"],
    ),
    2,
    "a.npz",
  ],
]);

const run = (name: string, content: string | Uint8Array) => {
  return (world: World) => {
    world.write(name, content);
    return ["run", world.path(name), "--workers", "1"];
  };
};
const json = (parameters: object) => run("p.json", JSON.stringify(parameters));
const image = "s.zarr/raw_image";

cases("isolux run", [
  ["no file", (w) => ["run", w.path("none.yaml")], 1, "none.yaml", "no such file"],
  ["a folder", (w) => ["run", w.path("models")], 1, "models", "directory"],
  ["nothing", run("p.yaml", ""), 2, "p.yaml", "found nothing"],
  ["a list", run("p.yaml", "- a\n- b"), 2, "p.yaml", "a list"],
  ["broken YAML", run("p.yaml", 'image: "a\nseed: ['), 2, "p.yaml", "not valid YAML"],
  ["two documents", run("p.yaml", "image: a\n---\nimage: b"), 2, "p.yaml"],
  ["a key twice", run("p.yaml", "image: a\nimage: b"), 2, "p.yaml", "unique"],
  ["thousands of keys", run("p.yaml", Array.from({ length: 30_000 }, (_, n) => `k${n}:`).join("\n")), 2, '"k0"'],
  ["a file without an end", run("p.yaml", "image: a\n".repeat(100_000)), 1, "p.yaml", "at most 262144"],
  ["broken JSON", run("p.json", "{image: 1}"), 2, "p.json", "not valid JSON"],
  ["bytes", run("p.yaml", Uint8Array.of(0, 255, 254, 1)), 2, "p.yaml"],
  ["an unknown key", run("p.yaml", `image: ${image}\nfov_lst: [1]`), 2, '"fov_lst"', "Did you mean fov_list?"],
  ["an unknown key of BaSiC", json({ image, basic: { epsilom: 1 } }), 2, '"epsilom" in basic', "epsilon"],
  ["no image", json({ seed: 1 }), 2, "image is missing", "p.json"],
  ["an image that is not there", json({ image: "none.zarr" }), 1, "none.zarr"],
  ["text for a number", json({ image, n_zplanes: "many" }), 2, "n_zplanes", '"many"', "p.json"],
  ["a number for text", json({ image: 7 }), 2, "image", "found 7"],
  ["text for a switch", json({ image, overwrite: "yes" }), 2, "overwrite", '"yes"'],
  ["a fraction", json({ image, fov_list: [1.5] }), 2, "fov_list", "[1.5]"],
  ["an object for a list", json({ image, fov_list: { a: 1 } }), 2, "fov_list", '{"a":1}'],
  ["text for BaSiC", json({ image, basic: "default" }), 2, "basic", '"default"'],
  ["a prototype", run("p.json", '{"__proto__": {"image": "x"}}'), 2, "__proto__"],
  ["a tile too many", json({ image, fov_list: [9] }), 1, "found 9", "1 to 4"],
  ["the reference's names, a tile too many", json({ zarr_url: image, FOV_list: [9] }), 1, "found 9"],
  ["the reference's names, tile 0", json({ zarr_url: image, FOV_list: [0] }), 2, "[0]", "at least 1"],
  ["the reference's names, one z-level", json({ zarr_url: image, z_levels: [5] }), 2, "z_levels", "[5]"],
  ["a parameter under both names", json({ zarr_url: image, image }), 2, "zarr_url and image"],
  ["two sources", json({ image, models_folder: "models", fov_list: [1] }), 2, "models_folder contradicts fov_list"],
  ["a number that is none in a list", run("p.yaml", `image: ${image}\nfov_list: [.nan]`), 2, "fov_list", "[NaN]"],
  ["a list that holds itself", run("p.yaml", "image: &a [*a]"), 2, "image", "nested without end"],
  ["JSON with a comment before it", run("p.json", '// x\n{"image": 1}'), 2, "p.json", "is not valid JSON."],
  ["numbers that are none", run("p.yaml", `image: ${image}\nseed: .nan`), 2, "seed", "NaN"],
]);

cases("isolux init and slurm", [
  ["a file there already", (w) => ["init", "--output", w.path("stack.npy")], 1, "stack.npy", "--overwrite"],
  ["a folder", (w) => ["init", "--output", w.path("models")], 1, "models"],
  ["a folder to overwrite", (w) => ["init", "--output", w.path("models"), "--overwrite"], 1, "models", "folder"],
  ["below a file", (w) => ["init", "--output", w.path("stack.npy/x.yaml")], 1, "stack.npy"],
  ["no name", () => ["init", "--output", ""], 2, "--output"],
  [
    "a folder for the schema",
    (w) => {
      mkdirSync(w.path("flatfield.schema.json"));
      return ["init", "--output", w.path("p.yaml"), "--overwrite"];
    },
    1,
    "flatfield.schema.json",
  ],
  ["two images", () => ["init", "a", "b"], 2, "1 argument"],
  [
    "a job script where another file is",
    (w) => ["slurm", w.image, "--fov-list", "1", "--script", w.path("stack.npy")],
    1,
    "stack.npy",
    "is taken by another file, which is not replaced",
  ],
]);
