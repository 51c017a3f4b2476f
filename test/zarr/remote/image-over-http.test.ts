import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openAcquisition } from "../../../src/acquisition/open-acquisition.ts";
import { openMosaic } from "../../../src/acquisition/open-mosaic.ts";
import { readImageMetadata } from "../../../src/ngff/image.ts";
import { readRoiTable } from "../../../src/ngff/roi-table.ts";
import { tableObjects } from "../../../src/ngff/table-objects.ts";
import { fingerprintSource } from "../../../src/pipeline/run/provenance.ts";
import { writeSyntheticAcquisition } from "../../../src/synthetic/write-acquisition.ts";
import { ZarrArray } from "../../../src/zarr/array.ts";
import { spreadChunkKeys } from "../../../src/zarr/chunk-places.ts";
import { encodeJson } from "../../../src/zarr/json.ts";
import { MemoryStore } from "../../../src/zarr/memory-store.ts";
import { HttpStore } from "../../../src/zarr/remote/http-store.ts";
import { objectsBelow } from "../../../src/zarr/store.ts";
import { plainMetadata } from "../../support/plain-metadata.ts";
import { fileHandler, serve, type WebServer } from "./web-server.ts";

const image = "demo.zarr/raw_image";
const memory = new MemoryStore();
/** Whether the server answers 403 for what is not there. */
let hides = false;
let server: WebServer;
let store: HttpStore;

beforeAll(async () => {
  await writeSyntheticAcquisition(memory, "demo.zarr", {
    gridYx: [2, 1],
    tileShapeYx: [20, 30],
    planes: 4,
    noise: false,
  });
  const handler = (missing: number) => fileHandler((key) => memory.get(key), { missing });
  server = await serve((request, response) => handler(hides ? 403 : 404)(request, response));
  store = new HttpStore(server.url);
});

afterAll(() => server.close());

describe.each([404, 403])("an image on a web server that answers %i for what is missing", (missing) => {
  beforeAll(() => {
    hides = missing === 403;
    store = new HttpStore(server.url);
  });

  it("opens as it does in a folder", async () => {
    const [here, there] = [await openMosaic(memory, image), await openMosaic(store, image)];
    expect(there.tiles).toEqual(here.tiles);
    expect(there.hasTileTable).toBe(true);
    expect(there.levels.map((level) => level.shapeCzyx)).toEqual(here.levels.map((level) => level.shapeCzyx));
    const chunk = [0, 0, 0, 0] as const;
    expect(await there.levels[0]!.readChunk(chunk)).toEqual(await here.levels[0]!.readChunk(chunk));
  });

  it("has the same fingerprint every time, and another one when a table or a chunk changes", async () => {
    const mosaic = await openMosaic(store, image);
    const first = await fingerprintSource(mosaic);
    expect(await fingerprintSource(await openMosaic(store, image))).toBe(first);
    for (const key of [`${image}/tables/FOV_ROI_table/X/0.0`, mosaic.levels[0]!.array.chunkKey([0, 0, 0, 0])]) {
      const before = (await memory.get(key))!;
      await memory.set(key, Uint8Array.of(...before, 0));
      expect(await fingerprintSource(mosaic), key).not.toBe(first);
      await memory.set(key, before);
    }
    expect(await fingerprintSource(mosaic)).toBe(first);
  });

  it("has tables whose objects follow from what they say of themselves", async () => {
    const folder = `${image}/tables`;
    const listed = (await objectsBelow(memory, folder))!;
    const known = await tableObjects(store, folder);
    const isThere = await Promise.all(known.map(async (key) => (await memory.get(key)) !== undefined));
    expect(known.filter((_, index) => isThere[index]).sort()).toEqual(listed.sort());
  });

  it.each([
    ["nothing is there", "nowhere.zarr", "not-found", /no Zarr group at this address/],
    ["it is an array", `${image}/0`, "not-found", /single array/],
    ["it is a container", "demo.zarr", "not-found", /no multiscales/],
  ])("says so where %s", async (_, key, kind, message) => {
    await expect(readImageMetadata(store, key)).rejects.toMatchObject({
      kind,
      message: expect.stringMatching(message),
      where: `${server.url}/${key}`,
    });
  });

  it("tells no table from one of another form", async () => {
    expect(await readRoiTable(store, `${image}/tables/none`)).toBeUndefined();
    await memory.set("other/table/.zattrs", encodeJson({}));
    await expect(readRoiTable(store, "other/table")).rejects.toMatchObject({ kind: "unsupported", found: ".zattrs" });
  });
});

it("where 403 may mean a refusal, the message says so", async () => {
  hides = true;
  const fresh = new HttpStore(server.url);
  const advice = expect.stringContaining("403");
  await expect(readImageMetadata(fresh, "nowhere.zarr")).rejects.toMatchObject({ kind: "not-found", advice });
});

it("a server that sends its front page for what is not there is told as that", async () => {
  const page = new TextEncoder().encode("<!DOCTYPE html>\n<html><body>Hello</body></html>");
  const application = await serve(fileHandler(async (key) => (await memory.get(key)) ?? page));
  const opened = openAcquisition(new HttpStore(application.url), image);
  await expect(opened).rejects.toMatchObject({ kind: "corrupt", found: expect.stringContaining("a web page") });
  await application.close();
});

describe("spreadChunkKeys", () => {
  const arrayOf = (...grid: number[]) =>
    new ZarrArray(
      memory,
      "a",
      plainMetadata(
        grid,
        grid.map(() => 1),
        { type: "uint8", separator: "." },
      ),
    );

  it("gives all chunks of a small array", () => {
    expect(spreadChunkKeys(arrayOf(1, 2, 3), 6).sort()).toEqual(
      ["0.0.0", "0.0.1", "0.0.2", "0.1.0", "0.1.1", "0.1.2"].map((name) => `a/${name}`),
    );
  });

  it("reaches every channel, depth, row and column of a large one alike", () => {
    const grid = [2, 64, 32, 32];
    const keys = spreadChunkKeys(arrayOf(...grid), 512);
    expect(keys).toEqual(spreadChunkKeys(arrayOf(...grid), 512));
    expect(new Set(keys).size).toBe(512);
    for (const [axis, extent] of grid.entries()) {
      const counts = new Array<number>(extent).fill(0);
      for (const key of keys) counts[Number(key.slice(2).split(".")[axis])]!++;
      expect(Math.min(...counts), `axis ${axis}`).toBeGreaterThan(0);
      expect(Math.max(...counts), `axis ${axis}`).toBeLessThan((3 * 512) / extent);
    }
  });
});
