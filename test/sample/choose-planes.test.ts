import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { choosePlanes, permittedPlanes, shareOut } from "../../src/sample/plan-sample.ts";

const range = (start: number, stop: number) => Array.from({ length: stop - start }, (_, i) => start + i);

describe("shareOut", () => {
  it("gives each tile as much, the remainder spread over the list", () => {
    expect(shareOut([50, 50, 50, 50], 200)).toEqual([50, 50, 50, 50]);
    expect(shareOut([90, 90, 90, 90], 10)).toEqual([2, 3, 2, 3]);
    expect(shareOut([9, 9, 9], 1)).toEqual([0, 0, 1]);
  });

  it("lets others make up for a tile that has too few", () => {
    expect(shareOut([2, 90, 90], 20)).toEqual([2, 9, 9]);
    expect(shareOut([1, 4, 90], 20)).toEqual([1, 4, 15]);
    expect(shareOut([0, 0, 7], 6)).toEqual([0, 0, 6]);
  });

  it("gives all where all have too few, and nothing to no tile", () => {
    expect(shareOut([3, 4], 20)).toEqual([3, 4]);
    expect(shareOut([], 20)).toEqual([]);
    expect(shareOut([0, 0], 5)).toEqual([0, 0]);
  });

  it("shares out fairly: as many as there are, and tiles with planes left differ by at most one", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(40), { maxLength: 12 }), fc.integer({ min: 1, max: 300 }), (capacities, count) => {
        const quotas = shareOut(capacities, count);
        const available = capacities.reduce((sum, capacity) => sum + capacity, 0);
        expect(quotas.reduce((sum, quota) => sum + quota, 0)).toBe(Math.min(count, available));
        quotas.forEach((quota, i) => {
          expect(quota).toBeGreaterThanOrEqual(0);
          expect(quota).toBeLessThanOrEqual(capacities[i]!);
          // Who has planes left is at most one short of whoever got most.
          if (quota < capacities[i]!) expect(quota).toBeGreaterThanOrEqual(Math.max(...quotas) - 1);
        });
      }),
    );
  });
});

describe("choosePlanes", () => {
  const tilesOf = (counts: readonly number[]) =>
    counts.map((count, i) => ({ tileNumber: i + 1, permitted: range(10 * i, 10 * i + count) }));

  it("draws permitted planes, none twice, one from each of equal strata", () => {
    const counts = fc.array(fc.nat(60), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(counts, fc.integer({ min: 1, max: 200 }), fc.nat(), (sizes, count, seed) => {
        const tiles = tilesOf(sizes);
        const drawn = choosePlanes(tiles, count, seed);
        expect(new Set(drawn.map(({ tileNumber, plane }) => `${tileNumber}:${plane}`)).size).toBe(drawn.length);
        for (const { tileNumber, permitted } of tiles) {
          const planes = drawn.filter((one) => one.tileNumber === tileNumber).map((one) => one.plane);
          planes.forEach((plane, stratum) => {
            const place = permitted.indexOf(plane);
            expect(place).toBeGreaterThanOrEqual(Math.floor((stratum * permitted.length) / planes.length));
            expect(place).toBeLessThan(Math.floor(((stratum + 1) * permitted.length) / planes.length));
          });
        }
      }),
    );
  });

  it("draws the same for the same seed, others for another, and does not mind the other tiles", () => {
    const tiles = tilesOf([300, 300, 300]);
    expect(choosePlanes(tiles, 60, 5)).toEqual(choosePlanes(tiles, 60, 5));
    expect(choosePlanes(tiles, 60, 5)).not.toEqual(choosePlanes(tiles, 60, 6));
    const ofSecond = choosePlanes(tiles, 60, 5).filter(({ tileNumber }) => tileNumber === 2);
    expect(choosePlanes([tiles[1]!], 20, 5)).toEqual(ofSecond);
  });

  it("draws these very planes: recorded provenance must stay reproducible", () => {
    const planes = (seed: number) => choosePlanes(tilesOf([1000, 1000]), 12, seed).map(({ plane }) => plane);
    expect([planes(0), planes(1), planes(2 ** 40 + 7)]).toEqual([
      [131, 167, 357, 552, 778, 998, 144, 341, 486, 661, 692, 913],
      [71, 171, 387, 648, 748, 946, 11, 250, 353, 596, 778, 846],
      [141, 224, 433, 502, 806, 945, 162, 203, 383, 620, 793, 911],
    ]);
  });

  it("reaches every plane: no stratum favours its beginning", () => {
    const counts = new Map<number, number>();
    for (let seed = 0; seed < 4000; seed++) {
      for (const { plane } of choosePlanes([{ tileNumber: 1, permitted: range(0, 20) }], 2, seed)) {
        counts.set(plane, (counts.get(plane) ?? 0) + 1);
      }
    }
    // 400 are expected of each, with a standard deviation of 19.
    for (const plane of range(0, 20)) expect(Math.abs(counts.get(plane)! - 400)).toBeLessThan(95);
  });
});

describe("permittedPlanes", () => {
  it("is all planes of the tile without z-levels", () => {
    expect(permittedPlanes(3, 7, 2, 20)).toEqual([3, 4, 5, 6]);
    expect(permittedPlanes(5, 5, 1, 20)).toEqual([]);
  });

  it("is the planes below the lower and above the upper level, in either order", () => {
    const wanted = [0, 1, 2, 8, 9];
    expect(permittedPlanes(0, 10, 1, 10, [3, 7])).toEqual(wanted);
    expect(permittedPlanes(0, 10, 1, 10, [7, 3])).toEqual(wanted);
    expect(permittedPlanes(0, 10, 1, 10, [0, 9])).toEqual([]);
    expect(permittedPlanes(0, 10, 1, 10, [5, 5])).toEqual([0, 1, 2, 3, 4, 6, 7, 8, 9]);
  });

  it("takes the documented example: 50 and 600 of 660", () => {
    expect(permittedPlanes(0, 660, 1, 660, [50, 600])).toEqual([...range(0, 50), ...range(601, 660)]);
  });

  it("permits a coarser plane when all that it covers is", () => {
    const level = { min: 0, max: 60 };
    const inputs = fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 5 }));
    fc.assert(
      fc.property(inputs, fc.tuple(fc.integer(level), fc.integer(level)), ([depth, factor], zLevels) => {
        const [below, above] = [Math.min(...zLevels), Math.max(...zLevels)];
        const planes = Math.ceil(depth / factor);
        const wanted = range(0, planes).filter((plane) => {
          const covered = range(plane * factor, Math.min((plane + 1) * factor, depth));
          return covered.every((z) => z < below) || covered.every((z) => z > above);
        });
        expect(permittedPlanes(0, planes, factor, depth, zLevels)).toEqual(wanted);
      }),
    );
  });
});
