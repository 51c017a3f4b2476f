import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeArrayBuffer } from "geotiff";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { placeOf, readOne } from "../../../src/cli/commands/profile-input.ts";
import { fitStack } from "../../../src/cli/fit/fit-stack.ts";
import { readStack } from "../../../src/cli/fit/read-stack.ts";
import { readTiffStack } from "../../../src/cli/fit/read-tiff.ts";
import { concatenate } from "../../../src/concatenate.ts";
import { fitSchema } from "../../../src/parameters/schema.ts";
import { validate } from "../../../src/parameters/validate.ts";
import { encodeNpy } from "../../../src/profile/npy.ts";
import { encodeNpz } from "../../../src/profile/npz.ts";
import { decodeProfile } from "../../../src/profile/npz-profile.ts";
import { tiffFile } from "../../support/tiff-file.ts";

const [planeCount, rows, columns] = [12, 16, 24];

/** Planes of a vignette times a brightness, with a bright spot that moves. */
function vignettedPlanes(): Uint16Array {
  return Uint16Array.from({ length: planeCount * rows * columns }, (_, index) => {
    const n = Math.floor(index / (rows * columns));
    const [y, x] = [Math.floor(index / columns) % rows, index % columns];
    const spot = (x - 2 * n) ** 2 + (y - n) ** 2 < 9 ? 500 : 0;
    return Math.round((400 + 30 * n + spot) * shading(y, x));
  });
}

function shading(y: number, x: number): number {
  return 1 - 0.3 * (((y - rows / 2) / rows) ** 2 + ((x - columns / 2) / columns) ** 2) * 4;
}

let folder: string;
const planes = vignettedPlanes();
const shape = [planeCount, rows, columns];
const file = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "isolux-fit-"));
  await writeFile(file("planes.npy"), encodeNpy({ shape, data: planes }));
  await writeFile(file("planes.npz"), encodeNpz({ note: { text: "x" }, stack: { shape, data: planes } }));
  await writeFile(file("two.npz"), encodeNpz({ a: { shape, data: planes }, b: { shape, data: planes } }));
  await writeFile(file("flat.npy"), encodeNpy({ shape: [planes.length], data: planes }));
  await writeFile(file("signed.npy"), encodeNpy({ shape: [1, 2, 2], data: Int16Array.of(-1, 2, -3, 4) }));
  await writeFile(file("other.txt"), "no stack");
  await writeFile(file("planes.tif"), tiffOf(planes));
  await writeFile(file("imagej.tif"), imageJ(planes));
  await writeFile(file("short.tif"), imageJ(planes, planeCount + 300));
});
afterAll(() => rm(folder, { recursive: true }));

/** A TIFF with one page a plane, little-endian, uncompressed. */
function tiffOf(pixels: Uint16Array): Uint8Array {
  return tiffFile(planesOf(pixels), [rows, columns]);
}

/** What ImageJ writes beyond 4 GiB: one page, all planes after it. */
function imageJ(pixels: Uint16Array, described = planeCount): Uint8Array {
  const page = tiffFile(
    planesOf(pixels).slice(0, 1),
    [rows, columns],
    `ImageJ=1.54f\nimages=${described}\nslices=${described}\n`,
  );
  const rest = pixels.subarray(rows * columns);
  return concatenate(Uint8Array, [page, new Uint8Array(rest.buffer, rest.byteOffset, rest.byteLength)]);
}

/** The planes of a stack, `[planes, rows, columns]`. */
function planesOf(pixels: Uint16Array): Uint16Array[] {
  const area = rows * columns;
  return Array.from({ length: pixels.length / area }, (_, n) => pixels.subarray(n * area, (n + 1) * area));
}

