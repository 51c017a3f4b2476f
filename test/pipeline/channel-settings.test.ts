import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { convertImage, correctImage, DirectoryStore, estimateProfiles, openImage } from "../../src/node.ts";
import { metaOfStack, rawStack } from "../acquisition/pages/stacks.ts";

let folder: string;
let image: string;

/** Settings as the reference's converter reads them. */
const settings = {
  "561": { label: "Lectin", color: "#c47c3e", dye_wavelength: "NaN", laser_wavelength: "561" },
  "640": { label: "PGP9.5", color: "00C853", dye_wavelength: "NaN", laser_wavelength: "640" },
  "488": { label: "MBP", window: { start: 7, end: 2e5 } },
};

/** Two tiles in two channels, the second channel from both sides. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "isolux-channels-"));
  image = join(folder, "in");
  const store = new DirectoryStore(folder);
  for (const tile of [0, 1]) {
    for (const [laser, side] of [
      ["488", 0],
      ["561", 0],
      ["561", 1],
    ] as const) {
      const file = `in/brain_Mag5x_Tile${tile}_Ch${laser}_FltLP_Sh${side}_Rot0.raw`;
      await store.set(
        file,
        rawStack([2, 3, 4], (n) => 1000 + n),
      );
      const shutter = side === 0 ? "Left" : "Right";
      await store.set(
        `${file}_meta.txt`,
        metaOfStack({ Laser: `${laser} nm`, laser: `${laser} nm`, Shutter: shutter, x_pos: `${tile * 100}` }),
      );
    }
  }
});
afterAll(() => rm(folder, { recursive: true }));

async function settingsFile(content: unknown): Promise<string> {
  const file = join(folder, "channels.json");
  await writeFile(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
}

async function channelsOf(path: string) {
  const attributes = JSON.parse(await readFile(join(path, ".zattrs"), "utf8"));
  return attributes.omero.channels;
}

describe("channel settings", () => {
  it("name the channels of a microscope's tiles, give their colours and their windows", async () => {
    const output = join(folder, "named.zarr");
    const notes: string[] = [];
    const report = (event: { kind: string; text?: string }) => notes.push(event.text ?? "");
    const channelSettings = await settingsFile(settings);
    const summary = await convertImage({ image, output, channelSettings, workers: 1 }, { report });
    expect(summary.channels.map(({ label }) => label)).toEqual(["MBP", "Lectin_Left", "Lectin_Right"]);
    const channels = await channelsOf(output);
    expect(channels).toMatchObject([
      { label: "MBP", wavelength_id: "488", color: "009E73", window: { min: 0, max: 2e5, start: 7, end: 2e5 } },
      { label: "Lectin_Left", wavelength_id: "561", color: "C47C3E" },
      { label: "Lectin_Right", wavelength_id: "561", color: "C47C3E" },
    ]);
    expect((await openImage(output)).channels.map(({ label }) => label)).toEqual([
      "MBP",
      "Lectin_Left",
      "Lectin_Right",
    ]);
    expect(notes.filter((text) => text.includes("say nothing of"))).toEqual([]);
  });

  it("name profiles too, and what is left out of them keeps the laser line and its colour", async () => {
    const channelSettings = await settingsFile({ 488: { label: "MBP" } });
    const models = join(folder, "models");
    const request = { image, fovList: [1], channelSettings, workers: 1 };
    const estimated = await estimateProfiles({ ...request, output: models });
    expect(estimated.channels.map(({ label }) => label)).toEqual(["MBP", "561_Left", "561_Right"]);
    const output = join(folder, "corrected.zarr");
    const notes: string[] = [];
    const report = (event: { kind: string; text?: string }) => notes.push(event.text ?? "");
    const given = { image, channelSettings, workers: 1, modelsFolder: models, channels: ["MBP"], output };
    await correctImage(given, { report });
    expect(notes).toContain("The channel settings say nothing of 561_Left, 561_Right.");
    const colors = (await channelsOf(output)).map(({ label, color }: Record<string, string>) => [label, color]);
    expect(colors).toEqual([
      ["MBP", "009E73"],
      ["561_Left", "E69F00"],
      ["561_Right", "D55E00"],
    ]);
  });

  it("fill in what a mosaic does not say, and leave what it says", async () => {
    const [plain, bare, filled] = ["plain.zarr", "bare.zarr", "filled.zarr"].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    await convertImage({ image, output: plain, workers: 1 });
    const kept = await settingsFile({ 488: { label: "other", color: "123456" } });
    await convertImage({ image: plain, output: bare, channelSettings: kept, workers: 1 });
    expect((await channelsOf(bare))[0]).toMatchObject({ label: "488", color: "009E73" });
    const document = JSON.parse(await readFile(join(bare, ".zattrs"), "utf8"));
    await writeFile(join(bare, ".zattrs"), JSON.stringify({ ...document, omero: undefined }));
    const named = await settingsFile({ channel_2: { label: "Lectin", color: "123456", laser_wavelength: "561" } });
    await convertImage({ image: bare, output: filled, omeVersion: "0.5", channelSettings: named, workers: 1 });
    const { attributes } = JSON.parse(await readFile(join(filled, "zarr.json"), "utf8"));
    expect(attributes.ome.omero.channels).toMatchObject([
      { label: "channel_1", window: { start: expect.any(Number) } },
      { label: "Lectin", color: "123456", wavelength_id: "561" },
      { label: "channel_3" },
    ]);
  });

  it("that changed are another run", async () => {
    const output = join(folder, "again.zarr");
    const stop = new AbortController();
    const report = (event: { kind: string }) => event.kind === "progress" && stop.abort();
    const request = { image, output, workers: 1 };
    const first = await settingsFile({ 488: { label: "MBP" } });
    const stopped = convertImage({ ...request, channelSettings: first }, { report, signal: stop.signal });
    await expect(stopped).rejects.toThrow(/interrupted/i);
    const second = await settingsFile({ 488: { label: "GFP" } });
    await expect(convertImage({ ...request, channelSettings: second })).rejects.toThrow(/channel.?settings/i);
  });

  it.each([
    ["{", /^The channel settings are not valid JSON/],
    ["[1]", /^A file of channel settings cannot be used.* found \[1\], expected an object/],
    [{ 488: "MBP" }, /entry "488".* found "MBP"/],
    [{ 488: {} }, /entry "488".* expected a label, a color or a window/],
    [{ 488: { label: "" } }, /label of "488".* expected a text/],
    [{ 488: { label: "a/b" } }, /label cannot name a folder/],
    [{ 488: { color: "blue" } }, /color of "488".* found "blue", expected six hexadecimal digits/],
    [{ 488: { window: { start: 5, end: 5 } } }, /window of "488"/],
    [{ 488: { window: { start: 5, end: 9, max: 8 } } }, /window of "488"/],
    [{ 488: { label: "A" }, 561: { label: "A" } }, /labels .* found "A" for 488 and 561/],
    [{ 488: { label: "561_Left" }, 561: { color: "123456" } }, /same label/],
  ])("%j are refused in a sentence", async (content, message) => {
    const channelSettings = await settingsFile(content);
    const output = join(folder, "refused.zarr");
    await expect(convertImage({ image, output, channelSettings, workers: 1 })).rejects.toThrow(message);
  });

  it("that are not there are missed", async () => {
    const channelSettings = join(folder, "missing.json");
    const output = join(folder, "refused.zarr");
    await expect(convertImage({ image, output, channelSettings })).rejects.toThrow(
      /no file of channel settings.*missing/,
    );
  });
});
