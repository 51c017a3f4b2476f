/** Time lapses of mesoSPIM-control 1.25: a file, or a folder, for each time point. */
import { describe, expect, it } from "vitest";
import type { OpenSynchronously } from "../../src/acquisition/bdv/hdf5-module.ts";
import { openAcquisition } from "../../src/acquisition/open-acquisition.ts";
import type { TileView } from "../../src/acquisition/tile-view.ts";
import { lapseName, overTimes } from "../../src/acquisition/time-points.ts";
import { MemoryStore } from "../../src/zarr/memory-store.ts";
import { bdvFile, columns, FileInMemory, planes, rows } from "./bdv/hdf5-files.ts";
import { writeNative } from "./native/native-files.ts";
import { metaOfStack, rawStack } from "./pages/stacks.ts";

const text = (lines: string) => new TextEncoder().encode(lines);

it("names of files of a time lapse tell that of the lapse", () => {
  expect(lapseName("a_Mag5x_Tile0_Ch488_Sh0_Rot0_Time000.tiff")).toBe("a_Mag5x_Tile0_Ch488_Sh0_Rot0.tiff");
  expect(lapseName("a_bdv_Time012.h5")).toBe("a_bdv.h5");
  expect(lapseName("a_Mag2x.ome_Time001.zarr")).toBe("a_Mag2x.ome.zarr");
  expect(["a_Time.tiff", "a_Time000", "Time000.h5"].map(lapseName)).toEqual([undefined, undefined, undefined]);
});

