import { expect, it } from "vitest";
import { nameOf, parametersOf } from "../../src/advise/recipe.ts";
import { basicDefaults } from "../../src/estimate/basic/parameters.ts";

const facts = { independentViews: 9, level: 1, nZplanes: 20 };
const basic = (cameraOffset: number) =>
  ({ origin: { kind: "basic", parameters: basicDefaults, cameraOffset }, refined: false }) as const;

it("a camera offset is told with every candidate that it was used for", () => {
  expect(parametersOf(basic(100), facts)).toEqual({ cameraOffset: 100, nZplanes: 20, resolutionLevel: 1 });
  expect(nameOf(basic(100), {})).toBe("BaSiC (camera offset 100)");
  const given = { origin: { kind: "given" }, refined: false } as const;
  expect(parametersOf(given, { ...facts, modelsFolder: "m", cameraOffset: 100 })).toEqual({
    modelsFolder: "m",
    cameraOffset: 100,
  });
});

it("an offset of 0 is told only where it was given", () => {
  expect(parametersOf(basic(0), facts)).not.toHaveProperty("cameraOffset");
  expect(parametersOf(basic(0), { ...facts, cameraOffset: 0 })).toHaveProperty("cameraOffset", 0);
  expect(nameOf(basic(0), {})).toBe("BaSiC");
});