describe("reading a stack", () => {
  it.each(["planes.npy", "planes.npz", "planes.tif", "imagej.tif"])("%s", async (name) => {
    const stack = await readStack(file(name));
    expect(stack).toMatchObject({ planeCount, shapeYx: [rows, columns] });
    expect(stack.pixels).toEqual(planes);
  });

  it("a TIFF that geotiff itself wrote", async () => {
    const values = Array.from(planes.subarray(0, rows * columns));
    await writeFile(file("one.tif"), new Uint8Array(await writeArrayBuffer(values, { width: columns, height: rows })));
    expect(await readStack(file("one.tif"))).toMatchObject({ planeCount: 1, shapeYx: [rows, columns] });
  });

  it("types that a fit does not take become float64", async () => {
    expect((await readStack(file("signed.npy"))).pixels).toEqual(Float64Array.of(-1, 2, -3, 4));
  });

  it("--channel is for files that have some", async () => {
    await expect(readStack(file("planes.npy"), { channel: "1" })).rejects.toThrow("--channel is for TIFF files");
    await writeFile(
      file("two.tif"),
      tiffFile(planesOf(planes), [rows, columns], `ImageJ=1.54f\nimages=${planeCount}\nchannels=2\nslices=6\n`),
    );
    await expect(readStack(file("two.tif"))).rejects.toThrow(/several channels.*channels 1, 2 of 6 planes/);
    const { pixels, planeCount: count } = await readStack(file("two.tif"), { channel: "2" });
    expect([count, pixels.subarray(0, rows * columns)]).toEqual([
      6,
      planes.subarray(rows * columns, 2 * rows * columns),
    ]);
  });

  it("a TIFF with more planes than are held is sampled evenly", async () => {
    const { pixels, planesInFile, ...rest } = await readTiffStack(file("planes.tif"), undefined, {
      bytes: 4.5 * planes.BYTES_PER_ELEMENT * rows * columns,
      planes: 2,
    });
    expect(rest).toEqual({ planeCount: 4, shapeYx: [rows, columns] });
    expect(planesInFile).toBe(planeCount);
    expect(planesOf(pixels as Uint16Array)).toEqual([0, 3, 6, 9].map((n) => planesOf(planes)[n]));
  });

  it("--key decides between arrays", async () => {
    expect((await readStack(file("two.npz"), { key: "b" })).planeCount).toBe(planeCount);
    await expect(readStack(file("two.npz"))).rejects.toThrow(/found a \(12 x 16 x 24\), b .*Name the array with --key/);
    await expect(readStack(file("two.npz"), { key: "c" })).rejects.toThrow('key "c"): found a, b');
    await expect(readStack(file("planes.npy"), { key: "a" })).rejects.toThrow("--key is for .npz files");
  });

  it.each([
    ["missing.npy", "cannot be opened", "not-found"],
    ["other.txt", "a format that is not read", "unsupported"],
    ["flat.npy", "found the shape 4608, expected numbers in the axes n, y, x", "invalid"],
    ["short.tif", "cut short", "corrupt"],
  ])("%s is refused", async (name, message, kind) => {
    const error = await readStack(file(name)).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ kind, message: expect.stringContaining(message) });
  });
});

