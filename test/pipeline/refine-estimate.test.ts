import { describe, expect, it } from "vitest";
import { openMosaic } from "../../src/acquisition/open-mosaic.ts";
import { basicDefaults } from "../../src/estimate/basic/parameters.ts";
import { profileTargets } from "../../src/pipeline/profiles/channel-profile.ts";
import { estimateChannel } from "../../src/pipeline/profiles/estimate-channel.ts";
import { planProfiles } from "../../src/pipeline/profiles/plan-profiles.ts";
import { flatfieldError } from "../../src/report/plane-measures.ts";
import { writeSyntheticAcquisition } from "../../src/synthetic/write-acquisition.ts";
import { MemoryStore } from "../../src/zarr/memory-store.ts";
import { offsetScene } from "../support/offset-scene.ts";

async function planned(overlap: number, cameraOffset?: number) {
  const store = new MemoryStore();
  const { imageKey, truth } = await writeSyntheticAcquisition(store, "demo.zarr", {
    ...offsetScene,
    overlap,
  });
  const acquisition = await openMosaic(store, imageKey);
  const plan = planProfiles(acquisition, {
    source: { kind: "basic", parameters: { ...basicDefaults, getDarkfield: false, workingSizeYx: [32, 32] } },
    targets: profileTargets(acquisition, acquisition.channels.slice(0, 1), "separate"),
    nZplanes: 48,
    seed: 0,
    refine: "auto",
    memoryBytes: 1e9,
    workers: 1,
    cameraOffset,
  });
  if (plan.kind !== "estimated") throw new Error("profiles are estimated here");
  return { store, acquisition, plan, truth: [...truth.profiles.values()][0]! };
}

describe("an estimate that is refined", () => {
  it("finds the offset in the planes and fits them again without it", async () => {
    const { store, acquisition, plan, truth } = await planned(0.1);
    const { sample, way, refine } = plan.estimates[0]!;
    if (way.kind !== "stack" || refine === undefined) throw new Error("planned otherwise");
    const place = { key: "scratch" };
    const { method, threads } = plan;
    const { memory } = way;
    const task = { source: place, channel: 0, method, plan: sample, scratch: place, memory, threads };
    const { profile, refinement } = await estimateChannel(acquisition, store, { ...task, refine });
    expect(refinement).toMatchObject({ changed: true, pairCount: 12 });
    expect(Math.abs(refinement!.cameraOffset! - offsetScene.cameraOffset!)).toBeLessThan(3 * refinement!.offsetError!);
    expect(flatfieldError(profile.flatfield, truth.flatfield)).toBeLessThan(0.01);
  });

  it("is left as it is where tiles do not overlap, with a warning", async () => {
    const { plan } = await planned(0);
    expect(plan.estimates[0]!.refine).toBeUndefined();
    expect(plan.warnings.join()).toContain("fewer than 4 pairs of tiles overlap");
  });
});

it("a camera offset that no pixel can hold is refused, whatever the source", async () => {
  await expect(planned(0.1, 1e9)).rejects.toThrow(/offset is beyond what a pixel can hold.*1000000000.*at most 65535/);
  await expect(planned(0.1, -70_000)).rejects.toMatchObject({ kind: "invalid" });
});
