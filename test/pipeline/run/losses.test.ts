import { describe, expect, it } from "vitest";
import { openMosaic } from "../../../src/acquisition/open-mosaic.ts";
import type { BackgroundChoice } from "../../../src/correct/field.ts";
import type { ChannelProfile } from "../../../src/pipeline/profiles/channel-profile.ts";
import { reportLosses, reportLossesOfGiven } from "../../../src/pipeline/run/losses.ts";
import { allocatePixels, elementCount, type PixelType } from "../../../src/shapes.ts";
import { MemoryStore } from "../../../src/zarr/memory-store.ts";
import { writeImage } from "../../acquisition/write-image.ts";

const shape = [3, 32, 32] as const;
const shapeYx = [32, 32] as const;

/** Planes of 200 counts with noise of up to 5; a quarter, rows 0 to 7, shows 1000. */
function planes(type: PixelType) {
  const pixels = allocatePixels(type, elementCount(shape));
  return pixels.map((_, i) => (i % 1024 < 256 ? 1000 : 200) + ((Math.imul(i + 1, 2654435761) >>> 8) % 11) - 5);
}

/** What is told of a profile whose flat-field is 1. */
async function told(
  type: PixelType,
  { dark = 0, baseline = 0, background = "auto" as BackgroundChoice, pixels = planes(type) },
  tell: typeof reportLossesOfGiven = reportLosses,
  isDarkRefused = false,
) {
  const store = new MemoryStore();
  await writeImage(store, "image", [{ shape, chunkShape: [2, 16, 16], type, pixels }]);
  const acquisition = await openMosaic(store, "image");
  const count = elementCount(shapeYx);
  const [flatfield, darkfield] = [new Float32Array(count).fill(1), new Float32Array(count).fill(dark)];
  const profile: ChannelProfile = {
    target: { channel: acquisition.channels[0]!, tiles: acquisition.tiles },
    source: "given",
    profile: { shapeYx, flatfield, darkfield, baseline },
    baselineMeaning: "offset",
    alignment: { kind: "centres", factorYx: [1, 1] },
    planes: [],
  };
  const texts: string[] = [];
  const report = (event: { kind: string; text?: string }) => void texts.push(`${event.kind}: ${event.text}`);
  const { signal } = new AbortController();
  await tell(acquisition, [profile], { background, seed: 0, isDarkRefused }, { report, signal });
  return texts;
}

const lost = (share: string, fate: string, what: string) => [
  `warning: MUCH OF THE PICTURE IS LOST. Channel channel_1: ${share} of the pixels ${fate}: ${what} is more than they show.`,
];

describe("what a profile takes away, before anything is written", () => {
  it.each([
    ["uint16", 500, "75.00 %", "would be negative and become 0"],
    ["uint16", 5000, "100.00 %", "would be negative and become 0"],
    ["uint32", 5000, "100.00 %", "would be negative and become 0"],
    ["int16", 500, "75.00 %", "become negative"],
    ["float32", 500, "75.00 %", "become negative"],
    ["float64", 5000, "100.00 %", "become negative"],
  ] as const)("is told of %s less a dark-field of %d counts", async (type, dark, share, fate) => {
    expect(await told(type, { dark })).toEqual(lost(share, fate, "the dark-field"));
  });

  it.each(["uint16", "float32"] as const)("is told of a background taken off %s: below it is 0", async (type) => {
    const what = "the background of 600 counts (--background keep leaves it)";
    const texts = await told(type, { baseline: 600, background: "subtract" });
    expect(texts).toEqual(lost("75.00 %", "would be negative and become 0", what));
  });

  it.each([0, 100, 199, 200, 201])(
    "is nothing where a dark-field of %d counts is noise apart from the dimmest",
    async (dark) => {
      for (const type of ["uint16", "int16", "float32"] as const) expect(await told(type, { dark })).toEqual([]);
    },
  );

  it("is no less where most of the image is tissue, which differs from pixel to pixel", async () => {
    // Tissue of 1000 +- 400 in three quarters; background of 200 +- 5 in the last one.
    const pixels = planes("uint16").map((value, i) => {
      return value > 600 ? value - 800 : 600 + 80 * ((Math.imul(i + 7, 2654435761) >>> 9) % 11);
    });
    expect(await told("uint16", { dark: 230, pixels })).toEqual(
      lost("25.00 %", "would be negative and become 0", "the dark-field"),
    );
    expect(await told("uint16", { dark: 200, pixels })).toEqual([]);
  });

  it("counts no background that is kept because it is bright", async () => {
    expect(await told("uint16", { baseline: 600 }, reportLossesOfGiven)).toEqual([]);
    expect(await told("float32", { baseline: 600 }, reportLossesOfGiven)).toEqual([]);
    expect(await told("uint16", { dark: 500, baseline: 600 }, reportLossesOfGiven)).toEqual(
      lost("75.00 %", "would be negative and become 0", "the dark-field"),
    );
  });

  it("is refused where a given dark-field is more than the pixels show, or less than nothing", async () => {
    const refused = (type: PixelType, dark: number) => told(type, { dark }, reportLossesOfGiven, true);
    await expect(refused("uint16", 500)).rejects.toThrow("found 75.00 % of the pixels below it (500 to 500 counts)");
    await expect(refused("float32", 500)).rejects.toThrow("or give --trust-profiles to take it as it is");
    await expect(refused("uint16", -50)).rejects.toThrow(
      "The dark-field of channel channel_1 is negative everywhere: found -50 to -50 counts",
    );
    expect(await refused("float32", -50)).toEqual([]);
    expect(await refused("uint16", 150)).toEqual([]);
  });
});