describe("isolux fit", () => {
  const hooks = { report: () => {}, signal: new AbortController().signal };
  const fitWith = (raw: object) =>
    fitStack(validate(fitSchema, { stack: file("planes.npy"), ...raw }, { spelling: "option" }), hooks);

  it("takes the camera offset off first and keeps it in the dark-field and in the record", async () => {
    await writeFile(file("lifted.npy"), encodeNpy({ shape, data: planes.map((value) => value + 100) }));
    const saved = async (raw: object) => {
      const { output } = await fitWith(raw);
      return decodeProfile(await readFile(output), output);
    };
    const plain = await saved({ output: file("plain.npz") });
    const lifted = await saved({ stack: file("lifted.npy"), cameraOffset: 100, output: file("lifted.npz") });
    expect(lifted.profile.flatfield).toEqual(plain.profile.flatfield);
    expect(lifted.profile.darkfield).toEqual(plain.profile.darkfield.map((dark) => dark + 100));
    expect(lifted.provenance).toMatchObject({ parameters: { cameraOffset: 100 } });
    const black = fitWith({ cameraOffset: 5000, output: file("black.npz") });
    await expect(black).rejects.toMatchObject({ kind: "invalid", found: expect.stringContaining("5000 counts") });
  });

  it("finds the shading and writes it as a profile that a correction reads", async () => {
    const summary = await fitWith({ output: file("models/488") });
    expect(summary).toMatchObject({ output: file("models/488/profiles.npz"), shapeYx: [rows, columns] });
    expect(summary.profiles).toMatchObject([{ planeCount }]);
    expect(summary.profiles[0]).not.toHaveProperty("channel");
    const { profile, baselineMeaning } = decodeProfile(await readFile(summary.output), summary.output);
    expect(baselineMeaning).toBe("brightness");
    const truth = Float64Array.from({ length: rows * columns }, (_, p) =>
      shading(Math.floor(p / columns), p % columns),
    );
    const mean = truth.reduce((sum, value) => sum + value, 0) / truth.length;
    const error =
      truth.reduce((sum, value, p) => sum + Math.abs(profile.flatfield[p]! - value / mean), 0) / truth.length;
    expect(error).toBeLessThan(0.03);
    expect(summary.profiles[0]!.flatfield.mean).toBeCloseTo(1, 3);
    expect(await readdir(file("models/488"))).toEqual(["profiles.npz"]);
  });

  it("writes the files of other programs where the output is named as theirs", async () => {
    const { output } = await fitWith({ output: file("cycle1-ffp.tif") });
    expect(output).toBe(file("cycle1-ffp.tif"));
    const [plain, written] = [await fitWith({ output: file("cycle1.npz") }), file("cycle1-ffp.tif")];
    const { given } = await readOne(placeOf(written), undefined, undefined);
    const { profile } = decodeProfile(await readFile(plain.output), plain.output);
    expect(given.profile.flatfield).toEqual(profile.flatfield);
    expect(given.profile.darkfield).toEqual(profile.darkfield);
    await expect(readFile(file("cycle1-dfp.tif"))).resolves.toBeDefined();
    await rm(written);
    await expect(fitWith({ output: written })).rejects.toMatchObject({ kind: "output", where: file("cycle1-dfp.tif") });
    expect(existsSync(written)).toBe(false);
  });

  it("fits every channel of an OME-TIFF of several fields, for a program that takes them in one file", async () => {
    // Fields one after the other, each of two channels, of which the second has the shading turned upside down.
    const turned = planesOf(planes).map((plane) => plane.toReversed());
    const fields = planesOf(planes).flatMap((plane, n) => [plane, turned[n]!]);
    const image = (n: number) =>
      `<Image ID="Image:${n}"><Pixels DimensionOrder="XYCZT" SizeX="${columns}" SizeY="${rows}" SizeC="2" SizeZ="1" SizeT="1">` +
      `<Channel Name="DAPI"/><Channel Name="CD3"/><TiffData IFD="${2 * n}" PlaneCount="2"/></Pixels></Image>`;
    const xml = `<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">${Array.from({ length: planeCount }, (_, n) => image(n)).join("")}</OME>`;
    await writeFile(file("scan.ome.tif"), tiffFile(fields, [rows, columns], xml));
    const several = await fitWith({ stack: file("scan.ome.tif"), output: file("scan-ffp.tif") });
    expect(several.profiles.map(({ channel, planeCount: count }) => [channel, count])).toEqual([
      ["1", planeCount],
      ["2", planeCount],
    ]);
    expect(several.warnings.every((text) => /^Channel [12]: /.test(text))).toBe(true);
    const one = await fitWith({ output: file("scan-one.npz") });
    const { profile } = decodeProfile(await readFile(one.output), one.output);
    const pages = await Promise.all(["1", "2"].map((page) => readOne(placeOf(several.output), undefined, page)));
    expect(pages[0]!.given.profile.flatfield).toEqual(profile.flatfield);
    const upright = pages[1]!.given.profile.flatfield.toReversed();
    for (const [at, value] of profile.flatfield.entries()) expect(upright[at]).toBeCloseTo(value, 2);
    const named = fitWith({ stack: file("scan.ome.tif"), channel: "CD3", output: file("cd3-ffp.tif") });
    expect((await named).profiles).toMatchObject([{ planeCount, flatfield: several.profiles[1]!.flatfield }]);
    await expect(fitWith({ stack: file("scan.ome.tif"), output: file("scan.npz") })).rejects.toThrow(
      /several channels.*1 \(DAPI\), 2 \(CD3\) of 12 planes.*--output NAME-ffp\.tif/,
    );
  });

  it("leaves planes out that are no images, and says how many", async () => {
    const broken = Float32Array.from(planes);
    broken[3 * rows * columns + 5] = Number.NaN;
    broken.fill(Number.POSITIVE_INFINITY, 7 * rows * columns, 8 * rows * columns);
    await writeFile(file("broken.npy"), encodeNpy({ shape, data: broken }));
    const sound = Float32Array.from(planes).filter((_, at) => ![3, 7].includes(Math.floor(at / rows / columns)));
    await writeFile(file("sound.npy"), encodeNpy({ shape: [planeCount - 2, rows, columns], data: sound }));
    const summary = await fitWith({ stack: file("broken.npy"), output: file("broken.npz") });
    expect(summary.warnings[0]).toBe("2 of 12 planes have pixels that are not numbers, or infinite: skipped.");
    const wanted = await fitWith({ stack: file("sound.npy"), output: file("sound.npz") });
    expect(summary.profiles[0]!.flatfield).toEqual(wanted.profiles[0]!.flatfield);
    const none = encodeNpy({ shape: [2, 3, 4], data: new Float32Array(24).fill(Number.NaN) });
    await writeFile(file("none.npy"), none);
    await expect(fitWith({ stack: file("none.npy"), output: file("no.npz") })).rejects.toThrow(/Every plane has/);
  });

  it("warns of few planes as an estimate does", async () => {
    const { warnings } = await fitWith({ output: file("few.npz") });
    expect(warnings[0]).toMatch(/^BaSiC has only 12 planes: /);
  });

  it("asks for what was taken off where pixels are negative, and gives it back", async () => {
    await writeFile(file("less.npy"), encodeNpy({ shape, data: Int16Array.from(planes, (value) => value - 700) }));
    const less = (raw: object) => fitWith({ stack: file("less.npy"), output: file("less.npz"), ...raw });
    await expect(less({})).rejects.toThrow(/Pixels of the planes are negative.*% of the pixels, down to -\d+/);
    const back = await less({ cameraOffset: -700 });
    const plain = await fitWith({ output: file("plain2.npz") });
    for (const name of ["min", "max", "mean"] as const) {
      expect(back.profiles[0]!.flatfield[name]).toBeCloseTo(plain.profiles[0]!.flatfield[name], 6);
    }
    const { profile } = decodeProfile(await readFile(back.output), back.output);
    expect(profile.darkfield[0]).toBeCloseTo(plain.profiles[0]!.darkfield.min - 700, 0);
  });

  it("refuses planes that lie along the last axis, not a narrow field", async () => {
    const [n, side] = [8, 20];
    // A pattern of its own in every plane, smooth within it.
    const value = (p: number, y: number, x: number) =>
      500 + 300 * Math.sin(p * 2.4 + y / 6) * Math.cos(p * 1.7 + x / 5);
    const turned = Float64Array.from({ length: side * side * n }, (_, at) =>
      value(at % n, Math.floor(at / n / side), Math.floor(at / n) % side),
    );
    await writeFile(file("turned.npy"), encodeNpy({ shape: [side, side, n], data: turned }));
    await expect(fitWith({ stack: file("turned.npy"), output: file("turned.npz") })).rejects.toThrow(
      /seem to be on the last axis.*found the shape 20 x 20 x 8.*np\.moveaxis\(stack, -1, 0\)/,
    );
    const narrow = Float64Array.from({ length: side * side * n }, (_, at) =>
      value(Math.floor(at / n / side), Math.floor(at / n) % side, at % n),
    );
    await writeFile(file("narrow.npy"), encodeNpy({ shape: [side, side, n], data: narrow }));
    await fitWith({ stack: file("narrow.npy"), output: file("narrow.npz") });
  });

  it("says what is wrong with planes of one value", async () => {
    await writeFile(file("even.npy"), encodeNpy({ shape, data: new Uint16Array(planes.length).fill(500) }));
    await expect(fitWith({ stack: file("even.npy"), output: file("even.npz") })).rejects.toThrow(
      /has the same value.*found 500/,
    );
  });

  it("does not replace a profile unless asked to, and notices before it fits", async () => {
    const output = file("there.npz");
    await writeFile(output, "mine");
    await expect(fitWith({ output })).rejects.toThrow(/A profile already exists .* Give --overwrite/);
    expect(await readFile(output, "utf8")).toBe("mine");
    await fitWith({ output, overwrite: true });
    expect((await readFile(output)).length).toBeGreaterThan(1000);
  });

  it("says what is wrong with a single plane, and writes nothing", async () => {
    await expect(fitWith({ stack: file("one.tif"), output: file("none.npz") })).rejects.toThrow("single plane");
    expect(await readdir(folder)).not.toContain("none.npz");
  });
});

