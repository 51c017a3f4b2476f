import { describe, expect, it } from "vitest";
import { openMosaic } from "../../../src/acquisition/open-mosaic.ts";
import type { ChannelProfile } from "../../../src/pipeline/profiles/channel-profile.ts";
import { keepBrightBackgrounds } from "../../../src/pipeline/run/losses.ts";
import { writeSyntheticAcquisition } from "../../../src/synthetic/write-acquisition.ts";
import { MemoryStore } from "../../../src/zarr/memory-store.ts";

const shapeYx = [48, 48] as const;

/** Tiles of 240 counts of background with sample on top, and a profile whose baseline is said to be an offset. */
async function assess(baseline: number, background: "auto" | "subtract" = "auto") {
  const store = new MemoryStore();
  const channels = [
    { label: "A", wavelengthId: "488", color: "4FC3F7", background: 240, autofluorescence: 300, labelled: 900 },
  ];
  const scene = { gridYx: [2, 2], tileShapeYx: shapeYx, planes: 6, levelCount: 2, channels } as const;
  const made = await writeSyntheticAcquisition(store, "a.zarr", scene);
  const acquisition = await openMosaic(store, made.imageKey);
  const pixels = shapeYx[0] * shapeYx[1];
  const profile: ChannelProfile = {
    target: { channel: acquisition.channels[0]!, tiles: acquisition.tiles },
    source: "empty",
    profile: { shapeYx, flatfield: new Float32Array(pixels).fill(1), darkfield: new Float32Array(pixels), baseline },
    baselineMeaning: "offset",
    alignment: { kind: "centres", factorYx: [1, 1] },
    planes: [],
  };
  const told: string[] = [];
  const report = (event: { kind: string; text?: string }) => void told.push(`${event.kind}: ${event.text}`);
  const { signal } = new AbortController();
  const [assessed] = await keepBrightBackgrounds(acquisition, [profile], { background, seed: 0 }, { report, signal });
  return { meaning: assessed!.baselineMeaning, told };
}

describe("a baseline that is taken off unasked", () => {
  it("is one that is dimmer than what the image shows", async () => {
    expect(await assess(150)).toEqual({ meaning: "offset", told: [] });
  });

  it("is kept where it is brighter than much of the image, and a warning says so", async () => {
    const { meaning, told } = await assess(500);
    expect(meaning).toBe("brightness");
    expect(told.join()).toMatch(
      /^warning: Channel A: the background of 500 counts is brighter than \d+.* % of the pixels/,
    );
  });

  it("is taken off all the same where that was asked for", async () => {
    expect(await assess(500, "subtract")).toEqual({ meaning: "offset", told: [] });
  });
});
