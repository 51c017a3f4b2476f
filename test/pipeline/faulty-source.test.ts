/** Whole corrections from servers that fail now and then, or for good: the same bytes, or a clear error in the end. */
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { chooseProfileSource } from "../../src/parameters/profile-source.ts";
import { correctSchema } from "../../src/parameters/schema.ts";
import { correctImage } from "../../src/pipeline/correct-image.ts";
import type { SourceLocation } from "../../src/pipeline/places/location.ts";
import { writeSyntheticAcquisition } from "../../src/synthetic/write-acquisition.ts";
import { MemoryStore } from "../../src/zarr/memory-store.ts";
import { HttpStore } from "../../src/zarr/remote/http-store.ts";
import { S3Store } from "../../src/zarr/remote/s3-store.ts";
import { objectsBelow } from "../../src/zarr/store.ts";
import { plainPlatform } from "../support/folder-runs.ts";
import { accessTo, type FakeBucket, type Fault, fakeBucket } from "../zarr/remote/s3-fake.ts";
import { fileHandler, serve, type WebServer } from "../zarr/remote/web-server.ts";

const hasty = { firstWaitMs: 4, longestWaitMs: 20, stallMs: 2000 };
const image = "sample/raw_image";
const memory = new MemoryStore();
let server: WebServer;
let wanted: Map<string, string>;

beforeAll(async () => {
  const options = { gridYx: [1, 2], tileShapeYx: [70, 90], planes: 8, chunkShapeZyx: [4, 64, 64] } as const;
  await writeSyntheticAcquisition(memory, "sample", options);
  wanted = await correct({ store: memory, key: image });
});
afterEach(() => server.close());

async function summaryOf(source: SourceLocation, store = new MemoryStore()) {
  const parameters = correctSchema.parse({ image: "x", fovList: [1], nZplanes: 3 });
  const output = { kind: "folder", store, key: "out.zarr" } as const;
  const hooks = { report: () => {}, signal: new AbortController().signal };
  const request = { places: { source, output }, parameters, profileSource: chooseProfileSource(parameters) };
  return await correctImage(request, plainPlatform, hooks);
}

/** Names and bytes of the corrected image. */
async function correct(source: SourceLocation, store = new MemoryStore()): Promise<Map<string, string>> {
  await summaryOf(source, store);
  const keys = (await objectsBelow(store, "out.zarr"))!;
  const entries = keys.map(async (key) => [key, Buffer.from((await store.get(key))!).toString("base64")] as const);
  return new Map(await Promise.all(entries));
}

/** A source on a web server or in a bucket, in front of which a fault may answer. */
const sources = {
  async "a web server"(fault: Fault): Promise<SourceLocation> {
    const files = fileHandler((key) => memory.get(key));
    server = await serve((request, response) => fault(request, response, Buffer.alloc(0)) || files(request, response));
    return { store: new HttpStore(`${server.url}/sample`, hasty), key: "raw_image" };
  },
  async "a bucket"(fault: Fault): Promise<SourceLocation> {
    const bucket: FakeBucket = await fakeBucket();
    server = bucket;
    for (const key of (await objectsBelow(memory, ""))!) bucket.objects.set(key, Buffer.from((await memory.get(key))!));
    bucket.fault = fault;
    return { store: new S3Store("bucket", "sample", { ...accessTo(bucket), ...hasty }), key: "raw_image" };
  },
};

/** Each name is refused, cut off or late at its first three tries at most, each in another way. */
function nowAndThen(): Fault {
  const asked = new Map<string, number>();
  return (request, response) => {
    const before = asked.get(request.url!) ?? 0;
    asked.set(request.url!, before + 1);
    const sum = [...request.url!].reduce((total, letter) => total + letter.charCodeAt(0), 0);
    if (before >= sum % 4) return false;
    const way = (sum + before) % 3;
    if (way === 0) request.socket.destroy();
    else if (way === 1) response.writeHead([500, 502, 503, 429][sum % 4]!).end();
    else setTimeout(() => response.writeHead(503, { "retry-after": "0" }).end(), 20);
    return true;
  };
}

