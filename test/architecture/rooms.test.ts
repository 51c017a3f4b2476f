import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { sourceFiles } from "./source-files.ts";

/** A room imports from itself and from rooms above it; `shapes.ts` and the like are rooms of one file. */
const buffers = [
  "shapes.ts quantities.ts statistics.ts concatenate.ts wait.ts plain-text.ts errors.ts limits.ts version.ts without.ts",
  ..."kernels zarr ngff tiles acquisition sample profile estimate empty parameters correct pipeline report advise serve synthetic".split(
    " ",
  ),
  ..."in-memory.ts index.ts index-node.ts engine-node.ts node.ts cli fractal".split(" "),
];

/** The folders of a run, in the same order; the three files that tell it stand before several processes on one output. */
const pipelineFolders = [
  ..."places output record blocks profiles threads run".split(" "),
  "correct-image.ts estimate-image.ts inspect-image.ts",
  "shared",
];

const files = sourceFiles();
const buffersOf = (path: string) => buffers.findIndex((names) => names.split(" ").includes(path.split("/")[0]!));

describe("the source", () => {
  it("has no file outside of the rooms and no import of a file that is not there", () => {
    const paths = new Set(files.map(({ path }) => path));
    expect(files.filter(({ path }) => buffersOf(path) < 0).map(({ path }) => path)).toEqual([]);
    expect(files.flatMap(({ imports }) => imports).filter((path) => !paths.has(path))).toEqual([]);
    expect(files.flatMap(({ imports }) => imports).length).toBeGreaterThan(files.length);
  });

  it("has no file that is too long to be read at once", () => {
    const long = files.map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }));
    expect(long.filter(({ lines }) => lines > 260)).toEqual([]);
  });

  it("imports from rooms above only", () => {
    const upward = files.flatMap(({ path, imports }) =>
      imports.filter((other) => buffersOf(other) > buffersOf(path)).map((other) => `${path} imports ${other}`),
    );
    expect(upward).toEqual([]);
  });

  it("brings the kernels of this machine with the engine, in bundles too", () => {
    expect(files.find(({ path }) => path === "engine-node.ts")?.imports).toContain("index-node.ts");
    const { sideEffects } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
    expect(sideEffects).toEqual(expect.arrayContaining(["./dist/engine-node.js", "./dist/index-node.js"]));
  });

  it("imports within the pipeline from folders that come before only", () => {
    const orderOf = (path: string) => {
      const [buffer, name] = path.split("/");
      return buffer === "pipeline" ? pipelineFolders.findIndex((names) => names.split(" ").includes(name!)) : undefined;
    };
    const inside = files.filter(({ path }) => orderOf(path) !== undefined);
    expect(inside.filter(({ path }) => orderOf(path)! < 0).map(({ path }) => path)).toEqual([]);
    expect(new Set(inside.map(({ path }) => orderOf(path))).size).toBe(pipelineFolders.length);
    const upward = inside.flatMap(({ path, imports }) =>
      imports.filter((other) => (orderOf(other) ?? -1) > orderOf(path)!).map((other) => `${path} imports ${other}`),
    );
    expect(upward).toEqual([]);
  });

  it("has no cycle of imports, not even of types", () => {
    const importsOf = new Map(files.map(({ path, imports }) => [path, imports]));
    const done = new Set<string>();
    const cycles: string[] = [];
    const follow = (path: string, way: readonly string[]) => {
      if (way.includes(path)) cycles.push([...way.slice(way.indexOf(path)), path].join(" > "));
      if (done.has(path) || way.includes(path)) return;
      for (const other of importsOf.get(path) ?? []) follow(other, [...way, path]);
      done.add(path);
    };
    for (const { path } of files) follow(path, []);
    expect(cycles).toEqual([]);
  });

  it("keeps what only Node has at its edges, so that the rest runs in a browser", () => {
    const edges =
      /^(node\.ts|zarr\/directory-store\.ts|[a-z0-9/-]+-node\.ts|pipeline\/[^/]+-node\.ts|(cli|fractal)\/.*)$/;
    const users = files.filter(({ packages }) => packages.some((name) => name.startsWith("node:")));
    expect(users.map(({ path }) => path).filter((path) => !edges.test(path))).toEqual([]);
    const inner = files.filter(({ path }) => !edges.test(path));
    const globals = /\b(process|Buffer|__dirname|require)\b(\.|\()/;
    const code = (text: string) => text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*|"[^"\n]*"|`[^`]*`/g, "");
    expect(inner.filter(({ text }) => globals.test(code(text))).map(({ path }) => path)).toEqual([]);
    const passes = inner.flatMap(({ path, imports }) =>
      imports.filter((other) => edges.test(other)).map((other) => `${path} imports ${other}`),
    );
    expect(passes).toEqual([]);
  });
});
