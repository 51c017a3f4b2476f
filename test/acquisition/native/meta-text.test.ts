import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseMetaText, readMetaText } from "../../../src/acquisition/native/meta-text.ts";
import { MemoryStore } from "../../../src/zarr/memory-store.ts";
import { processorMs } from "../../support/processor-time.ts";
import { hasReferenceData, referenceFolder } from "../../support/reference-data.ts";
import { metaText } from "./native-files.ts";

const one = (text: string) => parseMetaText(text, "a_meta.txt")[0]!;

describe("parseMetaText", () => {
  it("reads every value of a block", () => {
    const block = one(metaText());
    expect(block).toMatchObject({
      where: "a_meta.txt",
      describedFile: "D:/data/a b [1]/tile.ome.zarr",
      laser: "488 nm",
      channel: "488",
      intensityPercent: 12.5,
      zoom: "4x Olympus",
      pixelSizeUm: 1.625,
      filter: "561/LP Quad",
      side: "Right",
      stageUmZyx: [-100, 250.25, -1500.5],
      zEndUm: 900,
      zStepUm: 5,
      planeCount: 201,
      rotation: -45,
      planeShapeYx: [5056, 2960],
      isFinished: true,
    });
    expect(block.all).toMatchObject({ "ETL CFG File": "config/etl RI_1.56.csv", x_pos: "-1500.5", Zoom: "4x Olympus" });
  });

  it("keeps what is meant where image processors use the same keys", () => {
    const block = one(
      metaText({ after: "\n[IMAGE PROCESSORS] \n[Processor count] 1\n[Filter] median\n[Laser] none\n[x_pixels] 2\n" }),
    );
    expect([block.filter, block.laser, block.planeShapeYx]).toEqual(["561/LP Quad", "488 nm", [5056, 2960]]);
    expect([block.all.Filter, block.find("IMAGE PROCESSORS", "Filter")]).toEqual(["561/LP Quad", "median"]);
  });

  it("keeps the first of a key that comes twice in a section", () => {
    expect(one(metaText({ filter: "first\n[Filter] second" })).filter).toBe("first");
  });

  it("finds sections of headings that it does not know", () => {
    const block = one(metaText({ after: "\n[STAGE] \n[camera_type] none\n[speed] 2\n" }));
    expect([block.find("STAGE", "speed"), block.find("CAMERA PARAMETERS", "speed")]).toEqual(["2", undefined]);
  });

  it("does not take an empty value for a heading", () => {
    const block = one(metaText({ filter: "" }));
    expect([block.filter, block.side]).toEqual(["", "Right"]);
  });

  it("finds sections that no blank line parts, and lines of any computer", () => {
    const dense = metaText().replaceAll(/\n\n/g, "\n");
    const reference = one(metaText());
    for (const text of [dense, metaText().replaceAll("\n", "\r\n"), dense.replaceAll("\n", "\r")]) {
      expect(one(text).sections).toEqual(reference.sections);
    }
  });

  it("parts the blocks of one file, also where files were joined without a line break", () => {
    const texts = ["405 nm", "488 nm", "Brightfield"].map((laser) => metaText({ laser }));
    for (const joined of [texts.join("\n"), texts.map((text) => text.trimEnd()).join("")]) {
      const blocks = parseMetaText(joined, "all_meta.txt");
      expect(blocks.map(({ channel }) => channel)).toEqual(["405", "488", "Brightfield"]);
      expect(blocks.map(({ where }) => where)[2]).toBe("all_meta.txt, block 3");
      expect(blocks.map(({ isFinished }) => isFinished)).toEqual([true, true, true]);
    }
  });

  it("flags blocks that were not finished", () => {
    const aborted = metaText({ timing: "" });
    const older = metaText({ timing: "[TIMING INFORMATION] \n[Stopped stack] 20200101-120000\n" });
    const blocks = parseMetaText(aborted + metaText() + older, "a");
    expect(blocks.map(({ isFinished }) => isFinished)).toEqual([false, true, true]);
  });

  it.each([
    ["x_pos", "lots", /unusable \[x_pos\] \(a_meta.txt\): found "lots", expected a number/],
    ["x_pos", "", /unusable \[x_pos\] .*found ""/],
    ["y_pos", undefined, /lack \[y_pos\] under \[POSITION\] \(a_meta.txt\)/],
    ["z_start", "1,5", /\[z_start\].*"1,5"/],
  ])("says which key is wrong, once it is needed: %s = %s", (key, value, message) => {
    const line = value === undefined ? "" : `[${key}] ${value}\n`;
    const block = one(metaText().replace(new RegExp(`\\[${key}\\].*\\n`), line));
    expect(block.laser).toBe("488 nm");
    expect(() => block.stageUmZyx).toThrow(message);
    expect(() => block.stageUmZyx).toThrow(expect.objectContaining({ kind: "corrupt" }));
  });

  it("reads keys with underscores, and files of a few keys without headings", () => {
    const few = one("[Pixelsize_in_um] 4.08\n[x_pos] 7\n[y_pos] -3\n[z_stepsize] -5\n");
    expect(few).toMatchObject({ isPlaced: true, pixelSizeUm: 4.08, zStepUm: 5, stageUmZyx: [0, -3, 7] });
    expect([few.channel, few.isFinished]).toEqual([undefined, false]);
    const snapshot = one("[POSITION] \n[x_pos] 7\n[y_pos] -3\n[z_pos] 12.5\n");
    expect(snapshot.stageUmZyx).toEqual([12.5, -3, 7]);
    // A heading parts what comes before it from what follows.
    const older = one("[z_stepsize] 1.00\n\n[POSITION]\n[x_pos] 7\n[y_pos] -3\n[z_stepsize] 5\n");
    expect(older.zStepUm).toBe(5);
    expect(one("[Laser] 488 nm\n").isPlaced).toBe(false);
  });

  it("knows whether the stage moved towards smaller z", () => {
    expect(one(metaText()).runsDown).toBe(false);
    expect(one(metaText().replace("[z_end] 900", "[z_end] -900")).runsDown).toBe(true);
  });

  it("takes an empty laser for none", () => {
    expect(one(metaText({ laser: "" })).channel).toBeUndefined();
  });

  it("refuses sizes that cannot be", () => {
    const block = one(metaText().replace("[z_stepsize] 5.0", "[z_stepsize] 0"));
    expect(() => block.zStepUm).toThrow(expect.objectContaining({ kind: "invalid", found: '"0"' }));
  });

  it("knows no side where the shutter lets both through", () => {
    expect(one(metaText({ shutter: "Both" })).side).toBeUndefined();
  });

  it("refuses a file without metadata", () => {
    for (const text of ["", "\n\n", "some words\n"]) {
      expect(() => parseMetaText(text, "a_meta.txt")).toThrow(/The metadata file is empty \(a_meta.txt\)/);
    }
  });
});

