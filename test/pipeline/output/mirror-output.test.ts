import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { convertImage } from "../../../src/node.ts";
import { writeSyntheticAcquisition } from "../../../src/synthetic/write-acquisition.ts";
import { DirectoryStore } from "../../../src/zarr/disk/directory-store-node.ts";

describe("an output that mirrors an image", () => {
  let folder: string;
  let image: string;
  const json = async (path: string) => JSON.parse(await readFile(path, "utf8"));

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "isolux-mirror-"));
    const scene = { gridYx: [1, 2], tileShapeYx: [32, 32], planes: 4, levelCount: 2 } as const;
    const { imageKey } = await writeSyntheticAcquisition(new DirectoryStore(folder), "a.zarr", scene);
    image = join(folder, imageKey);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("says what chunks that are left out hold, where the source does not", async () => {
    const before = await json(join(image, "0", ".zarray"));
    await writeFile(join(image, "0", ".zarray"), JSON.stringify({ ...before, fill_value: null }));
    await convertImage({ image, workers: 1, output: join(folder, "out.zarr") });
    expect(await json(join(folder, "out.zarr", "0", ".zarray"))).toEqual({ ...before, fill_value: 0 });
  });

  it("has its label images, and tells what it has not", async () => {
    await mkdir(join(image, "labels", "nuclei", "0"), { recursive: true });
    await mkdir(join(image, "notes"));
    await writeFile(join(image, "labels", ".zattrs"), '{ "labels": ["nuclei"] }');
    await writeFile(join(image, "labels", "nuclei", "0", "0.0.0"), Uint8Array.of(1, 2, 3));
    const told: string[] = [];
    const report = (event: { kind: string; text?: string }) => void told.push(`${event.text}`);
    await convertImage({ image, workers: 1, output: join(folder, "out.ome.zarr") }, { report });
    expect(await json(join(folder, "out.ome.zarr", "labels", ".zattrs"))).toEqual({ labels: ["nuclei"] });
    expect([...(await readFile(join(folder, "out.ome.zarr", "labels", "nuclei", "0", "0.0.0")))]).toEqual([1, 2, 3]);
    expect(told).toContain("Beside its pixels and tables the source holds notes: the output will not.");
    const { multiscales, omero } = await json(join(folder, "out.ome.zarr", ".zattrs"));
    expect(multiscales[0].name).toBe("out");
    expect(omero.rdefs).toMatchObject({ defaultT: 0, defaultZ: 2 });
  });

  describe("in another version", () => {
    const convert = async (told: string[] = []) => {
      const report = (event: { kind: string; text?: string }) => void told.push(`${event.text}`);
      const form = { omeVersion: "0.5", workers: 1, output: join(folder, "out.ome.zarr") } as const;
      await convertImage({ image, ...form }, { report });
    };

    it("tells which tables it has not", async () => {
      await mkdir(join(image, "tables", "cells"));
      await writeFile(join(image, "tables", "cells", ".zgroup"), '{ "zarr_format": 2 }');
      const told: string[] = [];
      await convert(told);
      expect(told).toContain("Beside its pixels and tables the source holds tables/cells: the output will not.");
      expect(await readdir(join(folder, "out.ome.zarr", "tables"))).toContain("FOV_ROI_table");
    });

    it("is not written without a table that the disk does not give", async () => {
      const part = join(image, "tables", "well_ROI_table", "X", ".zarray");
      await rm(part);
      // Reading a link to itself is an error of the system, not one of the data.
      await symlink(part, part);
      await expect(convert()).rejects.toMatchObject({ kind: "storage" });
      expect(await readdir(folder)).not.toContain("out.ome.zarr");
    });
  });
});
