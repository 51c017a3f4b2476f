/** Outputs in a bucket: the bytes of an output in a folder, every object put once, whatever goes wrong on the way. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { chooseProfileSource } from "../../src/parameters/profile-source.ts";
import { type CorrectParameters, correctSchema } from "../../src/parameters/schema.ts";
import { correctImage } from "../../src/pipeline/correct-image.ts";
import type { SourceLocation } from "../../src/pipeline/places/location.ts";
import { writeSyntheticAcquisition } from "../../src/synthetic/write-acquisition.ts";
import { DirectoryStore } from "../../src/zarr/disk/directory-store-node.ts";
import { MemoryStore } from "../../src/zarr/memory-store.ts";
import { S3Store } from "../../src/zarr/remote/s3-store.ts";
import { objectsBelow } from "../../src/zarr/store.ts";
import { plainPlatform } from "../support/folder-runs.ts";
import { copySharded } from "../support/sharded-copy.ts";
import { accessTo, type FakeBucket, fail, fakeBucket } from "../zarr/remote/s3-fake.ts";

const memory = new MemoryStore();
let folder: string;
let bucket: FakeBucket;

beforeAll(async () => {
  await writeSyntheticAcquisition(memory, "sample", {
    gridYx: [1, 2],
    tileShapeYx: [70, 90],
    planes: 8,
    chunkShapeZyx: [4, 64, 64],
  });
  await copySharded(memory, "sample/raw_image", "sample/sharded");
});
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "isolux-bucket-"));
  bucket = await fakeBucket();
});
afterEach(async () => {
  await bucket.close();
  rmSync(folder, { recursive: true, force: true });
});

const inMemory: SourceLocation = { store: memory, key: "sample/raw_image" };
const storeOf = () => new S3Store("bucket", "runs", { ...accessTo(bucket), growingPart: 20_000, tries: 3 });

interface Run {
  readonly source?: SourceLocation;
  readonly workspace?: string;
  readonly texts?: string[];
  readonly stopAfter?: number;
}

/** Corrects into the bucket. */
function run(
  given: Partial<CorrectParameters> = {},
  { source = inMemory, workspace = "w", texts = [], stopAfter }: Run = {},
) {
  const parameters = correctSchema.parse({ image: "x", fovList: [1], nZplanes: 3, ...given });
  const at = { store: new DirectoryStore(folder), key: workspace };
  const output = { kind: "bucket", store: storeOf(), key: "out.zarr", workspace: at } as const;
  const controller = new AbortController();
  const report = (event: { kind: string; text?: string; done?: number }) => {
    if (event.text !== undefined) texts.push(event.text);
    if (stopAfter !== undefined && event.done === stopAfter) controller.abort();
  };
  const hooks = { report, signal: controller.signal };
  return correctImage(
    { places: { source, output }, parameters, profileSource: chooseProfileSource(parameters) },
    plainPlatform,
    hooks,
  );
}

const known = new Map<string, Promise<Map<string, string>>>();

/** What the same run makes in a folder: names and bytes; made once. */
function wanted(given: Partial<CorrectParameters> = {}, source = inMemory): Promise<Map<string, string>> {
  const name = JSON.stringify([given, source.key]);
  const made = known.get(name) ?? inFolder(given, source);
  known.set(name, made);
  return made;
}

async function inFolder(given: Partial<CorrectParameters>, source: SourceLocation): Promise<Map<string, string>> {
  const parameters = correctSchema.parse({ image: "x", fovList: [1], nZplanes: 3, ...given });
  const store = new MemoryStore();
  const output = { kind: "folder", store, key: "out.zarr" } as const;
  const hooks = { report: () => {}, signal: new AbortController().signal };
  const places = { source, output };
  await correctImage({ places, parameters, profileSource: chooseProfileSource(parameters) }, plainPlatform, hooks);
  const keys = (await objectsBelow(store, "out.zarr"))!;
  const entries = keys.map(async (key) => [key, Buffer.from((await store.get(key))!).toString("base64")] as const);
  return new Map(await Promise.all(entries));
}

/** What lies in the bucket below the output, as {@link wanted} has it. */
function found(): Map<string, string> {
  const entries = [...bucket.objects].filter(([key]) => key.startsWith("runs/"));
  return new Map(entries.map(([key, bytes]) => [key.slice("runs/".length), bytes.toString("base64")]));
}

