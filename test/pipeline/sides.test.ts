import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { correctImage, DirectoryStore, inspectImage, openImage } from "../../src/node.ts";
import { decodeProfile } from "../../src/profile/npz-profile.ts";
import { flatfieldError } from "../../src/report/plane-measures.ts";
import { readBox } from "../../src/zarr/box.ts";
import { light, writeSideTile } from "../support/side-tiles.ts";
import { withVerdicts } from "../support/verdicts.ts";

const root = "brain_Mag2x_Ch488.ome.zarr";
const twice = "liver_Mag2x_Ch488.ome.zarr";
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "isolux-sides-"));
  // The automatic mode of the microscope: tiles of one half from one side, of the other half from the other.
  for (const [tile, side, y, x] of [
    [0, "Left", 0, 0],
    [1, "Left", 70, 0],
    [2, "Right", 0, 56],
    [3, "Right", 70, 56],
  ] as const) {
    await writeSideTile(new DirectoryStore(join(folder, root)), tile, side, [y, x]);
  }
  // Both sides of every tile, one after the other.
  for (const side of ["Left", "Right"] as const) {
    await writeSideTile(new DirectoryStore(join(folder, twice)), 0, side, [0, 0]);
    await writeSideTile(new DirectoryStore(join(folder, twice)), 1, side, [70, 0]);
  }
});
afterAll(() => rm(folder, { recursive: true }));

it("both sides of the same tiles are channels of their own", async () => {
  const options = { image: join(folder, twice), zLevels: [6, 6] as [number, number], nZplanes: 12, workers: 1 };
  const { output, channels } = await correctImage({ ...options, background: "keep" });
  expect(channels.map(({ label, side }) => [label, side])).toEqual([
    ["488_Left", undefined],
    ["488_Right", undefined],
  ]);
  const { array } = (await openImage(output)).levels[0]!;
  expect(array.metadata.shape).toEqual([2, 12, 80, 32]);
  const pixels = await readBox(array, [0, 0, 0, 0], array.metadata.shape);
  expect(Math.max(...pixels) / Math.min(...pixels)).toBeLessThan(1.1);
});

it("a look at the image tells the side of every tile", async () => {
  const { tiles } = await inspectImage({ image: join(folder, root) });
  // The tile of the largest stage position lies at the top left.
  expect(tiles.map(({ number, perChannel }) => [number, perChannel[0]!.side])).toEqual([
    [1, "Right"],
    [2, "Right"],
    [3, "Left"],
    [4, "Left"],
  ]);
});

it("each side of the light sheet gets its own profile, and its own tiles get it", async () => {
  withVerdicts();
  const models = join(folder, "models");
  const options = { image: join(folder, root), zLevels: [6, 6] as [number, number], nZplanes: 12, workers: 1 };
  const { output, channels, verdict } = await correctImage({ ...options, background: "keep", saveModels: models });
  expect(verdict!.channels.map(({ label }) => label)).toEqual(["488"]);

  expect(output).toBe(join(folder, "brain_Mag2x_Ch488_flatfield_corr.ome.zarr"));
  expect(channels.map(({ label, side }) => [label, side])).toEqual([
    ["488", "Left"],
    ["488", "Right"],
  ]);
  expect((await readdir(join(models, "488"))).sort()).toEqual(["Left", "Right"]);
  for (const side of ["Left", "Right"] as const) {
    const path = join(models, "488", side, "profiles.npz");
    const { profile } = decodeProfile(await readFile(path), path);
    const truth = Array.from(profile.flatfield, (_, i) => light(side, i % 32));
    expect(flatfieldError(profile.flatfield, truth)).toBeLessThan(0.01);
  }

  const { array } = (await openImage(output)).levels[0]!;
  const { shape } = array.metadata;
  const pixels = await readBox(array, [0, 0, 0, 0], shape);
  expect(shape).toEqual([1, 12, 80, 64]);
  const spread = Math.max(...pixels) / Math.min(...pixels);
  expect(spread).toBeLessThan(1.1);

  // Given back, they make the same image; with one profile for both sides the light stays uneven.
  const again = await correctImage({
    ...options,
    zLevels: [],
    modelsFolder: models,
    background: "keep",
    output: `${output}2`,
  } as never);
  const same = await readBox((await openImage(again.output)).levels[0]!.array, [0, 0, 0, 0], shape);
  expect(same).toEqual(pixels);
  const joint = await correctImage({ ...options, sides: "joint", background: "keep", output: `${output}3` });
  expect(joint.channels.map(({ side }) => side)).toEqual([undefined]);
  const uneven = await readBox((await openImage(joint.output)).levels[0]!.array, [0, 0, 0, 0], shape);
  expect(Math.max(...uneven) / Math.min(...uneven)).toBeGreaterThan(1.3);
});
