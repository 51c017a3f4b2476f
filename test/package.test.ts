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
