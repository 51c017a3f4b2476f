/** Tiles of a microscope that an XML file of BigStitcher names: on a server that cannot list, and on a disk. */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { convertImage, correctImage, inspectImage, openImage } from "../../src/node.ts";
import type { RunEvent } from "../../src/parameters/run-events.ts";
import { defaultOutput } from "../../src/pipeline/places/output-places-node.ts";
import { fileHandler, serve, type WebServer } from "../zarr/remote/web-server.ts";
import { pixelsOfLevel } from "./scene.ts";

const fixtures = fileURLToPath(new URL("../fixtures/native", import.meta.url));
const name = "v04_Mag5x.ome.zarr";
const asked = { fovList: [1, 2], nZplanes: 10, background: "keep" as const, workers: 1 };
let folder: string;
let expected: { pixels: unknown; tiles: unknown };
/** What the server has, below the fixtures. */
let root = fixtures;
let server: WebServer;

const read = (key: string) => readFile(join(root, key)).catch(() => undefined);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "isolux-xml-"));
  server = await serve(fileHandler(read));
  expected = await made(join(fixtures, name), "expected");
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});
beforeEach(() => {
  root = fixtures;
});

/** A mosaic of the corrected tiles. */
async function made(image: string, output: string) {
  await correctImage({ ...asked, image, output: join(folder, output) });
  const { levels, tiles, channels } = await openImage(join(folder, output));
  return { pixels: await pixelsOfLevel(levels[0]!), tiles, channels };
}

/** A copy of the acquisition with its XML file changed, or others beside it. */
async function copyWith(files: Readonly<Record<string, string>>, without: readonly string[] = []): Promise<string> {
  const place = await mkdtemp(join(folder, "copy-"));
  await cp(fixtures, place, { recursive: true, filter: (path) => !/v05|\.py$/.test(path) });
  for (const file of without) await rm(join(place, file));
  for (const [file, text] of Object.entries(files)) await writeFile(join(place, file), text);
  return place;
}

const original = await readFile(join(fixtures, `${name}.xml`), "utf8");

const spimOfHdf5 = await readFile(join(fixtures, "../bdv/auto_bdv.xml"), "utf8");

