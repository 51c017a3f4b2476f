import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { isProxy, openProxy } from "../../../src/acquisition/native/proxy.ts";
import { DirectoryStore } from "../../../src/zarr/disk/directory-store-node.ts";
import { encodeJson, type JsonObject } from "../../../src/zarr/json.ts";
import { MemoryStore } from "../../../src/zarr/memory-store.ts";
import { hasReferenceData, referenceFolder } from "../../support/reference-data.ts";
import { patternedPixels } from "../write-image.ts";
import { writeNative } from "./native-files.ts";

const sourceName = "demo.ome.zarr";
const names = ["488", "561"].flatMap((channel) =>
  [0, 1].map((tile) => `Mag5x Mitutoyo_Tile${tile}_Ch${channel}_Flt515LP_Sh0_Rot0.ome.zarr`),
);

function manifest(source: string, change: JsonObject = {}): JsonObject {
  const entry = (channel: number, tile: number) => ({
    tile_id: tile,
    channel_index: channel,
    store_relpath: names[2 * channel + tile]!.replaceAll(" ", "_"),
  });
  const tiles = { "488": [[entry(0, 0)], [entry(0, 1)]], "561": [[entry(1, 0)], [entry(1, 1)]] };
  const type = "mesospim_proxy_v1";
  return { manifest: { type, source_omezarr: source, tile_shape_zyx: [4, 8, 6], dtype: "uint16", tiles, ...change } };
}

/** A proxy in `proxy.zarr` and its acquisition, which also holds tiles of another side, in the folder `sourceFolder`. */
async function writeProxy(store: MemoryStore, sourceFolder: string, document: JsonObject): Promise<void> {
  await store.set("set/proxy.zarr/fake_raw_image/proxy_manifest.json", encodeJson(document));
  const other = names[0]!.replace("Sh0", "Sh1");
  const tiles = [...names, other].map((name, seed) => ({ name, seed, translation: [0, seed, 0] as const }));
  await writeNative(store, `${sourceFolder}${sourceName}`, tiles);
}

const proxyKey = "set/proxy.zarr/fake_raw_image";