describe("a time lapse", () => {
  it("in RAW files, one of which was not written", async () => {
    const store = new MemoryStore();
    for (const tile of [0, 1]) {
      for (const time of [0, 1, 2]) {
        if (tile === 1 && time === 1) continue;
        const name = `in/a_Mag5x_Tile${tile}_Ch561_Sh1_Rot0_Time00${time}.raw`;
        await store.set(
          name,
          rawStack([2, 3, 4], (n) => 1000 * tile + 100 * time + n),
        );
        await store.set(`${name}_meta.txt`, metaOfStack({ x_pos: String(-100 * tile) }));
      }
    }
    const { acquisition } = await openAcquisition(store, "in");
    const [full] = acquisition.levels;
    expect([full!.timePoints, full!.shapeCzyx]).toEqual([3, [1, 6, 3, 8]]);
    expect(acquisition.tilesOfOneTime).toHaveLength(2);
    const plane = await full!.readBox(0, { start: [5, 0, 0], stop: [6, 1, 8] });
    expect([...plane]).toEqual([212, 213, 214, 215, 1212, 1213, 1214, 1215]);
    // A stack that is missing is empty
    expect([...(await full!.readBox(0, { start: [2, 0, 3], stop: [3, 1, 6] }))]).toEqual([103, 0, 0]);
  });

  it("in HDF5 files, opened by one of them", async () => {
    const store = new MemoryStore();
    const files = new Map<string, Uint8Array>();
    for (const time of [0, 1, 3]) {
      const name = `in/a_bdv_Time00${time}.h5`;
      const bytes = await bdvFile(1, [{ setup: time }]);
      files.set(`${store.location}/${name}`, bytes);
      await store.set(name, bytes);
      const meta = metaOfStack({ x_pixels: `${rows}`, y_pixels: `${columns}`, z_planes: `${planes}` });
      await store.set(`${name}_s0-t0_meta.txt`, meta);
    }
    await store.set("in/other_bdv_Time000.h5", text("of another lapse"));
    const openFile: OpenSynchronously = (location) => new FileInMemory(files.get(location)!, location);
    // The setup has another number in each of these files, so that they are views of their own
    await expect(openAcquisition(store, "in/a_bdv_Time001.h5", { openFile })).rejects.toThrow();
    for (const time of [0, 1, 3]) {
      const bytes = await bdvFile(1, [{ setup: 0 }]);
      files.set(`${store.location}/in/a_bdv_Time00${time}.h5`, bytes);
    }
    const { acquisition } = await openAcquisition(store, "in/a_bdv_Time001.h5", { openFile });
    expect(acquisition.levels[0]).toMatchObject({ timePoints: 3, shapeCzyx: [1, 3 * planes, rows, columns] });
  });

  it("in folders of groups, and in groups of one folder", async () => {
    const store = new MemoryStore("data");
    const meta = { rotation: 0, planes: 4, stageUmZyx: [0, 0, 0] as const };
    const name = "Mag1_Tile0_Ch488_Flt515LP_Sh0_Rot0";
    for (const time of [0, 1])
      await writeNative(store, `a_Time00${time}.ome.zarr`, [{ name: `${name}.ome.zarr`, meta, seed: time }]);
    await writeNative(
      store,
      "b.ome.zarr",
      [0, 1].map((time) => ({ name: `${name}_Time00${time}.ome.zarr`, meta, seed: time })),
    );
    for (const key of ["a_Time000.ome.zarr", "b.ome.zarr"]) {
      const { acquisition } = await openAcquisition(store, key);
      expect(acquisition.levels[0]).toMatchObject({ timePoints: 2, shapeCzyx: [1, 8, 8, 6] });
      expect(acquisition.tileImages).toBeUndefined();
    }
  });

  it("of two channels in RAW files, opened by one of them: files of other lapses and projections do not belong to it", async () => {
    const store = new MemoryStore();
    const value = (channel: number, time: number) => 1000 * channel + 100 * time;
    for (const [channel, laser] of ["488", "561"].entries()) {
      for (const time of [4, 7]) {
        // The second channel was not acquired at the first time point
        if (channel === 1 && time === 4) continue;
        const name = `in/a_Mag5x_Tile0_Ch${laser}_Flt515LP_Sh1_Rot0_Time00${time}.raw`;
        await store.set(
          name,
          rawStack([2, 3, 4], (n) => value(channel, time) + n),
        );
        await store.set(`${name}_meta.txt`, metaOfStack({ laser: `${laser} nm` }));
      }
    }
    await store.set("in/MAX_a_Mag5x_Tile0_Ch488_Flt515LP_Sh1_Rot0_Time004.raw.tif", text("a projection"));
    await store.set("in/b_Mag5x_Tile0_Ch488_Flt515LP_Sh1_Rot0_Time004.raw", text("of another lapse"));
    const { acquisition } = await openAcquisition(store, "in/a_Mag5x_Tile0_Ch488_Flt515LP_Sh1_Rot0_Time007.raw");
    const [full] = acquisition.levels;
    expect(acquisition.channels.map(({ label }) => label)).toEqual(["488", "561"]);
    expect([full!.timePoints, full!.shapeCzyx]).toEqual([2, [2, 4, 3, 4]]);
    const corner = (channel: number, z: number) => full!.readBox(channel, { start: [z, 0, 0], stop: [z + 1, 1, 1] });
    const corners = await Promise.all([0, 1].map((channel) => Promise.all([0, 2].map((z) => corner(channel, z)))));
    expect(corners.map((of) => of.map(([pixel]) => pixel))).toEqual([
      [value(0, 4), value(0, 7)],
      [0, value(1, 7)],
    ]);
  });

  it("of which one time point only is there is one stack", async () => {
    const store = new MemoryStore();
    const name = "in/a_Mag5x_Tile0_Ch561_Sh1_Rot0_Time003.raw";
    await store.set(
      name,
      rawStack([2, 3, 4], (n) => n),
    );
    await store.set(`${name}_meta.txt`, metaOfStack());
    const { acquisition } = await openAcquisition(store, "in");
    expect(acquisition.levels[0]!.timePoints).toBeUndefined();
    expect(acquisition.levels[0]!.shapeCzyx).toEqual([1, 2, 3, 4]);
  });

  it("in HDF5 files of two channels, one of which has lost a view", async () => {
    const store = new MemoryStore();
    const files = new Map<string, Uint8Array>();
    for (const time of [0, 1]) {
      const name = `in/a_Mag2x_bdv_Time00${time}.h5`;
      const bytes = await bdvFile(2, time === 0 ? [{ setup: 0 }, { setup: 1 }] : [{ setup: 0 }]);
      files.set(`${store.location}/${name}`, bytes);
      await store.set(name, bytes);
      for (const [row, laser] of (time === 0 ? ["488 nm", "561 nm"] : ["488 nm"]).entries()) {
        const values = { laser, x_pixels: `${rows}`, y_pixels: `${columns}`, z_planes: `${planes}` };
        await store.set(`${name}_s${row}-t0_meta.txt`, metaOfStack(values));
      }
    }
    const openFile: OpenSynchronously = (location) => new FileInMemory(files.get(location)!, location);
    const { acquisition } = await openAcquisition(store, "in/a_Mag2x_bdv_Time000.h5", { openFile });
    const [full] = acquisition.levels;
    expect([full!.timePoints, full!.shapeCzyx]).toEqual([2, [2, 2 * planes, rows, columns]]);
    const last = await full!.readBox(1, { start: [planes, 0, 0], stop: [2 * planes, rows, columns] });
    expect(last.every((pixel) => pixel === 0)).toBe(true);
  });

  it("cannot have a view twice at one time point", () => {
    const view = { name: "a", levels: [] } as unknown as TileView;
    const twice = [0, 1, 1].map((time) => ({ time, identity: "a", view }));
    expect(() => overTimes(twice, "here")).toThrow("Two views are the same at one time point (here): found a and a");
  });
});
