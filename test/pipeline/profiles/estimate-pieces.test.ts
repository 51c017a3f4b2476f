import { expect, it } from "vitest";
import type { Acquisition } from "../../../src/acquisition/acquisition.ts";
import { openMosaic } from "../../../src/acquisition/open-mosaic.ts";
import { estimateEmpty } from "../../../src/estimate/empty/empty.ts";
import {
  cropToPiece,
  estimateFromPieces,
  type FieldPiece,
  type PieceSurveys,
  pieceShape,
  planPieces,
  planSurvey,
} from "../../../src/pipeline/profiles/estimate-pieces.ts";
import { map, workplaceOf } from "../../../src/pipeline/threads/executor.ts";
import { planSample } from "../../../src/sample/plan-sample.ts";
import { MemoryStack } from "../../../src/sample/plane-stack.ts";
import { countChunks, readPlanes } from "../../../src/sample/read-planes.ts";
import type { Zyx } from "../../../src/shapes.ts";
import type { SyntheticOptions } from "../../../src/synthetic/options.ts";
import { writeSyntheticAcquisition } from "../../../src/synthetic/write-acquisition.ts";
import { MemoryStore } from "../../../src/zarr/memory-store.ts";

async function acquisitionIn(chunkShapeZyx: Zyx, options: Partial<SyntheticOptions> = {}): Promise<Acquisition> {
  const store = new MemoryStore();
  const { imageKey } = await writeSyntheticAcquisition(store, "a.zarr", {
    tileShapeYx: [40, 36],
    planes: 12,
    cameraOffset: 90,
    chunkShapeZyx,
    ...options,
  });
  return openMosaic(store, imageKey);
}

const emptyTiles = { level: 0, planeCount: 15, seed: 3, tileNumbers: [1, 3] };

/** The profile from all planes at once, as the reference for pieces. */
async function estimateWhole(acquisition: Acquisition, channel: number, cameraOffset: number) {
  const plan = planSample(acquisition, emptyTiles);
  const stack = new MemoryStack(acquisition.type, plan.planes.length, plan.fieldYx);
  await readPlanes(acquisition, channel, plan, stack);
  return estimateEmpty(stack, { cameraOffset, bandBytes: 1e6 });
}

/** By this thread. */
function surveysOf(acquisition: Acquisition): PieceSurveys {
  const here = workplaceOf(acquisition, new MemoryStore(), {});
  const job = { source: { location: "memory", key: "a.zarr" } };
  return {
    areThreaded: false,
    survey: (orders, onProgress) => map({}, "survey", job, [orders], { threads: 0, here, onProgress }),
  };
}

const unevenPieces: FieldPiece[] = [
  { startYx: [0, 0], stopYx: [13, 36] },
  { startYx: [13, 0], stopYx: [40, 7] },
  { startYx: [13, 7], stopYx: [40, 36] },
];

const chunkings: [string, Zyx][] = [
  ["tiles are whole numbers of chunks", [4, 20, 12]],
  ["chunks know nothing of the tiles", [5, 16, 17]],
];

for (const [name, chunkShape] of chunkings) {
  it(`a profile from pieces is the very profile from whole planes where ${name}`, async () => {
    for (const pixelType of ["uint16", "float32"] as const) {
      const acquisition = await acquisitionIn(chunkShape, { pixelType });
      const plan = planSample(acquisition, emptyTiles);
      const [first, ...others] = plan.planes.map(({ box }) => box);
      expect(others.some((box) => box.start[1] !== first!.start[1])).toBe(true);
      const planned = planPieces(acquisition.levels[0]!, plan, 2) ?? { pieces: unevenPieces, reads: 30 };
      const { pieces } = planned;
      expect(pieces.length).toBeGreaterThan(1);
      expect(pieces.reduce((sum, piece) => sum + pieceShape(piece)[0] * pieceShape(piece)[1], 0)).toBe(40 * 36);
      for (const [channel, cameraOffset] of [
        [0, 0],
        [1, 90],
      ] as const) {
        const shares: number[] = [];
        const estimate = await estimateFromPieces(
          acquisition,
          surveysOf(acquisition),
          { channel, plan, cameraOffset },
          planned,
          { onProgress: (done, total) => shares.push(done / total) },
        );
        expect(shares).toEqual(shares.toSorted((a, b) => a - b));
        expect(shares.length).toBeGreaterThan(pieces.length);
        expect(shares.at(-1)).toBe(1);
        expect(estimate).toEqual(await estimateWhole(acquisition, channel, cameraOffset));
      }
    }
  });
}

it("pieces read every chunk once where tiles lie over the chunks alike, and are given up where they read too often", async () => {
  const aligned = await acquisitionIn([4, 20, 12]);
  const plan = planSample(aligned, emptyTiles);
  const { pieces, reads: planned } = planPieces(aligned.levels[0]!, plan, 2)!;
  expect(pieces).toHaveLength(6);
  const reads = pieces.map((piece) => countChunks(aligned.levels[0]!, cropToPiece(plan, piece)));
  expect(reads.reduce((sum, n) => sum + n, 0)).toBe(planned);
  expect(planned).toBe(countChunks(aligned.levels[0]!, plan));
  const askew = await acquisitionIn([12, 26, 24]);
  const skewPlan = planSample(askew, { ...emptyTiles, tileNumbers: [1, 2, 4, 5] });
  expect(planPieces(askew.levels[0]!, skewPlan, 2)).toBeUndefined();
});

it("a survey takes as many workers as fit into the memory, and is given up where none fits", async () => {
  const acquisition = await acquisitionIn([4, 20, 12]);
  const sample = planSample(acquisition, emptyTiles);
  expect(planSurvey(acquisition, sample, 2e9, 4)?.workers).toBe(4);
  expect(planSurvey(acquisition, sample, 390e6, 4)?.workers).toBe(2);
  expect(planSurvey(acquisition, sample, 190e6, 4)?.workers).toBe(1);
  expect(planSurvey(acquisition, sample, 180e6, 4)).toBeUndefined();
});