describe("tiles on a server that cannot list", () => {
  it.each([
    ["the address of their XML file", `${name}.xml`],
    ["that of their folder, with the XML file of its name beside it", name],
  ])("are corrected by %s as those in a folder", async (what, image) => {
    expect(await made(`${server.url}/${image}`, `http-${what.length}`)).toEqual(expected);
  });

  it("stay tiles where they are asked for, with the XML file", async () => {
    root = await copyWith({ "stitched.xml": original.replaceAll("Stitching", "Better") }, [`${name}.xml`]);
    const output = join(folder, "kept", "out.ome.zarr");
    await mkdir(dirname(output));
    await correctImage({ ...asked, image: `${server.url}/stitched.xml`, output, layout: "tiles" });
    const written = await readdir(dirname(output));
    expect(written.filter((file) => file.endsWith("_meta.txt"))).toHaveLength(4);
    expect(await readFile(`${output}.xml`, "utf8")).toBe(
      original.replaceAll("Stitching", "Better").replace(`>${name}<`, ">out.ome.zarr<"),
    );
    expect((await made(output, "kept-again")).tiles).toEqual(expected.tiles);
  });

  it("give the advice to name that file where it is not known", async () => {
    root = await copyWith({}, [`${name}.xml`]);
    const opened = inspectImage({ image: `${server.url}/${name}` });
    await expect(opened).rejects.toThrow(/not in|no multiscales|found by listing.*give the address of that file/);
    await expect(opened).rejects.toThrow(/give the address of such a file/);
  });

  it("are not there where the address is mistyped", async () => {
    await expect(inspectImage({ image: `${server.url}/none.xml` })).rejects.toThrow(/There is no such file.*none\.xml/);
  });

  it("are a changed source when the XML file or a chunk changes, and go on when nothing does", async () => {
    root = await copyWith({});
    const image = `${server.url}/${name}.xml`;
    const output = join(folder, "stopped");
    const stop = async () => {
      const control = new AbortController();
      const report = ({ kind }: RunEvent) => kind === "progress" && control.abort();
      await expect(correctImage({ ...asked, image, output }, { report, signal: control.signal })).rejects.toThrow(
        /interrupted/,
      );
    };
    await stop();
    await writeFile(join(root, `${name}.xml`), `${original}\n`);
    await expect(correctImage({ ...asked, image, output })).rejects.toThrow(/source/);
    await writeFile(join(root, `${name}.xml`), original);
    const chunk = join(root, name, "Mag5_Tile0_Ch488_Flt515LP_Sh0_Rot0.ome.zarr/0/0/0/0");
    const bytes = await readFile(chunk);
    await writeFile(chunk, Buffer.concat([bytes, bytes]));
    await expect(correctImage({ ...asked, image, output })).rejects.toThrow(/source/);
    await writeFile(chunk, bytes);
    const events: RunEvent[] = [];
    await correctImage({ ...asked, image, output }, { report: (event) => events.push(event) });
    expect(events).toContainEqual({ kind: "note", text: "Resuming an interrupted run." });
  });

  it.each([
    ["names groups elsewhere", original.replaceAll('path="', 'path="../../'), /does not name groups.*\.\.\/\.\./],
    ["names no groups", original.replaceAll(/<zgroup .*\/>/g, ""), /does not name groups of tiles.*found none/],
    [
      "names a folder that is not there",
      original.replace(`>${name}<`, ">none<"),
      /are not there.*found no Mag5.*\/none\./,
    ],
    ["leads out of the server's folder", original.replace(`>${name}<`, ">../../..<"), /are not there/],
    ["is about something else", "<SpimData><a/></SpimData>", /does not describe an image of BigDataViewer/],
    [
      "is about a bucket that is not here",
      original.replace(/<zarr [^>]*>[^<]*/, '<s3bucket>b</s3bucket><zarr type="absolute">elsewhere.zarr'),
      /that the XML file names are not there/,
    ],
    ["is about HDF5", spimOfHdf5, /HDF5 files are read from a disk only/],
    ["is cut short", original.slice(0, 900), /not valid XML/],
    ["grows without bound", `<!DOCTYPE a [<!ENTITY b "c">]>${original.slice(22)}`, /declares a document type/],
  ])("are refused where the file %s, and nothing is written", async (_, text, message) => {
    root = await copyWith({ [`${name}.xml`]: text });
    const output = join(folder, "never");
    await expect(correctImage({ ...asked, image: `${server.url}/${name}.xml`, output })).rejects.toMatchObject({
      name: "IsoluxError",
      message: expect.stringMatching(message),
    });
    expect((await readdir(folder)).filter((file) => file.includes("never"))).toEqual([]);
  });
});