describe("openProxy", () => {
  it("yields the tiles of the manifest, tile by tile, of the acquisition at its path", async () => {
    const store = new MemoryStore("/disk");
    await writeProxy(store, "elsewhere/", manifest(`/disk/elsewhere/${sourceName}`));
    expect(await isProxy(store, proxyKey)).toBe(true);
    const views = await openProxy(store, proxyKey);
    expect(views.map(({ name }) => name)).toEqual([names[0], names[2], names[1], names[3]]);
    const pixels = await views[1]!.levels[0]!.read({ start: [0, 0, 0], stop: [4, 8, 6] });
    expect(pixels).toEqual(patternedPixels("uint16", [4, 8, 6], 2));
  });

  it("keeps the channels in the manifest's order, not in that of its keys", async () => {
    const store = new MemoryStore("/disk");
    const entry = (channel: number, tile: number) => ({
      tile_id: tile,
      channel_index: 1 - channel,
      store_relpath: names[2 * channel + tile],
    });
    const tiles = { "488": [[entry(0, 0), entry(0, 1)]], "561": [[entry(1, 0), entry(1, 1)]] };
    await writeProxy(store, "set/", manifest(`/disk/set/${sourceName}`, { tiles }));
    const views = await openProxy(store, proxyKey);
    expect(views.map(({ channel }) => channel)).toEqual(["561", "488", "561", "488"]);
  });

  it.each(["set/", ""])("finds an acquisition that has moved to %j", async (folder) => {
    const store = new MemoryStore("/disk");
    await writeProxy(store, folder, manifest(`D:\\data\\2024\\${sourceName}`));
    expect(await openProxy(store, proxyKey)).toHaveLength(4);
  });

  it("reaches out of its store where it may", async () => {
    const outer = new MemoryStore("/disk");
    await writeProxy(outer, "set/", manifest(`/gone/${sourceName}`));
    const inner = new MemoryStore("/disk/set/proxy.zarr");
    await inner.set("fake_raw_image/proxy_manifest.json", encodeJson(manifest(`/gone/${sourceName}`)));
    const asked: string[] = [];
    const openFolder = (path: string) => {
      asked.push(path);
      return path === "/disk/set" ? relocated(outer, "set") : new MemoryStore(path);
    };
    expect(await openProxy(inner, "fake_raw_image", { openFolder })).toHaveLength(4);
    expect(asked).toEqual(["/gone", "/disk/set"]);
    await expect(openProxy(inner, "fake_raw_image")).rejects.toThrow(
      /is not there \(\/disk\/set\/proxy.zarr\/fake_raw_image\): found no tiles at \/gone\/demo.ome.zarr, nor in a folder demo.ome.zarr beside the proxy \(\/disk\/set\)/,
    );
  });

  it.each<[string, JsonObject, RegExp]>([
    [
      "a tile that is not there",
      { tiles: { "488": [[{ store_relpath: "Tile9" }]] } },
      /is missing or incomplete .*demo.ome.zarr\/Tile9/,
    ],
    [
      "tiles of another shape",
      { tile_shape_zyx: [4, 8, 7] },
      /differs from the .*found 4 x 8 x 6 uint16, expected 4 x 8 x 7/,
    ],
    ["tiles of another type", { dtype: "uint8" }, /found 4 x 8 x 6 uint16, expected 4 x 8 x 6 uint8/],
    ["another type of manifest", { type: "mesospim_proxy_v2" }, /type that Isolux does not know .*mesospim_proxy_v2/],
    ["no source", { source_omezarr: null }, /no usable source_omezarr .*found null, expected a path/],
    ["no shape", { tile_shape_zyx: [1, 2] }, /no usable tile_shape_zyx .*found \[1,2\]/],
    ["no type", { dtype: undefined }, /no usable dtype .*found nothing/],
    ["no tiles", { tiles: {} }, /no usable tiles .*proxy_manifest.json/],
    ["tiles without names", { tiles: { "488": [[null]] } }, /no usable tiles .*found null/],
  ])("refuses a manifest with %s", async (_, change, message) => {
    const store = new MemoryStore("/disk");
    await writeProxy(store, "set/", manifest(`/disk/set/${sourceName}`, change));
    await expect(openProxy(store, proxyKey)).rejects.toMatchObject({
      name: "IsoluxError",
      message: expect.stringMatching(message),
    });
  });

  it("knows what is no proxy", async () => {
    const store = new MemoryStore("/disk");
    await store.set("other/proxy_manifest.json", encodeJson({ manifest: { type: "something else" } }));
    expect([await isProxy(store, "other"), await isProxy(store, "none")]).toEqual([false, false]);
    await expect(openProxy(store, "none")).rejects.toThrow(/manifest is missing \(\/disk\/none\/proxy_manifest.json\)/);
  });
});

/** A store that shows the folder `below` of another as its root. */
function relocated(store: MemoryStore, below: string) {
  return {
    location: `${store.location}/${below}`,
    get: (key: string) => store.get(`${below}/${key}`),
    getRange: (key: string, range: Parameters<MemoryStore["getRange"]>[1]) => store.getRange(`${below}/${key}`, range),
    list: (folder: string) => store.list(folder === "" ? below : `${below}/${folder}`),
    facts: (key: string) => store.facts(`${below}/${key}`),
  };
}

describe.skipIf(!hasReferenceData)("a proxy that the reference prepared", () => {
  it("opens, though its path is one of another computer", async () => {
    const container = `${referenceFolder}data/mesospim/samples/native_v04_prepared/demo.zarr`;
    const store = new DirectoryStore(container);
    const asked: string[] = [];
    const openFolder = (path: string) => {
      asked.push(path);
      return new DirectoryStore(path);
    };
    const views = await openProxy(store, "fake_raw_image", { openFolder });
    expect(asked).toEqual(["/data/samples/native_v04_prepared", dirname(store.location)]);
    expect(views.map(({ name }) => /Tile\d_Ch\d+/.exec(name)![0])).toEqual(
      [0, 1, 2, 3, 4, 5].flatMap((tile) => [`Tile${tile}_Ch488`, `Tile${tile}_Ch561`]),
    );
    // Beside the acquisition lie its metadata, which tell the stage's positions.
    expect(views[0]!.stageUmZyx).toEqual([0, -22, -7]);
  });
});
