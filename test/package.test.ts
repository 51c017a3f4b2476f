import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import * as browserSurface from "../src/index.ts";
import * as nodeSurface from "../src/node.ts";
import { version } from "../src/version.ts";

it("says its version in one voice", async () => {
  const read = async (name: string) => JSON.parse(await readFile(new URL(`../${name}`, import.meta.url), "utf8"));
  expect(version).toBe((await read("package.json")).version);
  expect((await read("package-lock.json")).version).toBe(version);
  expect(await readFile(new URL("../CHANGELOG.md", import.meta.url), "utf8")).toContain(`## ${version}`);
});

it("exports what its users rely on", () => {
  expect(Object.keys(browserSurface).sort()).toMatchSnapshot("isolux");
  expect(Object.keys(nodeSurface).sort()).toMatchSnapshot("isolux/node");
});

it("finds its kernels in Node by either name", () => {
  for (const name of ["isolux", "isolux/node"]) {
    const code = `await import("${name}"); const { loadKernels } = await import("./dist/kernels/load-kernels.js");
      for (const module of ["kernels.wasm", "kernels-shared.wasm"]) console.log(await loadKernels(module));`;
    const root = new URL("..", import.meta.url);
    const found = execFileSync(process.execPath, ["--input-type=module", "-e", code], { cwd: root, encoding: "utf8" });
    expect(found, name).toBe("true\ntrue\n");
  }
});