function expectSame(there: Map<string, string>, here: Map<string, string>): void {
  expect([...there.keys()].sort()).toEqual([...here.keys()].sort());
  expect([...here].filter(([key, bytes]) => there.get(key) !== bytes).map(([key]) => key)).toEqual([]);
}

/** Keys of objects that were put whole, and of uploads in parts that were begun, each as often as that was asked for. */
function putKeys(): string[] {
  return bucket.requests.flatMap((line) => {
    const [, whole] = /^PUT \/bucket\/runs\/([^?]*)$/.exec(line) ?? [];
    const [, begun] = /^POST \/bucket\/runs\/([^?]*)\?uploads/.exec(line) ?? [];
    return whole ?? begun ?? [];
  });
}

const mark = "out.zarr/.isolux-run.json";

describe.each([
  ["0.4", "raw_image"],
  ["0.5 in shards", "sharded"],
])("an output of version %s", (version, name) => {
  const source = { store: memory, key: `sample/${name}` };
  it("has the bytes of one in a folder; every object is put once, what makes it an image last", async () => {
    const texts: string[] = [];
    const summary = await run({}, { source, texts });
    expect(summary.output).toBe("s3://bucket/runs/out.zarr");
    expectSame(found(), await wanted({}, source));
    const [first, ...keys] = putKeys();
    expect(first).toBe(mark);
    expect(keys.sort()).toEqual([...found().keys()].sort());
    const document = version !== "0.4" ? "zarr.json" : ".zattrs";
    expect(putKeys().at(-1)).toBe(`out.zarr/${document}`);
    if (version !== "0.4") expect(bucket.requests.some((line) => line.includes("partNumber=2"))).toBe(true);
    expect(bucket.uploads.size).toBe(0);
    expect(await new DirectoryStore(folder).list("")).toEqual([]);
    expect(texts.join()).toContain(join(folder, "w"));
  });

  it("is made of an image in a bucket, too", async () => {
    for (const key of (await objectsBelow(memory, ""))!)
      bucket.objects.set(`runs/${key}`, Buffer.from((await memory.get(key))!));
    await run({}, { source: { store: storeOf(), key: source.key } });
    const made = [...found()].filter(([key]) => key.startsWith("out.zarr/"));
    expectSame(new Map(made), await wanted({}, source));
  });

  it("goes on where a run was stopped: what is done is not put again", async () => {
    await expect(run({}, { source, stopAfter: 12 })).rejects.toMatchObject({ kind: "interrupted" });
    expect(bucket.uploads.size).toBe(0);
    const before = putKeys();
    expect(before.length).toBeGreaterThan(2);
    expect([...found().keys()].filter((key) => /zattrs|zgroup|zarr\.json/.test(key))).toEqual([]);
    bucket.requests.length = 0;
    await run({}, { source });
    expectSame(found(), await wanted({}, source));
    const again = putKeys().filter((key) => before.includes(key));
    // The last may be in its place but not yet noted.
    expect(again.length).toBeLessThanOrEqual(1);
  });

  it("is the same where requests fail now and then", async () => {
    let count = 0;
    bucket.fault = (request, response) => {
      count++;
      if (count % 5 === 0) request.socket.destroy();
      else if (count % 7 === 0) fail(response, 503, "SlowDown");
      return count % 5 === 0 || count % 7 === 0;
    };
    await run({}, { source });
    expectSame(found(), await wanted({}, source));
    expect(bucket.uploads.size).toBe(0);
  });

  it("comes out the same whichever request is the last one before a failure", async () => {
    const here = await wanted({}, source);
    await run({}, { source });
    const total = bucket.requests.length;
    for (const part of [0.02, 0.3, 0.7, 0.97, 1]) {
      bucket.objects.clear();
      let left = Math.round(total * part) - 1;
      bucket.fault = (_request, response) => {
        if (left-- > 0) return false;
        fail(response, 403, "InvalidAccessKeyId");
        return true;
      };
      await expect(run({}, { source })).rejects.toMatchObject({ kind: "storage" });
      bucket.fault = () => false;
      await run({}, { source });
      expectSame(found(), here);
      expect(bucket.uploads.size, String(part)).toBe(0);
      expect(await new DirectoryStore(folder).list("")).toEqual([]);
    }
  });
});

