/** Reports of whole corrections, wherever their images lie. */
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { checkImages, correctImage, finishCorrection, prepareCorrection } from "../../src/node.ts";
import { writeSyntheticAcquisition } from "../../src/synthetic/write-acquisition.ts";
import { DirectoryStore } from "../../src/zarr/disk/directory-store-node.ts";
import { objectsBelow } from "../../src/zarr/store.ts";
import { credentials, fakeBucket } from "../zarr/remote/s3-fake.ts";

/** An acquisition of two tiles and two channels, written by others. */
const tiles = fileURLToPath(new URL("../fixtures/native/v04_Mag5x.ome.zarr", import.meta.url));
const asked = { fovList: [1], nZplanes: 3, workers: 1 };
let folder: string;
let image: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "isolux-report-"));
  image = join(folder, "s", "raw_image");
  const options = { gridYx: [1, 2], tileShapeYx: [40, 50], planes: 4 } as const;
  await writeSyntheticAcquisition(new DirectoryStore(folder), "s", options);
  await correctImage({ ...asked, image, output: path("whole"), report: path("whole.html") });
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

const path = (name: string) => join(folder, name);
async function figuresOf(name: string) {
  expect(await readFile(path(`${name}.html`), "utf8")).toContain("as it was taken");
  return JSON.parse(await readFile(path(`${name}.json`), "utf8"));
}

describe("a report on a correction", () => {
  it("says the same of a mosaic and of tiles", async () => {
    const given = { image: tiles, fovList: [1, 2], nZplanes: 10, background: "keep" as const, workers: 1 };
    await correctImage({ ...given, output: path("mosaic.zarr"), report: path("mosaic.html") });
    await correctImage({ ...given, output: path("t.ome.zarr"), layout: "tiles", report: path("tiles.html") });
    const [mosaic, apart] = [await figuresOf("mosaic"), await figuresOf("tiles")];
    expect(apart.channels).toEqual(mosaic.channels);
    expect(apart.correction.channels).toEqual(mosaic.correction.channels);
  });

  it("says the same of images in a bucket as of those in folders", async () => {
    const bucket = await fakeBucket();
    try {
      const store = new DirectoryStore(folder);
      for (const key of (await objectsBelow(store, "s"))!)
        bucket.objects.set(key, Buffer.from((await store.get(key))!));
      vi.stubEnv("AWS_ENDPOINT_URL", bucket.url);
      vi.stubEnv("AWS_ACCESS_KEY_ID", credentials.accessKeyId);
      vi.stubEnv("AWS_SECRET_ACCESS_KEY", credentials.secretAccessKey);
      vi.stubEnv("AWS_SESSION_TOKEN", credentials.sessionToken);
      vi.stubEnv("AWS_REGION", "eu-test-1");
      vi.stubEnv("XDG_STATE_HOME", path("state"));
      const there = { image: "s3://bucket/s/raw_image", output: "s3://bucket/out.zarr" };
      const { report } = await correctImage({ ...asked, ...there, report: path("bucket.html") });
      expect(report).toMatchObject({ html: path("bucket.html") });
      expect((await figuresOf("bucket")).channels).toEqual((await figuresOf("whole")).channels);
      const wrong = { ...asked, image, output: path("never"), report: "s3://bucket/report.html" };
      for (const begin of [correctImage, prepareCorrection]) {
        await expect(begin(wrong)).rejects.toThrow(
          /^A report cannot be written to a server \(s3:.*expected the path of a file on this computer\.$/,
        );
      }
      expect(existsSync(path("never"))).toBe(false);
    } finally {
      await bucket.close();
    }
  });

  it("is that of one process where several have shared the work, and has the profiles that were used", async () => {
    const output = path("shared");
    await prepareCorrection({ ...asked, image, output, report: path("shared.html"), units: 2 });
    expect(existsSync(path("shared.html"))).toBe(false);
    await finishCorrection({ output, workers: 1 });
    const { command: _, ...whole } = await figuresOf("whole");
    const { command, ...shared } = await figuresOf("shared");
    expect(shared).toEqual({ ...whole, corrected: output });
    expect(command).toContain(`--report ${path("shared.html")}`);
    expect(shared.channels[0].profiles[0].origin).toBe("known");
  });

  it.each([
    ["inside the source", () => join(image, "report.html"), /^The report lies inside the source image/],
    ["inside the output", () => path("new/report.html"), /^The report lies inside the output/],
    ["where a folder is", () => path("folder.html"), /^A folder lies in the place of the report/],
    ["where a report is", () => path("old.html"), /^The report already exists .* Give --overwrite/],
  ])("is refused %s, before anything is begun", async (_, report, expected) => {
    const store = new DirectoryStore(folder);
    await store.set("folder.html/x", new Uint8Array(1));
    await store.set("old.json", new Uint8Array(1));
    const before = await readdir(folder);
    const request = { ...asked, image, output: path("new"), report: report() };
    await expect(correctImage(request)).rejects.toThrow(expected);
    await expect(prepareCorrection({ ...request, units: 2 })).rejects.toThrow(expected);
    expect(await readdir(folder)).toEqual(before);
  });

  it("is not promised of a conversion", async () => {
    const request = { image, output: path("new"), convert: true, report: path("new.html"), units: 2 };
    await expect(prepareCorrection(request)).rejects.toThrow("has no report");
  });

  it("of a check is not laid into an image either", async () => {
    const report = join(image, "r.html");
    await expect(checkImages({ image, corrected: image, report })).rejects.toThrow("lies inside the image");
  });
});
