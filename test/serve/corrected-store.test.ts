/** What is served against what a correction writes, byte for byte. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { get, open, root } from "zarrita";
import { openMosaic } from "../../src/acquisition/open-mosaic.ts";
import { reportInMemory } from "../../src/in-memory.ts";
import { correctedStore, DirectoryStore, openImage as openPath, readModel } from "../../src/node.ts";
import { placesBetween } from "../../src/pipeline/output/level-geometry.ts";
import { checkLocated } from "../../src/report/quality/check-images.ts";
import { syntheticDefaults } from "../../src/synthetic/options.ts";
import { MemoryStore } from "../../src/zarr/memory-store.ts";
import { objectsBelow, type ReadableStore } from "../../src/zarr/store.ts";
import { pixelsOfArray } from "../support/pixels.ts";
import { ZarritaStore } from "../support/zarrita-store.ts";
import { correctedFiles, openImage, temporaryFolder, type WrittenImage, writeImage } from "./serving.ts";

/** Chunks lie across tiles. */
const small = {
  gridYx: [2, 3],
  tileShapeYx: [72, 64],
  planes: 12,
  emptyPlanesPerEnd: 2,
  channels: syntheticDefaults.channels.slice(0, 1),
  chunkShapeZyx: [7, 96, 80],
  levelCount: 3,
} as const;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let source: WrittenImage;
let output: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  source = await writeImage(folder.path, "plain", small);
  output = await correctedFiles(source);
});
afterAll(() => folder.remove());

/** The objects of an image that differ from what is served, or are not served. */
async function differences(store: ReadableStore, image: string, isWanted: (key: string) => boolean) {
  const keys = (await objectsBelow(new DirectoryStore(image), ""))!.filter(isWanted);
  expect(keys.length).toBeGreaterThan(3);
  const compared = keys.map(async (key) => {
    const [served, written] = [await store.get(key, { mostBytes: 1e9 }), await readFile(join(image, key))];
    return served !== undefined && Buffer.compare(served, written) === 0 ? [] : [key];
  });
  return (await Promise.all(compared)).flat();
}

async function pixelsOf(store: ReadableStore, key: string, level: number) {
  return pixelsOfArray((await openMosaic(store, key)).levels[level]!.array);
}

/** Whether two images have the same pixels; the matcher of arrays takes seconds. */
async function areSame(a: ReadableStore, b: ReadableStore, level: number): Promise<boolean> {
  const [left, right] = [await pixelsOf(a, "", level), await pixelsOf(b, "", level)];
  return left.length > 1000 && Buffer.from(left.buffer).equals(Buffer.from(right.buffer));
}

describe("what is served", () => {
  it("is what a correction writes, but for its attributes", async () => {
    const { corrected } = await openImage(source, { pyramid: "exact" });
    expect(await differences(corrected, output, (key) => key !== ".zattrs")).toEqual([]);
    const read = async (store: ReadableStore) => JSON.parse(new TextDecoder().decode(await store.get(".zattrs")));
    const [served, written] = [await read(corrected), await read(new DirectoryStore(output))];
    // Nobody has counted what was clipped
    for (const channel of [...served.isolux.channels, ...written.isolux.channels]) {
      channel.clippedLow = channel.clippedHigh = 0;
    }
    expect(served).toEqual(written);
  });

  it("has the same full resolution where coarse levels are made quickly, and these nearly", async () => {
    const { corrected } = await openImage(source);
    expect(await differences(corrected, output, (key) => key.startsWith("0/"))).toEqual([]);
    for (const level of [1, 2]) {
      const [served, written] = [
        await pixelsOf(corrected, "", level),
        await pixelsOf(new DirectoryStore(output), "", level),
      ];
      // The profile changes more from pixel to pixel than that of tiles of thousands
      const apart = served.filter((pixel, at) => Math.abs(pixel - written[at]!) > 1).length;
      expect(apart / served.length).toBeLessThan(0.02);
    }
  });

  it.each(["exact", "quick"] as const)("of shards is their inner chunks (%s)", async (pyramid) => {
    const sharded = { ...source, image: await correctedFiles(source, shardedForm(folder.path)) };
    const written = await openPath(await correctedFiles(sharded, { output: join(folder.path, `again-${pyramid}`) }));
    const { corrected } = await openImage(sharded, { pyramid });
    const served = await openMosaic(corrected, "");
    expect(served.levels.map(({ array }) => array.metadata.shardShape)).toEqual([undefined, undefined, undefined]);
    for (const [index, { array, chunkGridCzyx }] of served.levels.entries()) {
      if (pyramid === "quick" && index > 0) continue;
      for (const chunk of placesBetween([0, 0, 0, 0], chunkGridCzyx)) {
        const [own, other] = [await array.readEncoded(chunk), await written.levels[index]!.array.readEncoded(chunk)];
        expect(own && Buffer.from(own).equals(other!)).toBe(other === undefined ? undefined : true);
      }
    }
  });

  it.each(["lz4", "raw"] as const)("has the same pixels in another codec (%s)", async (codec) => {
    const { corrected } = await openImage(source, { codec });
    expect(await areSame(corrected, new DirectoryStore(output), 0)).toBe(true);
  });

  it("is the source, too, in the same form", async () => {
    const { raw } = await openImage(source, { codec: "raw" });
    for (const level of [0, 1, 2]) {
      expect(await areSame(raw, new DirectoryStore(source.image), level)).toBe(true);
    }
  });

  it("has no objects but its own", async () => {
    const { corrected } = await openImage(source);
    const absent = ["", "0", "0/0", "0/0/0/0", "0/0/0/0/9", "0/0/0/0/-1", "0/0/0/0/00", "0/0/0/0/0/0", "1e1/0/0/0/0"];
    const beyond = [
      "../raw_image/.zattrs",
      "0/../.zattrs",
      "/.zattrs",
      "0//.zarray",
      ".ZATTRS",
      "3/0/0/0/0",
      "c/0/0/0",
    ];
    for (const key of [...absent, ...beyond]) expect([key, await corrected.get(key)]).toEqual([key, undefined]);
    expect((await corrected.list(""))?.map(({ name }) => name)).toEqual([
      ".zattrs",
      ".zgroup",
      "0",
      "1",
      "2",
      "tables",
    ]);
    expect(await corrected.list("0")).toBeUndefined();
  });

  it("is read by the check of a correction, and by zarrita", async () => {
    const { corrected } = await openImage(source);
    const parameters = { seed: 0 };
    const hooks = { report: () => undefined, signal: new AbortController().signal };
    const place = { store: new DirectoryStore(source.image), key: "" };
    const check = await checkLocated({ source: place, corrected: { store: corrected, key: "" }, parameters }, hooks);
    expect(check.report.verdict.kind).toBe("improved");
    const array = await open(root(new ZarritaStore(corrected)).resolve("0"), { kind: "array" });
    const { data } = await get(array);
    const written = await pixelsOf(new DirectoryStore(output), "", 0);
    expect(Buffer.from((data as Uint16Array).buffer).equals(Buffer.from(written.buffer))).toBe(true);
  });

  it("refuses a memory that is too small", async () => {
    await expect(openImage(source, {}, { memory: "100MB" })).rejects.toThrow(
      /too small to serve the image.*--memory \d+MB/,
    );
  });
});

