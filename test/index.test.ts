import { afterAll, beforeAll, expect, it } from "vitest";
import { openMosaic } from "../src/acquisition/open-mosaic.ts";
import { openImage } from "../src/index.ts";
import type { BoxZyx } from "../src/shapes.ts";
import { writeSyntheticAcquisition } from "../src/synthetic/write-acquisition.ts";
import { MemoryStore } from "../src/zarr/memory-store.ts";
import { fileHandler, serve, type WebServer } from "./zarr/remote/web-server.ts";

const memory = new MemoryStore();
const tokens = new Set<string | undefined>();
let server: WebServer;

beforeAll(async () => {
  await writeSyntheticAcquisition(memory, "a sample.zarr", { gridYx: [2, 1], tileShapeYx: [20, 30], planes: 4 });
  const answer = fileHandler((key) => memory.get(key));
  server = await serve((request, response) => {
    tokens.add(request.headers.authorization);
    return answer(request, response);
  });
});

afterAll(() => server.close());

it("opens an image by its address, tiles and pixels as they are in its store", async () => {
  const here = await openMosaic(memory, "a sample.zarr/raw_image");
  const there = await openImage(`${server.url}/a%20sample.zarr/raw_image/`);
  expect(there.tiles.length).toBe(2);
  expect(there.tiles).toEqual(here.tiles);
  const box: BoxZyx = { start: [1, 5, 3], stop: [3, 40, 29] };
  const pixels = await there.levels[0]!.readBox(1, box);
  expect(pixels.some((value) => value > 0)).toBe(true);
  expect(pixels).toEqual(await here.levels[0]!.readBox(1, box));
  expect([...tokens]).toEqual([undefined]);
});

it("sends its headers with every request", async () => {
  tokens.clear();
  const image = await openImage(`${server.url}/a%20sample.zarr/raw_image`, { headers: { authorization: "Bearer x" } });
  await image.levels[0]!.readChunk([0, 0, 0, 0]);
  expect([...tokens]).toEqual(["Bearer x"]);
});

it.each(["images/sample.zarr", "s3://bucket/sample.zarr", ""])(
  "refuses %j, which no web server has",
  async (address) => {
    const found = JSON.stringify(address);
    await expect(openImage(address)).rejects.toMatchObject({ kind: "usage", found, expected: "https://host/path" });
  },
);

it("tells where nothing is", async () => {
  await expect(openImage(`${server.url}/nowhere.zarr`)).rejects.toMatchObject({ kind: "not-found" });
});
