import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  convertImage,
  correctImage,
  DirectoryStore,
  estimateProfiles,
  inspectImage,
  openImage,
} from "../../src/node.ts";
import { readBox } from "../../src/zarr/box.ts";
import { metaOfStack, rawStack } from "../acquisition/pages/stacks.ts";

let folder: string;
let image: string;

/** A folder of RAW stacks: two tiles at each of two rotations, one lit from the left and one from the right. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "isolux-rotations-"));
  image = join(folder, "stacks");
  const store = new DirectoryStore(image);
  for (const rot of [0, -90]) {
    for (const [tile, shutter] of ["Left", "Right"].entries()) {
      const file = `brain_Mag5x_Tile${tile}_Ch561_FltLP_Sh0_Rot${rot}.raw`;
      const first = 1000 + tile * 100 - rot;
      await store.set(
        file,
        rawStack([2, 3, 4], (n) => first + n),
      );
      const place = { x_pos: `${-100 * tile}`, rot: `${rot}`, Shutter: shutter };
      await store.set(`${file}_meta.txt`, metaOfStack(place));
    }
  }
});
afterAll(() => rm(folder, { recursive: true }));

describe("an acquisition of several rotations", () => {
  it("is refused with the options that choose one", async () => {
    const message =
      /several rotations.*Give --rotation 0 \(2 stacks\) or --rotation -90 \(2 stacks\)|--rotation -90 \(2 stacks\) or --rotation 0/;
    await expect(convertImage({ image, output: join(folder, "x.zarr") })).rejects.toThrow(message);
    await expect(inspectImage({ image })).rejects.toThrow(message);
    await expect(inspectImage({ image, rotation: 45 })).rejects.toThrow(/no tiles at a rotation of 45 degrees.*Give/);
  });

  it("gives a mosaic for each, beside the folder, with the names of images", async () => {
    const request = { image, fovList: [1, 2], background: "keep" as const, workers: 1 };
    const outputs = [];
    for (const rotation of [0, -90]) outputs.push((await correctImage({ ...request, rotation })).output);
    expect(outputs).toEqual([
      join(folder, "stacks_rot0_flatfield_corr.ome.zarr"),
      join(folder, "stacks_rot-90_flatfield_corr.ome.zarr"),
    ]);
    const output = join(folder, "turned.zarr");
    await convertImage({ image, output, rotation: -90, workers: 1 });
    const { array } = (await openImage(output)).levels[0]!;
    const row = await readBox(array, [0, 0, 0, 0], [1, 1, 1, 8]);
    expect([...row]).toEqual([1090, 1091, 1092, 1093, 1190, 1191, 1192, 1193]);
  });

  it("is inspected and estimated one at a time, with the sides of its tiles", async () => {
    const { tiles } = await inspectImage({ image, rotation: 0 });
    expect(tiles.map(({ perChannel }) => perChannel[0]!.side)).toEqual(["Left", "Right"]);
    const output = join(folder, "profiles");
    const summary = await estimateProfiles({ image, rotation: 0, fovList: [1, 2], output, workers: 1 });
    expect(summary.channels.map(({ side }) => side)).toEqual(["Left", "Right"]);
    expect((await readdir(join(output, "561"))).sort()).toEqual(["Left", "Right"]);
  });

  it("is no mosaic", async () => {
    await expect(inspectImage({ image: join(folder, "turned.zarr"), rotation: 0 })).rejects.toThrow(
      /This image is a mosaic.*Leave out --rotation/,
    );
  });
});

it("a conversion names its output as the command line does", async () => {
  const inside = convertImage({ image, output: join(image, "inside.zarr") });
  await expect(inside).rejects.toThrow(/The output lies inside the source.*Give another OUTPUT/);
  const there = convertImage({ image, rotation: 0, output: folder });
  await expect(there).rejects.toThrow(/The source lies inside the output.*OUTPUT/);
  const output = join(folder, "there.zarr");
  await convertImage({ image, rotation: 0, output, workers: 1 });
  await expect(convertImage({ image, rotation: 0, output })).rejects.toThrow(
    /--overwrite to replace it, or another OUTPUT/,
  );
});
