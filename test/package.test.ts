import { execFile, execFileSync } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import * as browserSurface from "../src/index.ts";
import * as nodeSurface from "../src/node.ts";
import { version } from "../src/version.ts";

it("says its version in one voice", async () => {
  const read = async (name: string) => JSON.parse(await readFile(new URL(`../${name}`, import.meta.url), "utf8"));
  expect(version).toBe((await read("package.json")).version);
  expect((await read("package-lock.json")).version).toBe(version);
  expect(await readFile(new URL("../CITATION.cff", import.meta.url), "utf8")).toContain(`\nversion: ${version}\n`);
  expect(await readFile(new URL("../CHANGELOG.md", import.meta.url), "utf8")).toContain(`## ${version}`);
});

it("exports what its users rely on", () => {
  expect(Object.keys(browserSurface).sort()).toMatchSnapshot("isolux");
  expect(Object.keys(nodeSurface).sort()).toMatchSnapshot("isolux/node");
});

it("finds its kernels in Node by either name", () => {
  for (const name of ["isolux", "isolux/node"]) {
    const code = `await import("${name}"); const { loadKernels, loadSharedKernels } = await import("./dist/kernels/load-kernels.js");
      await loadKernels();
      console.log(await loadSharedKernels());`;
    const root = new URL("..", import.meta.url);
    const found = execFileSync(process.execPath, ["--input-type=module", "-e", code], { cwd: root, encoding: "utf8" });
    expect(found, name).toBe("true\n");
  }
});

it("runs one program at a time: what programs share does nothing by itself", async () => {
  const programs = await readdir(new URL("../dist/program/", import.meta.url));
  const shared = programs.filter((name) => name.endsWith(".js") && !/^(worker-node|fit-helper-node)\.js$/.test(name));
  expect(shared.length).toBeGreaterThan(10);
  const code = `for (const name of ${JSON.stringify(shared)}) await import("./dist/program/" + name);
    console.log(process.exitCode, process.listenerCount("SIGINT"), process.listenerCount("uncaughtException"));`;
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", code], {
    cwd: new URL("..", import.meta.url),
  });
  expect({ stdout, stderr }).toEqual({ stdout: "undefined 0 0\n", stderr: "" });
});

it("starts without a library at hand, and carries the licences of those in its programs", async () => {
  const folder = await mkdtemp(join(tmpdir(), "isolux-programs-"));
  const dist = fileURLToPath(new URL("../dist/", import.meta.url));
  try {
    for (const part of ["cli/main.js", "program"]) await cp(join(dist, part), join(folder, part), { recursive: true });
    await writeFile(join(folder, "package.json"), '{ "type": "module" }');
    const help = execFileSync(process.execPath, [join(folder, "cli/main.js"), "correct", "--help"], {
      encoding: "utf8",
    });
    expect(help).toContain("--models-folder");
    const licences = await readFile(join(folder, "program/LICENSES.txt"), "utf8");
    for (const library of ["commander", "fast-xml-parser", "fastest-levenshtein", "fflate", "zod"]) {
      expect(licences).toMatch(new RegExp(`^${library} \\d+\\.\\d+\\.\\d+$`, "m"));
    }
    expect(licences.match(/MIT License|Permission is hereby granted/g)?.length).toBeGreaterThanOrEqual(4);
  } finally {
    await rm(folder, { recursive: true });
  }
});
