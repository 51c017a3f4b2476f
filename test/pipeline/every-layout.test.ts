import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openAcquisition } from "../../src/acquisition/open-acquisition.ts";
import { convertImage, correctImage, DirectoryStore } from "../../src/node.ts";
import { correctByThreads } from "../support/by-threads.ts";
import { pixelsOf } from "../support/pixels.ts";
import { hasReferenceData, referenceFolder } from "../support/reference-data.ts";
import { writeStacksOfTiles } from "../support/stacks-of-tiles.ts";

/** One acquisition in the layouts that the microscope and the reference's tools write: all give the same image. */
describe.skipIf(!hasReferenceData)("one acquisition in every layout", () => {
  const samples = join(referenceFolder, "data/mesospim/samples");
  let folder: string;
  let server: Server;
  let address: string;
  let expected: ArrayLike<number>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "isolux-layouts-"));
    // The converter names channels by label, the microscope by laser line.
    await mkdir(join(folder, "models"));
    for (const [label, line] of [
      ["MBP", "488"],
      ["Lectin", "561"],
    ]) {
      await cp(join(samples, "models", label!), join(folder, "models", label!), { recursive: true });
      await cp(join(samples, "models", label!), join(folder, "models", line!), { recursive: true });
    }
    const store = new DirectoryStore(join(samples, "mosaic_v04"));
    server = createServer(async (request, response) => {
      const bytes = await store.get(decodeURIComponent(request.url ?? "").slice(1)).catch(() => undefined);
      response.writeHead(bytes === undefined ? 404 : 200, { "content-length": bytes?.byteLength ?? 0 });
      response.end(request.method === "HEAD" ? undefined : bytes);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/demo.zarr/raw_image`;
    expected = await corrected(join(samples, "mosaic_v04/demo.zarr/raw_image"), "mosaic");
  });
  afterAll(async () => {
    server.close();
    await rm(folder, { recursive: true });
  });

  async function corrected(image: string, name: string): Promise<ArrayLike<number>> {
    const { output } = await correctImage({
      image,
      modelsFolder: join(folder, "models"),
      output: join(folder, name),
      workers: 1,
    });
    return pixelsOf(output);
  }

  it.each([
    ["BigDataViewer's HDF5", "h5/demo_Mag1x_Ch488_Ch561_bdv.h5"],
    ["a folder of tiles", "native_v04_prepared/demo_Mag1x_Ch488_Ch561.ome.zarr"],
    ["a proxy", "native_v04_prepared/demo.zarr/fake_raw_image"],
  ])("%s", async (layout, path) => {
    expect(await corrected(join(samples, path), layout)).toEqual(expected);
  });

  it.each(["tiff", "btf", "raw"] as const)("a folder of %s files", async (extension) => {
    const groups = join(samples, "native_v04_prepared/demo_Mag1x_Ch488_Ch561.ome.zarr");
    await writeStacksOfTiles(groups, join(folder, `stacks-${extension}`), extension);
    expect(await corrected(join(folder, `stacks-${extension}`), `of-${extension}`)).toEqual(expected);
  });

  it("a server", async () => {
    expect(await corrected(address, "server")).toEqual(expected);
  });

  it("a proxy's pixels are those of the tiles it stands for", async () => {
    const store = new DirectoryStore(join(samples, "native_v04_prepared"));
    const { acquisition } = await openAcquisition(store, "demo.zarr/fake_raw_image", {
      openFolder: (path) => new DirectoryStore(path),
    });
    const { pixels } = await acquisition.sourceObjects();
    expect(pixels.length).toBeGreaterThan(12);
  });

  it("what the microscope wrote, and what lies on a server, is never erased", async () => {
    const eraseSourceImage = true;
    const native = join(samples, "native_v04_prepared/demo_Mag1x_Ch488_Ch561.ome.zarr");
    for (const image of [native, address]) {
      const run = correctImage({
        image,
        modelsFolder: join(folder, "models"),
        output: join(folder, "x"),
        eraseSourceImage,
      });
      await expect(run).rejects.toThrow(/never erased/);
    }
    await expect(correctImage({ image: address, workers: 1 })).rejects.toThrow(/needs --output/);
  });
});

/** The same of a smaller acquisition, whose profiles are estimated anew for each. */
describe("a small acquisition in every layout", () => {
  const groups = fileURLToPath(new URL("../fixtures/native/v04_Mag5x.ome.zarr", import.meta.url));
  let folder: string;
  let expected: ArrayLike<number>;

  async function corrected(image: string, name: string): Promise<ArrayLike<number>> {
    const asked = { fovList: [1, 2], nZplanes: 10, background: "keep" as const, workers: 1 };
    const { output } = await correctImage({ ...asked, image, output: join(folder, name) });
    return pixelsOf(output);
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "isolux-small-"));
    const mosaic = await convertImage({ image: groups, output: join(folder, "mosaic.zarr"), workers: 1 });
    expected = await corrected(mosaic.output, "mosaic");
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("a folder of tiles", async () => {
    expect(await corrected(groups, "tiles")).toEqual(expected);
  });

  it.each(["tiff", "btf", "raw"] as const)("a folder of %s files", async (extension) => {
    await writeStacksOfTiles(groups, join(folder, `stacks-${extension}`), extension);
    expect(await corrected(join(folder, `stacks-${extension}`), `of-${extension}`)).toEqual(expected);
  });

  /** By worker threads, which load what opens a layout for themselves; they need a build. */
  it.each(["btf", "raw"] as const)("a folder of %s files, by two threads", async (extension) => {
    const [image, output] = [join(folder, `threads-${extension}`), join(folder, `by-threads-${extension}`)];
    await writeStacksOfTiles(groups, image, extension);
    await correctByThreads({ image, output, fovList: [1, 2], nZplanes: 10, background: "keep" });
    expect(await pixelsOf(output)).toEqual(expected);
  });
});
