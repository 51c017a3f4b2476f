/** What mesoSPIM-control 1.25 tells of its image processors, its microscope, and of planes that it lost. */
import { describe, expect, it } from "vitest";
import { parseMetaText } from "../../src/acquisition/native/meta-text.ts";
import { openAcquisition } from "../../src/acquisition/open-acquisition.ts";
import { harmfulProcessors } from "../../src/acquisition/processed-pixels.ts";
import { MemoryStore } from "../../src/zarr/memory-store.ts";
import { metaText } from "./native/native-files.ts";
import { rawStack } from "./pages/stacks.ts";

const sections = `[MICROSCOPE PARAMETERS] 
[institution] Somewhere
[type] benchtop

[OBJECTIVE] 
[name] 5x/0.14
[magnification] 5

`;
const processors = (names: readonly string[], more = "") =>
  `[IMAGE PROCESSORS] \n[Processor count] ${names.length}\n` +
  `${names.map((name, index) => `[Processor ${index + 1}] ${name}\n`).join("")}${more}\n`;

describe("a _meta.txt", () => {
  it("names processors, the microscope and its objective", () => {
    const after = sections + processors(["Binning", "DifferenceOfGaussians"], "[bin_factor] 2\n[method] mean\n");
    const [block] = parseMetaText(metaText({ after }), "a_meta.txt");
    expect(block!.processors).toEqual(["Binning", "DifferenceOfGaussians"]);
    expect(block!.binning).toBe(2);
    expect(block!.instrument).toMatchObject({
      "MICROSCOPE PARAMETERS": { institution: "Somewhere", type: "benchtop" },
      OBJECTIVE: { name: "5x/0.14", magnification: "5" },
      "IMAGE PROCESSORS": { "Processor count": "2", bin_factor: "2" },
    });
    expect(Object.keys(block!.instrument)).toHaveLength(3);
  });

  it("of an older version, or one that claims too much, names none", () => {
    const [block] = parseMetaText(metaText(), "a_meta.txt");
    expect([block!.processors, block!.binning, block!.instrument]).toEqual([[], undefined, {}]);
    const [hostile] = parseMetaText(metaText({ after: "[IMAGE PROCESSORS] \n[Processor count] 1e9\n" }), "a_meta.txt");
    expect(hostile!.processors).toEqual([]);
  });

  it("binned by several processors were binned by their product", () => {
    const both = "[IMAGE PROCESSORS] \n[Processor 1] Binning\n[bin_factor] 2\n[Processor 2] Binning\n[bin_factor] 3\n";
    const [block] = parseMetaText(sections + both, "x");
    expect(block!.binning).toBe(6);
    expect(block!.processors).toEqual(["Binning", "Binning"]);
  });

  it.each([
    ["in small letters, with underscores", "[image_processors] \n[processor_count] 1\n[processor_1] Binning\n"],
    ["without their number", "[IMAGE PROCESSORS] \n[Processor 1] Binning\n"],
    ["counted from 0, in another order", "[IMAGE PROCESSORS] \n[Processor count] 1\n[Processor 0] Binning\n"],
    ["after their settings", "[IMAGE PROCESSORS] \n[bin_factor] 2\n[Processor 1] Binning\n[Processor count] 1\n"],
    ["without a blank line before them", "[extra] 1\n[IMAGE PROCESSORS] \n[Processor 1] Binning\n"],
  ])("names processors %s", (_, after) => {
    const [block] = parseMetaText(metaText({ after: `\n${after}\n` }), "a_meta.txt");
    expect(block!.processors).toEqual(["Binning"]);
  });

  it("names several processors in the order of their numbers", () => {
    const after =
      "\n[IMAGE PROCESSORS] \n[Processor 2] pixel binning\n[Processor 10] gaussian_blur\n[Processor 1] Identity\n\n";
    const [block] = parseMetaText(metaText({ after }), "a_meta.txt");
    expect(block!.processors).toEqual(["Identity", "pixel binning", "gaussian_blur"]);
    // Who is not known may have changed the light
    expect(harmfulProcessors(block!.processors)).toEqual(["pixel binning"]);
  });

  it("tells of processors that leave no light to correct", () => {
    expect(harmfulProcessors(["Identity", "Binning", "GaussianBlur"])).toEqual([]);
    expect(harmfulProcessors(["BackgroundSubtraction", "NeuralDenoise", "Mine", "Mine"])).toHaveLength(3);
  });
});

describe("an acquisition", () => {
  async function open(after: string, bytes: Uint8Array) {
    const store = new MemoryStore();
    const name = "in/a_Mag5x_Tile0_Ch488_Sh0_Rot0.raw";
    await store.set(name, bytes);
    const text = metaText({ after, planes: 2, rotation: 0, stageUmZyx: [0, 0, 0] });
    await store.set(`${name}_meta.txt`, new TextEncoder().encode(text.replace("5056", "45").replace("2960", "65")));
    const warnings: string[] = [];
    const { acquisition } = await openAcquisition(store, "in", { note: (words) => warnings.push(words) });
    return { acquisition, warnings };
  }

  it("of processed pixels is said to be one, and keeps what is told of the microscope", async () => {
    const { acquisition, warnings } = await open(
      sections + processors(["BackgroundSubtraction"]),
      rawStack([2, 45, 65], (n) => n),
    );
    expect(acquisition.processors).toEqual(["BackgroundSubtraction"]);
    expect(acquisition.instrument?.OBJECTIVE).toEqual({ name: "5x/0.14", magnification: "5" });
    expect(warnings).toEqual([
      "The microscope processed the pixels before it stored them (BackgroundSubtraction): their illumination can " +
        "no longer be estimated reliably",
    ]);
  });

  it.each([
    ["which the metadata name", processors(["Binning"], "[bin_factor] 5\n"), 5, [9, 13]],
    ["as a camera does", "", 2, [22, 32]],
  ])("in RAW files binned by a factor %s", async (_, after, factor, [height, width]) => {
    const { acquisition, warnings } = await open(
      after,
      rawStack([2, height!, width!], (n) => n),
    );
    expect(acquisition.levels[0]!.shapeZyx).toEqual([2, height, width]);
    expect(acquisition.pixelSizeUmZyx).toEqual([5, 1.625 * factor, 1.625 * factor]);
    expect(warnings[0]).toContain(`have the size of pixels binned by ${factor}, and are read so`);
  });

  it("in a RAW file of no such size is refused", async () => {
    await expect(
      open(
        "",
        rawStack([2, 7, 7], (n) => n),
      ),
    ).rejects.toThrow("bytes");
  });
});
