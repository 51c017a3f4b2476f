/** What Isolux chose but the verdict calls worse than the source is not made. */
import { expect, it } from "vitest";
import { adviseImage } from "../../src/advise/advise-image.ts";
import { adviceLines, noBetter } from "../../src/advise/tell-advice.ts";
import { correctSchema } from "../../src/parameters/schema.ts";
import type { VerdictMaker } from "../../src/pipeline/threads/platform.ts";
import { writeSyntheticAcquisition } from "../../src/synthetic/write-acquisition.ts";
import { MemoryStore } from "../../src/zarr/memory-store.ts";
import { offsetScene } from "../support/offset-scene.ts";

const store = new MemoryStore();
const { imageKey } = await writeSyntheticAcquisition(store, "demo.zarr", { ...offsetScene, planes: 8, overlap: 0.12 });

/** A verdict that calls some channels worse, and finds no gain in others. */
function worseFor(worse: readonly string[], same: readonly string[], betterCount: number): VerdictMaker {
  return {
    projectedBytes: async () => 0,
    async assess({ profiles }) {
      const seen = [...new Set(profiles.map(({ target }) => target.channel.label))];
      const core = { confidence: "high", certainty: 0.99, reason: "Seams grew.", text: "" } as const;
      const channels = seen.map((label) => {
        const seams = {
          before: 0.05,
          after: same.includes(label) ? 0.051 : 0.02,
          betterCount,
          count: 12,
          ofPairs: true,
        };
        const kind = worse.includes(label) ? "worse" : same.includes(label) ? "no-gain" : "improved";
        return { ...core, label, kind, seams } as const;
      });
      return { ...core, kind: "improved", channels };
    },
  };
}

function advised(worse: readonly string[], same: readonly string[] = [], betterCount = 5) {
  const parameters = correctSchema.parse({ image: "demo", nZplanes: 12, basic: { workingSize: 24 } });
  const source = { store, key: imageKey, locator: { kind: "directory", path: "" } } as const;
  const hooks = { report: () => {}, signal: new AbortController().signal };
  const task = { kind: "correct", parameters } as const;
  return adviseImage({ source, task, verdicts: worseFor(worse, same, betterCount) }, hooks);
}

it("a channel that the choice makes worse stays as it is, and the others are corrected", async () => {
  const advice = await advised(["Lectin"]);
  expect(advice.candidates[advice.chosen]!.source).not.toBe("none");
  expect(advice).toMatchObject({ unchangedChannels: ["Lectin"], parameters: { channels: ["MBP"] } });
  expect(advice.withheld).toMatchObject({ channels: ["Lectin"], reason: "Seams grew." });
});

it("a choice that makes no channel better is no correction, and the error says so", async () => {
  const advice = await advised(["MBP"], ["Lectin"]);
  expect(advice.candidates[advice.chosen]!.source).toBe("none");
  expect(advice).not.toHaveProperty("command");
  expect(adviceLines(advice)[0]).toMatch(/^Chosen: no correction, as .* does not make the image better. Seams grew.$/);
  expect(noBetter(advice, "demo")).toMatchObject({
    kind: "no-gain",
    what: "The best profile that was found does not make the image better: nothing was written",
    found: `${advice.withheld!.name}. Seams grew`,
  });
});

it("a choice with which all pairs agree far better is kept, whatever the verdict fears inside of the field", async () => {
  const advice = await advised(["MBP", "Lectin"], [], 12);
  expect(advice.candidates[advice.chosen]!.source).not.toBe("none");
  expect(advice.withheld).toBeUndefined();
});