describe("tiles in a folder, by their XML file", () => {
  it("have the order of their names, and what the file says where names say nothing", async () => {
    const groups = original.match(/<zgroup .*\/>/g)!;
    const place = await copyWith({
      "turned.xml": groups.reduceRight(
        (text, group) => text.replace(group, "").replace("</zgroups>", `${group}</zgroups>`),
        original,
      ),
    });
    const turned = await inspectImage({ image: join(place, "turned.xml") });
    const usual = await inspectImage({ image: join(place, name) });
    expect(turned).toEqual({ ...usual, image: turned.image });
  });

  it("are found where the file says, and beside it when both were moved", async () => {
    const place = await copyWith({
      "moved.xml": original.replace(`type="relative">${name}`, `type="absolute">D:\\gone\\${name}`),
    });
    await expect(inspectImage({ image: join(place, "moved.xml") })).resolves.toMatchObject({ tiles: { length: 2 } });
    const elsewhere = join(place, "xml");
    await mkdir(elsewhere);
    await writeFile(join(elsewhere, "up.xml"), original.replace(">.<", ">..\\.<"));
    // Above the file's folder a disk is reached, not a server.
    await expect(inspectImage({ image: join(elsewhere, "up.xml") })).resolves.toMatchObject({ tiles: { length: 2 } });
  });

  it("are never replaced by the output, nor is the file", async () => {
    const place = await copyWith({});
    const image = join(place, `${name}.xml`);
    const before = (await readdir(place, { recursive: true })).sort();
    const tiles = convertImage({ image, output: join(place, name), overwrite: true });
    await expect(tiles).rejects.toThrow(/would overwrite the tiles/);
    const file = convertImage({ image, output: join(place, "x", ".."), layout: "tiles", overwrite: true });
    await expect(file).rejects.toThrow(/lies inside|one place/);
    await writeFile(join(place, "new.xml"), original);
    const own = convertImage({
      image: join(place, "new.xml"),
      output: join(place, "new"),
      layout: "tiles",
      overwrite: true,
    });
    await expect(own).rejects.toThrow(/would overwrite the XML file or list that names its tiles/);
    await rm(join(place, "new.xml"));
    expect((await readdir(place, { recursive: true })).sort()).toEqual(before);
  });

  it("go into an output that is named after the acquisition", async () => {
    expect(await defaultOutput(`/data/${name}.xml`, {})).toBe("/data/v04_Mag5x_flatfield_corr.ome.zarr");
    expect(await defaultOutput("/data/dataset.xml", {})).toBe("/data/dataset_flatfield_corr.ome.zarr");
    for (const source of [
      "a.ozx",
      "a.ome.zarr.zip",
      "a.ims",
      "a_Time003.h5",
      "a.ome_Time000.zarr",
      "a_Time000.ome.zarr",
    ]) {
      expect(await defaultOutput(`/data/${source}`, {})).toMatch(/^\/data\/a_flatfield_corr(\.ome\.zarr)?$/);
    }
  });
});

describe("the XML file of tiles that stay tiles", () => {
  const kept = async (place: string, image = name) => {
    const output = join(place, "out", "new.ome.zarr");
    await mkdir(dirname(output), { recursive: true });
    const notes: string[] = [];
    const report = (event: RunEvent) => event.kind === "note" && notes.push(event.text);
    await convertImage({ image: join(place, image), output, layout: "tiles", workers: 1, overwrite: true }, { report });
    return { text: await readFile(`${output}.xml`, "utf8").catch(() => undefined), notes };
  };
  const redirected = original.replace(`>${name}<`, ">new.ome.zarr<");
  const other = original.replaceAll("Stitching", "Better");
  const hdf5 = original.replace("bdv.multimg.zarr", "bdv.hdf5");

  it("is found under any name, among files about other things", async () => {
    const place = await copyWith(
      {
        "dataset.xml": other,
        "broken.xml": "<bdv.multimg.zarr",
        "hdf5.xml": hdf5,
        "others.xml": original.replace(`>${name}<`, ">others.ome.zarr<"),
      },
      [`${name}.xml`],
    );
    expect((await kept(place)).text).toBe(redirected.replaceAll("Stitching", "Better"));
  });

  it("is the one named as the folder where there are several", async () => {
    const place = await copyWith({ "dataset.xml": other });
    const { text, notes } = await kept(place);
    expect(text).toBe(redirected);
    expect(notes).toContainEqual(`Of the XML files that name these tiles ${name}.xml is taken, not dataset.xml`);
  });

  it("is asked for where several others name them, and taken where it is given", async () => {
    const place = await copyWith({ "a.xml": other, "b.xml": original }, [`${name}.xml`]);
    await expect(kept(place)).rejects.toThrow(
      /^Several XML files name these tiles.*found a\.xml, b\.xml, expected one.*Give the XML file to continue with, in place/,
    );
    expect(await readdir(join(place, "out"))).toEqual([]);
    expect((await kept(place, "a.xml")).text).toBe(redirected.replaceAll("Stitching", "Better"));
  });

  it("is none where a link leads nowhere", async () => {
    const place = await copyWith({}, [`${name}.xml`]);
    await symlink("gone", join(place, "gone.xml"));
    expect((await kept(place)).text).toBeUndefined();
  });
});
