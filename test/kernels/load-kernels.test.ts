import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it, vi } from "vitest";
import type * as Loading from "../../src/kernels/load-kernels.ts";

const bytes = readFileSync(new URL("../../src/kernels/kernels.wasm", import.meta.url));
const load = async () => bytes;
let copies = 0;

/** The module anew, as in a thread that has loaded nothing. */
async function anew(...source: Parameters<typeof Loading.setKernelSource>): Promise<typeof Loading> {
  const loading: typeof Loading = await import(/* @vite-ignore */ `../../src/kernels/load-kernels.ts?copy=${copies++}`);
  loading.setKernelSource(...source);
  return loading;
}

afterEach(() => void vi.unstubAllGlobals());

const refused = {
  kind: "unsupported",
  message: expect.stringMatching(/^Isolux needs WebAssembly with SIMD, which this engine lacks or has switched off/),
};

describe("kernels", () => {
  it.each([
    ["SIMD", () => ({ ...WebAssembly, validate: () => false })],
    ["WebAssembly", () => undefined],
  ])("are refused in one sentence where there is no %s, whoever asks first", async (_, engine) => {
    const loading = await anew(load, () => bytes);
    vi.stubGlobal("WebAssembly", engine());
    await expect(loading.loadKernels()).rejects.toMatchObject(refused);
    await expect(loading.loadKernels()).rejects.toMatchObject(refused);
    let thrown: unknown;
    try {
      loading.kernelModule();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject(refused);
    expect(await loading.loadSharedKernels()).toBe(false);
  });

  it("are asked for again where they did not come", async () => {
    let tries = 0;
    const loading = await anew(async () => {
      if (tries++ === 0) throw new Error("no network");
      return bytes;
    });
    await expect(loading.loadKernels()).rejects.toThrow("no network");
    await loading.loadKernels();
    expect(loading.kernelModule()).toBeInstanceOf(WebAssembly.Module);
  });

  it("are there at once where they are files, and have to be loaded elsewhere", async () => {
    expect((await anew(load, () => bytes)).kernelModule()).toBeInstanceOf(WebAssembly.Module);
    const elsewhere = await anew(load);
    expect(() => elsewhere.kernelModule()).toThrow("await loadKernels() before");
    await elsewhere.loadKernels();
    expect(elsewhere.kernelModule()).toBeInstanceOf(WebAssembly.Module);
    const lost = await anew(() => Promise.reject(new Error("lost")));
    await expect(lost.loadKernels()).rejects.toThrow("lost");
  });
});
