/** The same promises against a server that others wrote; left out where Python or moto is not installed. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { type AddressInfo, createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openMosaic } from "../../../src/acquisition/open-mosaic.ts";
import { fingerprintSource } from "../../../src/pipeline/run/provenance.ts";
import { writeSyntheticAcquisition } from "../../../src/synthetic/write-acquisition.ts";
import { MemoryStore } from "../../../src/zarr/memory-store.ts";
import { S3Server } from "../../../src/zarr/remote/s3-server.ts";
import { S3Store } from "../../../src/zarr/remote/s3-store.ts";
import { objectsBelow } from "../../../src/zarr/store.ts";

const hasMoto = spawnSync("python3", ["-c", "import moto.server"]).status === 0;
if (!hasMoto) process.stderr.write("Not tested against moto: it is not installed for python3\n");

const bytes = (...values: number[]) => Uint8Array.from(values);
const patience = { firstWaitMs: 50, longestWaitMs: 200, tries: 40, stallMs: 5000 };

describe.skipIf(!hasMoto)("S3 as moto speaks it", () => {
  let server: ChildProcess;
  let access: { region: string; endpoint: string; credentials: { accessKeyId: string; secretAccessKey: string } };
  let store: S3Store;

  beforeAll(async () => {
    const port = await freePort();
    server = spawn("python3", ["-m", "moto.server", "-H", "127.0.0.1", "-p", `${port}`], { stdio: "ignore" });
    const credentials = { accessKeyId: "key", secretAccessKey: "secret" };
    access = { region: "us-east-1", endpoint: `http://127.0.0.1:${port}`, credentials };
    // The tries also wait for the server to be up.
    const made = await new S3Server("mosaics", "", access, patience).send({ method: "PUT", key: "" });
    expect(made.status).toBe(200);
    store = new S3Store("mosaics", "run 1", access);
  });

  afterAll(() => server.kill());

  it("objects come back whole and in parts", async () => {
    await store.set("a/b c+ü", bytes(0, 1, 2, 3, 4));
    expect(await store.get("a/b c+ü")).toEqual(bytes(0, 1, 2, 3, 4));
    expect(await store.getRange("a/b c+ü", { kind: "slice", offset: 1, length: 2 })).toEqual(bytes(1, 2));
    expect(await store.getRange("a/b c+ü", { kind: "slice", offset: 3, length: 9 })).toEqual(bytes(3, 4));
    expect(await store.getRange("a/b c+ü", { kind: "slice", offset: 9, length: 9 })).toEqual(bytes());
    expect(await store.getRange("a/b c+ü", { kind: "suffix", length: 2 })).toEqual(bytes(3, 4));
    expect(await store.getRange("a/b c+ü", { kind: "suffix", length: 9 })).toEqual(bytes(0, 1, 2, 3, 4));
    const facts = (await store.facts("a/b c+ü"))!;
    expect(facts).toMatchObject({ bytes: 5, tag: expect.stringMatching(/^"[0-9a-f]+"$/) });
    expect(Math.abs(facts.modifiedMs - Date.now())).toBeLessThan(60_000);
    await store.set("empty", bytes());
    expect(await store.get("empty")).toEqual(bytes());
    expect((await store.facts("empty"))!.bytes).toBe(0);
  });

  it("what is missing is missing, but a missing bucket is an error", async () => {
    for (const key of ["nothing", "a", "a/b c+ü/d"]) {
      expect(await store.get(key), key).toBeUndefined();
      expect(await store.facts(key), key).toBeUndefined();
      expect(await store.getRange(key, { kind: "suffix", length: 2 }), key).toBeUndefined();
    }
    expect(await store.list("nowhere")).toEqual([]);
    const nowhere = new S3Store("no-such-bucket", "", access);
    await expect(nowhere.get("a")).rejects.toMatchObject({ kind: "not-found" });
    await expect(nowhere.list("")).rejects.toMatchObject({ kind: "not-found" });
    await expect(nowhere.set("a", bytes(1))).rejects.toMatchObject({ kind: "not-found" });
  });

  it("folders are listed in order and removed whole", async () => {
    for (const key of ["f/10", "f/9", "f/.zattrs", "f/c/0/0", "fg"]) await store.set(key, bytes(1));
    expect(await store.list("f")).toEqual([
      { name: ".zattrs", kind: "object" },
      { name: "10", kind: "object" },
      { name: "9", kind: "object" },
      { name: "c", kind: "folder" },
    ]);
    await store.remove("f");
    expect(await objectsBelow(store, "f")).toEqual([]);
    expect(await store.get("fg")).toEqual(bytes(1));
  });

  it("an object is created once", async () => {
    // One after the other: unlike S3, this server looks and writes in two steps, between which others may come.
    expect(await store.create("lock", bytes(0))).toBe(true);
    const made = await Promise.all(Array.from({ length: 8 }, (_, n) => store.create("lock", bytes(n + 1))));
    expect(made).toEqual(made.map(() => false));
    expect(await store.get("lock")).toEqual(bytes(0));
  });

  it("large objects are uploaded in parts, and unfinished uploads are given up", async () => {
    const large = new Uint8Array(11 << 20).map((_, i) => i % 251);
    const inParts = new S3Store("mosaics", "", { ...access, largestSingleUpload: 10 << 20 });
    await inParts.set("large", large);
    const stored = (await inParts.get("large"))!;
    expect(Buffer.compare(stored, large)).toBe(0);
    const raw = new S3Server("mosaics", "", access, {});
    await raw.send({ method: "POST", key: "left/0", query: { uploads: "" } });
    const uploads = async () => new TextDecoder().decode((await listUploads(raw)).body);
    expect(await uploads()).toContain("left/0");
    await inParts.sweep("left");
    expect(await uploads()).not.toContain("left/0");
  });

  it("an acquisition is the same as in memory", async () => {
    const memory = new MemoryStore();
    const options = { gridYx: [1, 1] as const, tileShapeYx: [20, 30] as const, planes: 2, noise: false };
    await writeSyntheticAcquisition(memory, "demo.zarr", options);
    const keys = (await objectsBelow(memory, ""))!;
    await Promise.all(keys.map(async (key) => store.set(key, (await memory.get(key))!)));
    expect(await objectsBelow(store, "demo.zarr")).toEqual(await objectsBelow(memory, "demo.zarr"));
    const [here, there] = await Promise.all([memory, store].map((place) => openMosaic(place, "demo.zarr/raw_image")));
    expect(there!.tiles).toEqual(here!.tiles);
    expect(await there!.levels[0]!.readChunk([0, 0, 0, 0])).toEqual(await here!.levels[0]!.readChunk([0, 0, 0, 0]));
    const first = await fingerprintSource(there!);
    expect(await fingerprintSource(there!)).toBe(first);
    await store.remove("demo.zarr/raw_image/tables/FOV_ROI_table/X/0.0");
    expect(await fingerprintSource(there!)).not.toBe(first);
  });
});

const listUploads = (raw: S3Server) => raw.send({ method: "GET", key: "", query: { uploads: "", prefix: "left/" } });

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}
