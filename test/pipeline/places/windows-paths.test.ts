/** Places on Windows: drives, shares and backslashes, with the path functions of that system. */
import { win32 } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { IsoluxError } from "../../../src/errors.ts";

type Modules = {
  readonly find: typeof import("../../../src/pipeline/places/find-places-node.ts");
  readonly outputs: typeof import("../../../src/pipeline/places/output-places-node.ts");
  readonly correction: typeof import("../../../src/pipeline/places/locate-request-node.ts");
  readonly checks: typeof import("../../../src/pipeline/places/check-places-node.ts");
};
let modules: Modules;

beforeAll(async () => {
  vi.resetModules();
  vi.doMock("node:path", () => ({ ...win32, default: win32 }));
  modules = {
    find: await import("../../../src/pipeline/places/find-places-node.ts"),
    outputs: await import("../../../src/pipeline/places/output-places-node.ts"),
    correction: await import("../../../src/pipeline/places/locate-request-node.ts"),
    checks: await import("../../../src/pipeline/places/check-places-node.ts"),
  };
});

afterAll(() => {
  vi.doUnmock("node:path");
  vi.resetModules();
});

describe("a path of Windows", () => {
  test.each([
    ["C:\\data\\brain.zarr\\raw_image", "C:\\data\\brain.zarr"],
    ["C:/data/brain.zarr/raw_image/", "C:\\data\\brain.zarr"],
    ["\\\\nas\\scope\\brain.zarr\\raw_image", "\\\\nas\\scope\\brain.zarr"],
    ["D:\\Maja's data\\größe 1\\raw_image", "D:\\Maja's data\\größe 1"],
    ["\\\\?\\C:\\a\\very\\long\\path\\raw_image", "\\\\?\\C:\\a\\very\\long\\path"],
  ])("%s is a folder in a folder", async (path, parent) => {
    const { store, key, locator } = modules.find.locateFolder(path);
    expect(key).toBe("raw_image");
    expect(store.location).toBe(parent);
    expect(locator).toEqual({ kind: "directory", path: parent });
    // A drive is no protocol
    const source = await modules.find.locateSource(path);
    expect([source.store.location, source.key]).toEqual([parent, "raw_image"]);
    expect((await modules.outputs.locateOutput(path)).kind).toBe("folder");
  });

  test.each([
    ["C:\\data\\brain.zarr\\raw_image", "C:\\data\\brain.zarr\\raw_image_flatfield_corr"],
    ["\\\\nas\\scope\\brain.zarr\\raw_image", "\\\\nas\\scope\\brain.zarr\\raw_image_flatfield_corr"],
    ["E:\\sample.ome.zarr", "E:\\sample_flatfield_corr.ome.zarr"],
  ])("the corrected image of %s lies beside it", async (image, output) => {
    expect(await modules.outputs.defaultOutput(image, {})).toBe(output);
  });

  test("lies in another only between its separators", () => {
    const { isWithin } = modules.checks;
    expect(isWithin("C:\\data\\raw_image\\out", "C:\\data\\raw_image")).toBe(true);
    expect(isWithin("C:\\data\\raw_image_flatfield_corr", "C:\\data\\raw_image")).toBe(false);
    expect(isWithin("C:\\data", "C:\\")).toBe(true);
  });

  test.each([
    ["C:\\data\\raw_image", "The output is the source"],
    ["C:/data/raw_image/", "The output is the source"],
    ["C:\\data\\raw_image\\corrected", "The output lies inside the source"],
    ["C:\\data", "The source lies inside the output"],
  ])("an output at %s would destroy the source", async (output, what) => {
    const { correctSchema } = await import("../../../src/parameters/schema.ts");
    const parameters = correctSchema.parse({ image: "C:\\data\\raw_image", output });
    const located = modules.correction.locateCorrection(parameters, { kind: "none" });
    await expect(located).rejects.toThrow(what);
    await expect(located).rejects.toSatisfy((error) => (error as IsoluxError).name === IsoluxError.name);
  });
});
