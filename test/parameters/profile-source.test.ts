import { describe, expect, it } from "vitest";
import { basicDefaults } from "../../src/estimate/basic/parameters.ts";
import { chooseProfileSource, type SourceParameters, warnOfUnused } from "../../src/parameters/profile-source.ts";

const choose = (given: Partial<SourceParameters>) => chooseProfileSource({ basic: { ...basicDefaults }, ...given });

describe("the source of profiles", () => {
  it("is the folder that is given", () => {
    expect(choose({ modelsFolder: "m" })).toEqual({ kind: "given", modelsFolder: "m" });
  });

  it("is empty regions where tiles, planes or both are given", () => {
    expect(choose({ fovList: [2] })).toEqual({ kind: "empty", fovList: [2] });
    expect(choose({ zLevels: [5, 9] })).toEqual({ kind: "empty", zLevels: [5, 9] });
    expect(choose({ fovList: [2], zLevels: [5, 9] })).toEqual({ kind: "empty", fovList: [2], zLevels: [5, 9] });
  });

  it("is BaSiC where nothing is given", () => {
    expect(choose({})).toEqual({ kind: "basic", parameters: basicDefaults });
    const basic = { ...basicDefaults, maxWorkers: 2, workingSize: [8, 9] as const };
    const parameters = { ...basicDefaults, workingSizeYx: [8, 9] };
    expect(choose({ basic })).toEqual({ kind: "basic", parameters, maxWorkers: 2 });
  });

  it.each([
    [{ fovList: [1] }, "--models-folder contradicts --fov-list:", "Drop --fov-list to use"],
    [{ zLevels: [1, 2] as const }, "--models-folder contradicts --z-levels:", "drop --models-folder to estimate"],
    [
      { fovList: [1], zLevels: [1, 2] as const },
      "contradicts --fov-list and --z-levels:",
      "Drop --fov-list and --z-levels",
    ],
  ])("is never guessed: a folder and %j", (empty, what, advice) => {
    expect(() => choose({ modelsFolder: "m", ...empty })).toThrow(what);
    expect(() => choose({ modelsFolder: "m", ...empty })).toThrow(advice);
    expect(() => choose({ modelsFolder: "m", ...empty })).toThrow(expect.objectContaining({ kind: "usage" }));
  });
});

describe("parameters without effect", () => {
  const given = choose({ modelsFolder: "m" });
  const empty = choose({ fovList: [1] });

  it("are named", () => {
    expect(warnOfUnused({ basic: { epsilon: 0.2 }, nZplanes: 50 }, given, "option")).toBe(
      "--n-zplanes, --epsilon: without effect where profiles come from a folder",
    );
    expect(warnOfUnused({ basic: { sortIntensity: true }, nZplanes: 50 }, empty, "file")).toBe(
      "basic.sort_intensity: without effect where profiles are estimated from empty regions",
    );
  });

  it("do not hold the camera offset, which every source has a use for", () => {
    for (const source of [given, empty, choose({})])
      expect(warnOfUnused({ cameraOffset: 100 }, source, "option")).toBeUndefined();
    expect(warnOfUnused({ cameraOffset: 100 }, { kind: "none" }, "option")).toContain(
      "--camera-offset: without effect",
    );
  });

  it("are not mentioned at their defaults or with BaSiC", () => {
    expect(
      warnOfUnused({ basic: { epsilon: 0.1, workingSize: [] }, nZplanes: 200, saveModels: false }, given, "file"),
    ).toBeUndefined();
    expect(warnOfUnused({ basic: { epsilon: 0.2 }, nZplanes: 5 }, choose({}), "file")).toBeUndefined();
  });
});
