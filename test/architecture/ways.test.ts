import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { filesOfWay, limits } from "../../scripts/house.mjs";
import { sourceFiles } from "./source-files.ts";

const files = new Map(sourceFiles().map((file) => [file.path, file]));
const contributing = readFileSync(fileURLToPath(new URL("../../CONTRIBUTING.md", import.meta.url)), "utf8");

/** Files of a way that neither import nor are imported by one that stands before them. */
function apart(way: readonly string[]): string[] {
  return way.slice(1).filter((path, index) => {
    const before = way.slice(0, index + 1);
    const imports = (from: string, to: string) => files.get(from)?.imports.includes(to);
    return !before.some((other) => imports(other, path) || imports(path, other));
  });
}

describe.each(Object.entries(limits.ways))("the way of %s in CONTRIBUTING.md", (name, most) => {
  const way = filesOfWay(name, contributing);

  it(`has at most ${most} files, which are there, each once`, () => {
    expect(way.length).toBeGreaterThan(2);
    expect(way.length).toBeLessThanOrEqual(most);
    expect(way.filter((path) => !files.has(path))).toEqual([]);
    expect(new Set(way).size).toBe(way.length);
  });

  it("goes from file to file by imports", () => {
    expect(apart(way)).toEqual([]);
  });
});

describe("the map in CONTRIBUTING.md", () => {
  it("begins and ends the ways where they begin and end", () => {
    const ends = Object.keys(limits.ways)
      .map((name) => filesOfWay(name, contributing))
      .map((way) => [way[0], way.at(-1)]);
    expect(ends).toEqual([
      ["pipeline/correct-image.ts", "pipeline/record/journal.ts"],
      ["cli/main.ts", "sample/read-planes.ts"],
      ["estimate/basic/fit.ts", "correct/kernel.ts"],
    ]);
  });

  it("has a line for every folder with files, apart from those told with their parent", () => {
    const toldWithParent =
      /^(acquisition\/(bdv|imaris|listed|native|pages|series)|profile\/formats|sample\/placement|cli\/(commands|demo|text))$/;
    const folders = new Set([...files.keys()].map((path) => path.split("/").slice(0, -1).join("/")));
    const missing = [...folders].filter((folder) => folder !== "" && !toldWithParent.test(folder));
    expect(missing.filter((folder) => !contributing.includes(`\n| \`${folder}/\` `))).toEqual([]);
  });

  it("tells a file that is joined to no other", () => {
    expect(apart(["correct/kernel.ts", "correct/field.ts", "cli/main.ts"])).toEqual(["cli/main.ts"]);
  });
});

describe("the pages", () => {
  const root = fileURLToPath(new URL("../../", import.meta.url));
  const pages = readdirSync(`${root}docs`).filter((name) => name.endsWith(".md"));

  it("name no file of the source that is not there", () => {
    const named = ["CONTRIBUTING.md", ...pages.map((name) => `docs/${name}`)].flatMap((page) => {
      const paths = readFileSync(root + page, "utf8").matchAll(/`(?:src\/)?([\w/-]+\.ts)`/g);
      return [...paths].map((match) => ({ page, path: match[1]! }));
    });
    const isThere = (path: string) =>
      [...files.keys()].some((file) => file === path || file.endsWith(`/${path}`)) || existsSync(root + path);
    // The end of a name, and a name to avoid.
    const noFiles = ["-node.ts", "utils.ts"];
    expect(named.length).toBeGreaterThan(60);
    expect(named.filter(({ path }) => !noFiles.includes(path) && !isThere(path))).toEqual([]);
  });
});