describe("the library's store", () => {
  it("corrects with profiles that are files in memory", async () => {
    const image = await openPath(source.image);
    const memory = new MemoryStore();
    for (const key of (await objectsBelow(new DirectoryStore(source.modelsFolder), ""))!) {
      await memory.set(key, await readFile(join(source.modelsFolder, key)));
    }
    const models = { store: memory, key: "", channels: ["MBP"] };
    const store = await correctedStore(image, models, { codec: "same", pyramid: "exact" });
    expect(await differences(store, output, (key) => key.includes("/"))).toEqual([]);
    const hooks = { report: () => undefined, signal: new AbortController().signal };
    const { html } = await reportInMemory(image, models, "isolux correct image", hooks);
    expect(html).toContain("<span>isolux</span> <span>correct</span> <span>image</span>");
    await expect(correctedStore(image, { ...models, channels: ["Nobody"] })).rejects.toThrow("Nobody");
  });

  it("corrects with profiles that are in memory", async () => {
    const image = await openPath(source.image);
    const models = new DirectoryStore(source.modelsFolder);
    const given = image.channels.map(async ({ label }) => [label, await readModel(models, "", label)] as const);
    const store = await correctedStore(image, Object.fromEntries(await Promise.all(given)));
    expect(await areSame(store, new DirectoryStore(output), 0)).toBe(true);
    // What was taken off is told, as a check puts it back
    const { isolux } = JSON.parse(new TextDecoder().decode(await store.get(".zattrs")));
    expect(isolux.channels).toMatchObject([{ label: "MBP", subtractedBackground: expect.any(Number) }]);
    await expect(correctedStore(image, { Nobody: (await given[0])![1] })).rejects.toThrow("Nobody");
  });

  it("refuses profiles that the image contradicts, as a correction does, unless they are to be trusted", async () => {
    const image = await openPath(source.image);
    const { profile } = (await readModel(new DirectoryStore(source.modelsFolder), "", "MBP"))!;
    const bright = { ...profile, darkfield: profile.darkfield.map(() => 60_000) };
    const refused = "The dark-field of channel MBP is brighter than the image";
    await expect(correctedStore(image, { MBP: bright })).rejects.toThrow(refused);
    const width = profile.shapeYx[1];
    const inRow = (at: number) => Math.floor(at / width) === 20;
    const streak = { ...profile, flatfield: profile.flatfield.map((value, at) => (inRow(at) ? 1.3 * value : value)) };
    const foreign = "The flat-field of channel MBP has what the image does not have: row 20";
    await expect(correctedStore(image, { MBP: streak })).rejects.toThrow(foreign);
    const warnings: string[] = [];
    const onWarning = (text: string) => void warnings.push(text);
    await correctedStore(image, { MBP: streak }, { trustProfiles: true, onWarning });
    expect(warnings).toEqual([expect.stringMatching(/has what stands out: row 20, .*, which the image has not\.$/)]);
  });
});

function shardedForm(folder: string) {
  return { output: join(folder, "sharded"), omeVersion: "0.5", shards: [1, 10, 96, 160], overwrite: true };
}
