import { describe, expect, it } from "vitest";
import { openMosaic } from "../../../src/acquisition/open-mosaic.ts";
import { channelsWithLight } from "../../../src/pipeline/profiles/channels-with-light.ts";
import { writeSyntheticAcquisition } from "../../../src/synthetic/write-acquisition.ts";
import { MemoryStore } from "../../../src/zarr/memory-store.ts";

const lit = { label: "A", wavelengthId: "488", color: "4FC3F7", background: 240, autofluorescence: 500, labelled: 900 };
const off = { ...lit, label: "B", background: 0, autofluorescence: 0, labelled: 0 };

/** A mosaic with a lit channel and one that was switched off, of `value` counts everywhere. */
async function mosaicOf(channels: (typeof lit)[], value = 0) {
  const store = new MemoryStore();
  const scene = {
    gridYx: [2, 2],
    tileShapeYx: [48, 48],
    planes: 4,
    levelCount: 2,
    darkfield: 0,
    readNoise: 0,
  } as const;
  const made = await writeSyntheticAcquisition(store, "a.zarr", { ...scene, cameraOffset: value, channels });
  return openMosaic(store, made.imageKey);
}

async function chosen(acquisition: Awaited<ReturnType<typeof mosaicOf>>, channels?: string[]) {
  const told: string[] = [];
  const report = (event: { kind: string; text?: string }) => void told.push(`${event.kind}: ${event.text}`);
  const { signal } = new AbortController();
  const found = await channelsWithLight(acquisition, { channels, seed: 0 }, { report, signal });
  return { labels: found.map(({ label }) => label), told };
}

describe("channels with light", () => {
  it.each([
    [0, "all its pixels are 0"],
    [300, "all its pixels are 300"],
  ])("leave out one that shows nothing but %i, and say so", async (value, reason) => {
    const { labels, told } = await chosen(await mosaicOf([lit, off], value));
    expect(labels).toEqual(["A"]);
    expect(told).toEqual([`warning: Channel B is copied as it is: ${reason}, so that no profile can be estimated.`]);
  });

  it("are those that were asked for, whatever they show", async () => {
    expect(await chosen(await mosaicOf([lit, off]), ["B"])).toEqual({ labels: ["B"], told: [] });
  });

  it("are none where no channel shows anything: that is an error", async () => {
    await expect(chosen(await mosaicOf([off]))).rejects.toThrow(/shows nothing.*channel B: all its pixels are 0/);
  });
});