describe("readMetaText", () => {
  it("reads UTF-8 and the western European code page, and knows when there is no file", async () => {
    const store = new MemoryStore("data");
    const text = metaText({ filter: "µ 520/35" });
    await store.set("utf8", new TextEncoder().encode(text));
    await store.set(
      "windows",
      Uint8Array.from(text, (character) => character.charCodeAt(0)),
    );
    for (const key of ["utf8", "windows"]) {
      expect((await readMetaText(store, key))![0]).toMatchObject({ filter: "µ 520/35", where: `data/${key}` });
    }
    expect(await readMetaText(store, "none")).toBeUndefined();
  });
});

describe.skipIf(!hasReferenceData)("metadata of others", () => {
  const read = (path: string) => {
    const file = `${referenceFolder}data/mesospim/${path}`;
    return parseMetaText(readFileSync(file, "utf8"), file);
  };

  it("has one block per view in a file of the reference's tests", () => {
    for (const file of ["example.raw_meta.txt", "example.tiff_meta.txt"]) {
      const blocks = read(`upstream_examples/${file}`);
      expect(blocks.map(({ channel }) => channel)).toEqual(["640", "561"]);
      expect(blocks.map(({ isFinished, side, planeShapeYx }) => [isFinished, side, planeShapeYx])).toEqual([
        [true, "Right", [3, 4]],
        [true, "Right", [3, 4]],
      ]);
    }
    expect(read("upstream_examples/multitile_example.h5_meta.txt").map(({ channel }) => channel)).toEqual([
      "640",
      "561",
    ]);
  });

  it("is all there in the file that the reference's converter joined", () => {
    const blocks = read("samples/mosaic_v04/demo.h5_meta.txt");
    expect(blocks).toHaveLength(12);
    expect(new Set(blocks.map(({ stageUmZyx, channel }) => `${stageUmZyx} ${channel}`)).size).toBe(12);
  });
});

describe("a file of any form", () => {
  it.each([
    ["many spaces in a value", `${metaText()}\n[Key] a${" ".repeat(2e5)}b\n`],
    ["many spaces before nothing", `${metaText()}\n${" ".repeat(2e5)}x\n`],
    ["an open bracket", `${metaText()}\n${"[".repeat(2e5)}`],
    ["many brackets", `${metaText()}\n${"[a] ".repeat(5e4)}`],
    ["many headings", `${metaText()}\n${"[POSITION]\n\n".repeat(5e4)}`],
    ["many blocks", "[Metadata for file] a\n".repeat(5e3)],
    ["many blank lines", `${"\n".repeat(2e5)}${metaText()}`],
  ])("is read in time that grows with its length: %s", (_, text) => {
    const ms = processorMs(() => expect(parseMetaText(text, "a_meta.txt").length).toBeGreaterThan(0));
    expect(ms).toBeLessThan(2000);
  });

  it("without a line in brackets is refused as fast", () => {
    const ms = processorMs(() => {
      expect(() => parseMetaText(`${"\n".repeat(2e5)}x`, "a_meta.txt")).toThrow("a_meta.txt");
    });
    expect(ms).toBeLessThan(2000);
  });

  it("has keys with brackets in them, and values with others", () => {
    const block = one("[[a] b] c\n[] d]  e \n[x]\n  [k]  v  ] w \n");
    expect([...block.sections].map(([name, entries]) => [name, [...entries]])).toEqual([
      [
        "",
        [
          ["[a", "b] c"],
          ["] d", "e"],
          ["x", ""],
          ["k", "v  ] w"],
        ],
      ],
    ]);
  });
});
