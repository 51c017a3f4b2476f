import { describe, expect, it } from "vitest";
import { faults, limits, measure, parse, readModules, usersOfExports } from "../../scripts/house.mjs";

const shape = measure(readModules());

describe("the shape of the source", () => {
  it("is within its limits: npm run house", () => {
    expect(faults(shape)).toEqual([]);
  });

  it("has a fault for everything that is beyond a limit", () => {
    const many = (count: number) => Array.from({ length: count }, (_, index) => `${index}.ts`);
    const wrong = {
      ...shape,
      medianLines: limits.leastMedianLines - 1,
      largestFile: { path: "a.ts", lines: limits.mostLines + 1 },
      largestFolder: { path: "b", files: limits.mostFilesInFolder + 1 },
      drawers: ["c.ts"],
      oneUserExports: shape.totals.exports,
      arrayQuestions: limits.mostArrayQuestions + 1,
      ways: { "a chunk": 36, "--fov-list": 18, "a profile": 0 },
      typesOfProfile: limits.mostTypesOfProfile + 1,
      fovListFiles: many(limits.mostFovListFiles + 1),
    };
    expect(faults(wrong)).toHaveLength(11);
  });
});

describe("the users of exports", () => {
  const modules = [
    parse(
      "a.ts",
      "export const one = 1;\nexport interface Two {}\nexport function three() {}\nexport type { Five };\n",
    ),
    parse("b.ts", 'import { one, type Two as Zwei } from "./a.ts";\nimport(\n  "x");\n'),
    parse("c/d.ts", 'import type { Two } from "../a.ts";\nconst { three } = await import("../a.ts");\n'),
  ];

  it("are counted by name, types and what is loaded lazily among them", () => {
    const users = Object.fromEntries(usersOfExports(modules).map(({ name, users: all }) => [name, all]));
    expect(users).toEqual({ one: ["b.ts"], Two: ["b.ts", "c/d.ts"], three: ["c/d.ts"], Five: [] });
  });

  it("make a drawer of a short file whose one export has one user, unless it is loaded lazily", () => {
    const user = parse("e.ts", 'import { f } from "./f.ts";\nconst { g } = await import("./g.ts");\n');
    const both = [user, parse("f.ts", "export const f = 1;\n"), parse("g.ts", "export const g = 1;\n")];
    expect(measure(both).drawers).toEqual(["f.ts"]);
  });
});