describe("what lies at the output", () => {
  it("stays where it is not to be replaced, or is no image", async () => {
    bucket.objects.set("runs/out.zarr/.zattrs", Buffer.from("{}"));
    await expect(run()).rejects.toMatchObject({ kind: "output", what: "The output already exists" });
    bucket.objects.clear();
    bucket.objects.set("runs/out.zarr/thesis.tex", Buffer.from("x"));
    await expect(run({ overwrite: true })).rejects.toThrow(/other than an image, .*thesis\.tex/);
    bucket.objects.clear();
    bucket.objects.set("runs/out.zarr", Buffer.from("x"));
    await expect(run({ overwrite: true })).rejects.toThrow(/other than an image, .*a file/);
    expect([...bucket.objects.keys()]).toEqual(["runs/out.zarr"]);
    expect(await new DirectoryStore(folder).list("")).toEqual([]);
  });

  it("is removed where it is to be replaced, what makes it an image first", async () => {
    for (const name of ["9/9/9/9/9", "0/.zarray", ".zattrs", ".zgroup"])
      bucket.objects.set(`runs/out.zarr/${name}`, Buffer.from("{}"));
    bucket.objects.set("runs/out.zarr2/.zattrs", Buffer.from("{}"));
    await run({ overwrite: true });
    const removed = bucket.requests
      .filter((line) => line.startsWith("DELETE"))
      .map((line) => line.split("/out.zarr/")[1]);
    expect(removed.slice(0, 2).sort()).toEqual([".zattrs", ".zgroup"]);
    const here = await wanted();
    expectSame(new Map([...found()].filter(([key]) => key.startsWith("out.zarr/"))), here);
    expect(bucket.objects.has("runs/out.zarr2/.zattrs")).toBe(true);
  });

  it("is not removed before the profiles are found", async () => {
    bucket.objects.set("runs/out.zarr/.zattrs", Buffer.from("{}"));
    await expect(run({ overwrite: true, cameraOffset: 60_000 })).rejects.toMatchObject({ kind: "invalid" });
    expect([...bucket.objects.keys()]).toEqual(["runs/out.zarr/.zattrs"]);
  });

  it("is left to the unfinished run that it belongs to, or taken over", async () => {
    await expect(run({}, { stopAfter: 12 })).rejects.toMatchObject({ kind: "interrupted" });
    await expect(run({}, { workspace: "other" })).rejects.toMatchObject({
      what: "The unfinished output of another run is there",
      found: expect.stringContaining(join(folder, "w")),
    });
    await run({ overwrite: true, seed: 2 }, { workspace: "other" });
    expectSame(found(), await wanted({ seed: 2 }));
    // The first run's objects have gone with their mark.
    await expect(run()).rejects.toMatchObject({ what: "The output already exists" });
    await run({ overwrite: true });
    expectSame(found(), await wanted());
  });

  it("is begun anew with other parameters only where asked to", async () => {
    await expect(run({ background: "keep" }, { stopAfter: 12 })).rejects.toMatchObject({ kind: "interrupted" });
    await expect(run()).rejects.toThrow(/differs from this one: background/);
    bucket.objects.set("runs/out.zarr/0/7/7/7/7", Buffer.from("stale"));
    await run({ overwrite: true });
    expectSame(found(), await wanted());
  });

  it("is made again where somebody removed the unfinished objects", async () => {
    await expect(run({}, { stopAfter: 12 })).rejects.toMatchObject({ kind: "interrupted" });
    bucket.objects.clear();
    await run();
    expectSame(found(), await wanted());
  });

  it("is not completed where another run has taken it meanwhile", async () => {
    let count = 0;
    bucket.fault = (request) => {
      if (request.method === "PUT" && ++count === 12)
        bucket.objects.set(`runs/${mark}`, Buffer.from('{"run":"another"}'));
      return false;
    };
    await expect(run()).rejects.toThrow(/took over the output/);
    expect(bucket.objects.has("runs/out.zarr/.zattrs")).toBe(false);
  });

  it("goes where the run cannot be gone on with", async () => {
    const broken = new MemoryStore();
    for (const key of (await objectsBelow(memory, ""))!) await broken.set(key, (await memory.get(key))!);
    const chunk = (await objectsBelow(broken, "sample/raw_image/0"))!.at(-1)!;
    await broken.set(chunk, new Uint8Array(3));
    await expect(run({}, { source: { store: broken, key: "sample/raw_image" } })).rejects.toMatchObject({
      kind: "corrupt",
    });
    expect([...bucket.objects.keys()]).toEqual([]);
    expect(await new DirectoryStore(folder).list("")).toEqual([]);
  });
});
