import { describe, expect, it } from "vitest";
import type { RecordedFigures } from "../../../src/report/page/drawn-channel.ts";
import { gainFigures } from "../../../src/report/page/tiles.ts";
import type { Tile } from "../../../src/tiles/tile.ts";

/** A grid of tiles, numbered down the columns. */
function tilesOf(rows: number, columns: number): Tile[] {
  return Array.from({ length: rows * columns }, (_, index): Tile => {
    const [y, x] = [100 * (index % rows), 80 * Math.floor(index / rows)];
    return { number: index + 1, name: `FOV_${index + 1}`, box: { start: [0, y, x], stop: [4, y + 100, x + 80] } };
  });
}

function recordedOf(gains: readonly number[], used = true): RecordedFigures {
  const figures = { source: "basic", subtracted: 0, clippedLow: 0, clippedHigh: 0, pixels: 1, planesByTile: [] };
  const tiles = gains.map((gain, index) => ({ tile: index + 1, gain }));
  const found = { kind: "tile", source: "measured", pairCount: 7, leftOutCount: 0, folds: 7 } as const;
  return { ...figures, gains: { ...found, used, before: 0.05, heldOut: 0.01, after: 0.01, tiles } };
}

describe("the map of gains", () => {
  it("shows every tile where it lies, with its gain, in colours that say which is brighter", () => {
    const page = gainFigures({ tiles: tilesOf(2, 3), recorded: [recordedOf([1.05, 1, 0.97, 1.01, 0.95, 1.02])] }).text;
    for (const gain of ["1.050", "1.000", "0.970", "1.010", "0.950", "1.020"])
      expect(page).toContain(`>${gain}</text>`);
    expect(page).toContain("<title>Tile 5: 0.950</title>");
    const fills = [...page.matchAll(/<title>Tile \d[^>]*><rect x="([\d.]+)" y="([\d.]+)"[^>]*fill="([^"]+)"/g)];
    expect(new Set(fills.map(([, x]) => x)).size).toBe(3);
    expect(new Set(fills.map(([, , y]) => y)).size).toBe(2);
    expect(fills[1]![3]).toBe("rgb(238,238,234)");
    const red = (fill: string) => Number(fill.match(/\d+/)![0]);
    expect(red(fills[0]![3]!)).toBeGreaterThan(red(fills[4]![3]!));
  });

  it("leaves numbers to hints where tiles are small, and a tile without gain empty", () => {
    const page = gainFigures({ tiles: tilesOf(40, 40), recorded: [recordedOf([1.05, 0.95])] }).text;
    expect(page).toContain("<title>Tile 2: 0.950</title>");
    expect(page).not.toMatch(/text-anchor="middle" style/);
    expect(page.match(/class="tile"/g)).toHaveLength(1598);
  });

  it("is not there where no gains were used", () => {
    expect(gainFigures({ tiles: tilesOf(2, 2), recorded: [recordedOf([], false)] }).text).toBe("");
  });
});
