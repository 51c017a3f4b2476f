/** The library's surface for browsers, bundled: nothing that only Node has may slip into it. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { buildApp } from "../scripts/build-app.mjs";
import { bundleForBrowsers } from "../scripts/bundle-for-browsers.mjs";
import { writeSyntheticAcquisition } from "../src/synthetic/write-acquisition.ts";
import { MemoryStore } from "../src/zarr/memory-store.ts";
import { fileHandler, serve } from "./zarr/remote/web-server.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
let folder: string;

beforeAll(async () => {
  // Inside of the package, which so finds itself by its name
  await mkdir(`${root}node_modules/.cache`, { recursive: true });
  folder = await mkdtemp(`${root}node_modules/.cache/browser-bundle-`);
});

afterAll(() => rm(folder, { recursive: true }));

async function bundle(code: string, into?: string) {
  await writeFile(`${folder}/entry.mjs`, code);
  return await bundleForBrowsers({ entry: `${folder}/entry.mjs` }, into);
}

const fetchOfNode = globalThis.fetch;

/** A page's server gives the files beside its code, too; Node's fetch reads none. */
async function fetchOfFiles(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const address = String(input instanceof Request ? input.url : input);
  if (!address.startsWith("file:")) return await fetchOfNode(input, init);
  return new Response(await readFile(fileURLToPath(address)));
}

describe("bundled for browsers", () => {
  it("all of the library needs nothing of Node, and brings its kernels", async () => {
    const files = await bundle('export * from "isolux";');
    const atOnce = files.filter(({ name, isLater }) => name.endsWith(".js") && !isLater);
    expect(atOnce.map(({ name }) => name)).toContain("entry.js");
    expect(files.filter(({ name }) => /kernels(-shared)?-[^/]+\.wasm$/.test(name)).length).toBe(2);
    // Readers of TIFF and zstd come only with images that need them
    expect(atOnce.reduce((sum, { gzipBytes }) => sum + gzipBytes, 0)).toBeLessThan(200_000);
    expect(files.filter(({ name, isLater }) => isLater && name.includes("zstd")).length).toBeGreaterThan(0);
  });

  it.each([
    ["an import", 'import { readFileSync } from "node:fs"; console.log(readFileSync);', "node:fs"],
    ["an import by the old name", 'import os from "os"; console.log(os);', "os"],
    ["what is loaded later", 'console.log(await import("node:path"));', "node:path"],
    ["a call of require", 'console.log(globalThis.module?.require("node:zlib"));', "node:zlib"],
  ])("%s of a part of Node is refused", async (_, code, part) => {
    await expect(bundle(code)).rejects.toThrow(`imports parts of Node: ${part}`);
  });

  it("what is not installed is refused", async () => {
    await expect(bundle('import "no-such-library";')).rejects.toThrow("what is not in the bundle: no-such-library");
  });

  it("the surface of Node is refused", async () => {
    await expect(bundle('export * from "isolux/node";')).rejects.toThrow(/imports parts of Node: .*node:fs/);
  });
});

describe("the page", () => {
  it("loads no more at first than what shows an image", async () => {
    const files = await buildApp(`${root}dist`, `${folder}/app`);
    const engine = files.find(({ name }) => name === "engine-thread.js")!;
    // Estimates, reports and what writes images come after the first picture
    expect(engine.gzipBytes).toBeLessThan(80_000);
    const code = await readFile(`${folder}/app/engine-thread.js`, "utf8");
    expect(code).not.toMatch(/^import\b[^(]/);
    // Code that comes later imports this file by its name: at any other address it would be loaded twice
    expect(await readFile(`${root}app/start-engine.js`, "utf8")).toContain('new URL("engine-thread.js", ');
    const kept = await readFile(`${folder}/app/service-worker.js`, "utf8");
    for (const { name } of files) expect(kept).toContain(name);
  });
});

describe("the library page's example for browsers", () => {
  it("corrects a plane of a tile, once it is bundled", async () => {
    const page = await readFile(`${root}docs/library.md`, "utf8");
    const [, code] = /## In a browser[\s\S]*?```js\n([\s\S]*?)```/.exec(page)!;
    await bundle(code!, `${folder}/example`);
    await writeFile(`${folder}/example/package.json`, '{ "type": "module" }');
    const store = new MemoryStore();
    const { imageKey, layout } = await writeSyntheticAcquisition(store, "demo.zarr", {
      tileShapeYx: [24, 20],
      planes: 6,
    });
    const server = await serve(fileHandler((key) => store.get(key)));
    vi.stubGlobal("fetch", fetchOfFiles);
    try {
      const { correctedPlane } = await import(pathToFileURL(`${folder}/example/entry.js`).href);
      const { pixels, rows, columns } = await correctedPlane(`${server.url}/${imageKey}`, layout.tiles.length - 1, 3);
      expect([rows, columns, pixels.length]).toEqual([24, 20, 480]);
      expect(pixels.some((count: number) => count > 0)).toBe(true);
    } finally {
      vi.unstubAllGlobals();
      await server.close();
    }
  });
});