describe("a fit that no overlaps confirm", () => {
  const [side, count] = [40, 24];
  const hooks = { report: () => {}, signal: new AbortController().signal };
  const fitOf = async (name: string, value: (n: number, y: number, x: number) => number, isNamed = false) => {
    const length = side * side;
    const pixels = Uint16Array.from({ length: count * length }, (_, i) => {
      const noise = 8 * Math.sin(12.9898 * i) * Math.cos(78.233 * i);
      return value(Math.floor(i / length), Math.floor((i % length) / side), i % side) + noise;
    });
    await writeFile(file(`${name}.npy`), encodeNpy({ shape: [count, side, side], data: pixels }));
    const raw = { stack: file(`${name}.npy`), output: file(`${name}-${isNamed}.npz`) };
    const summary = await fitStack(validate(fitSchema, raw, { spelling: "option" }), hooks, isNamed);
    const { provenance } = decodeProfile(await readFile(summary.output), summary.output);
    return { ...summary, provenance };
  };
  const spot = (y: number, x: number, cy: number, cx: number) => Math.exp(-((y - cy) ** 2 + (x - cx) ** 2) / 80);
  const light = (y: number, x: number) => 1 - 0.3 * (((2 * y) / side - 1) ** 2 + ((2 * x) / side - 1) ** 2) * 0.5;
  const standing = (n: number, y: number, x: number) =>
    100 + light(y, x) * (5 + 4000 * spot(y, x, 20, 18) * (0.3 + (n % 7) / 7));

  const flickering = (n: number, y: number, x: number) =>
    100 + light(y, x) * (200 + 800 * spot(y, x, 16, 20)) * (1 + 0.5 * Math.sin(n));

  it("is made again without a dark-field that no camera has, and says what is wrong with it still", async () => {
    const { warnings, profiles, provenance } = await fitOf("standing", standing);
    expect(warnings.join("\n")).toMatch(
      /dark-field that spans \d+ counts.*fitted without a dark-field; --get-darkfield keeps it/,
    );
    expect(warnings.join("\n")).toMatch(/With and without a dark-field the flat-field differs/);
    expect(warnings.join("\n")).toMatch(/which no light sheet does/);
    expect(warnings.join("\n")).toMatch(/The planes differ only by noise/);
    expect(profiles[0]!.darkfield.max).toBe(0);
    expect(provenance).toMatchObject({ parameters: { basic: { getDarkfield: false } } });
  });

  it("keeps what was asked for, with the same doubts", async () => {
    const { warnings, profiles } = await fitOf("flickering", flickering, true);
    const [{ darkfield }] = profiles as [(typeof profiles)[number]];
    expect(warnings.join("\n")).toMatch(/dark-field that spans \d+ counts.*Try --no-get-darkfield/);
    expect(darkfield.max - darkfield.min).toBeGreaterThan(25);
  });

  it("has no doubts where sample moves through the field", async () => {
    const moving = (n: number, y: number, x: number) =>
      100 +
      light(y, x) *
        (200 + 400 * (spot(y, x, (7 * n) % side, (11 * n) % side) + spot(y, x, (17 * n) % side, (5 * n + 9) % side)));
    const { warnings } = await fitOf("moving", moving);
    expect(warnings).toEqual([]);
  });

  it("says what an unknown offset of the camera would cost it", async () => {
    const notes: string[] = [];
    const told = {
      ...hooks,
      report: (event: { kind: string; text?: string }) => event.kind === "note" && notes.push(event.text!),
    };
    const run = (raw: object) =>
      fitStack(
        validate(fitSchema, { stack: file("planes.npy"), overwrite: true, ...raw }, { spelling: "option" }),
        told as never,
      );
    await run({ output: file("cost.npz") });
    expect(notes).toEqual([
      expect.stringMatching(
        /if it is 100 counts, the flat-field is off by \d\.\d+ % for that; give it by --camera-offset/,
      ),
    ]);
    await run({ output: file("cost.npz"), cameraOffset: 100 });
    expect(notes).toHaveLength(1);
  });
});

it("has its kernels as a command of its own", () => {
  const main = new URL("../../../dist/cli/main.js", import.meta.url).pathname;
  const args = [main, "fit", file("planes.npy"), "--output", file("own.npz")];
  const { stderr, status } = spawnSync(process.execPath, args, { encoding: "utf8" });
  expect(status, stderr).toBe(0);
  expect(stderr).toContain("Fitting 12 planes");
  expect(stderr).not.toContain("WebAssembly");
});