/** Cuts the answers for chunks in the middle, twice for each key. */
function halfAnswers(): Fault {
  const cuts = new Map<string, number>();
  return (request, response) => {
    const key = request.url!;
    const before = cuts.get(key) ?? 0;
    if (request.method !== "GET" || !/\/0\/\d+\/\d+\/\d+\/\d+$/.test(key) || before === 2) return false;
    cuts.set(key, before + 1);
    response.writeHead(200, { "content-length": 5000 });
    response.write(Buffer.alloc(100), () => request.socket.destroy());
    return true;
  };
}

describe.each(["a web server", "a bucket"] as const)("a correction of an image on %s", (kind) => {
  it.each([
    ["requests fail now and then", nowAndThen],
    ["answers break off in the middle", halfAnswers],
  ])("gives the same bytes where %s", async (_, fault) => {
    expect(await correct(await sources[kind](fault()))).toEqual(wanted);
  });

  it("ends with a clear error after five tries where a chunk fails for good, and goes on later", async () => {
    let isBroken = true;
    let asked = 0;
    const source = await sources[kind]((request, response) => {
      if (!isBroken || request.method === "HEAD" || !request.url!.endsWith("/0/1/1/0/2")) return false;
      asked++;
      response.writeHead(503).end();
      return true;
    });
    const store = new MemoryStore();
    await expect(correct(source, store)).rejects.toMatchObject({
      kind: "storage",
      what: "The server gave no usable answer in 5 tries",
      where: expect.stringMatching(/raw_image\/0\/1\/1\/0\/2$/),
      found: expect.stringContaining("503"),
    });
    expect(asked).toBe(5);
    expect(await objectsBelow(store, "out.zarr")).toEqual([]);
    isBroken = false;
    expect(await correct(source, store)).toEqual(wanted);
  });
});

it("tells of single chunks that a server does not have, among more than are asked for", async () => {
  const small = new MemoryStore();
  const chunkShapeZyx = [1, 20, 20] as const;
  const options = { gridYx: [1, 2], tileShapeYx: [70, 90], planes: 16, levelCount: 1, chunkShapeZyx } as const;
  const channels = [
    { label: "A", wavelengthId: "488", color: "00FF00", background: 300, autofluorescence: 90, labelled: 0 },
  ];
  const { imageKey } = await writeSyntheticAcquisition(small, "sample", {
    ...options,
    channels,
    emptyPlanesPerEnd: 0,
    emptyTiles: [],
  });
  const gone = ["0/3/1/2", "0/5/1/6", "0/12/2/2"].map((chunk) => `${imageKey}/0/${chunk}`);
  const files = fileHandler(async (key) => (gone.some((chunk) => key.endsWith(chunk)) ? undefined : small.get(key)));
  server = await serve(files);
  const { tiles } = await summaryOf({ store: new HttpStore(server.url, hasty), key: imageKey });
  expect(tiles.missing).toMatchObject({ chunks: 3, lookedAt: 3, withLightAround: 3 });
  server.close();
  // Also where the server says that they are there, but does not send them
  const whole = fileHandler(async (key) => small.get(key));
  server = await serve((request, response) => {
    return (request.method === "GET" && gone.some((chunk) => request.url!.endsWith(chunk)) ? files : whole)(
      request,
      response,
    );
  });
  const again = await summaryOf({ store: new HttpStore(server.url, hasty), key: imageKey });
  expect(again.tiles.missing).toMatchObject({ chunks: 3, withLightAround: 3 });
});

it("a folder on a web server that holds no mosaic may hold tiles that cannot be listed, which the error says", async () => {
  const { store } = await sources["a web server"](() => false);
  await expect(correct({ store, key: "tiles.ome.zarr" })).rejects.toMatchObject({
    kind: "not-found",
    advice: expect.stringContaining("by listing their folder, which this server does not do"),
  });
});

it("a web page that a server sends for a folder is called that", async () => {
  const page = new TextEncoder().encode("<!DOCTYPE HTML>\n<html><title>Directory listing for /tiles/</title></html>");
  const files = fileHandler(async (key) => (key.endsWith("tiles") ? page : undefined));
  server = await serve(files);
  await expect(correct({ store: new HttpStore(server.url, hasty), key: "tiles" })).rejects.toMatchObject({
    kind: "not-found",
    what: expect.stringContaining("The server sends a web page for this address"),
    advice: expect.stringContaining("by listing their folder, which this server does not do"),
  });
});
