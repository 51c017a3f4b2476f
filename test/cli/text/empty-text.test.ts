import { expect, it } from "vitest";
import { emptyRegionsText, tileMap } from "../../../src/cli/commands/inspect.ts";
import { endlessScreen } from "../../../src/cli/text/table.ts";
import type { EmptyRegions, TileEmptiness } from "../../../src/empty/find-empty-regions.ts";
import type { EmptyProposal } from "../../../src/empty/propose.ts";
import type { Finding } from "../../../src/empty/score-tiles.ts";
import type { InspectSummary } from "../../../src/parameters/summaries.ts";

const clean: Finding = { kind: "clean" };

function tile(tileNumber: number, findings: readonly Finding[]): TileEmptiness {
  const planes = findings.map((finding, at) => ({ planes: [10 * at, 10 * (at + 1)] as const, level: 140, finding }));
  const finding = findings.find(({ kind }) => kind !== "clean") ?? clean;
  const shares = { unevenness: 0, structureShare: 0, speckShare: 0, saturatedShare: 0, cleanShare: 1 };
  return { tileNumber, level: 140, levelSpread: 1, noise: 3, ...shares, finding, planes };
}

function textOf(proposal: EmptyProposal, warnings: readonly string[] = [], screen = endlessScreen): string {
  const structure: Finding = { kind: "structure", fieldShare: 0.123 };
  const own: EmptyProposal = { kind: "tiles", fovList: [1], planeCount: 30 };
  const tiles = [tile(1, [clean, clean, clean]), tile(2, [clean, structure, clean])];
  const emptyRegions: EmptyRegions = {
    level: 2,
    binPx: 1,
    proposal,
    channels: [
      { label: "MBP", proposal: own, tiles, offsets: [] },
      { label: "Lectin", proposal: { kind: "none", reason: "" }, tiles, offsets: [] },
    ],
    warnings,
  };
  const places = [
    { number: 1, row: 0, column: 0 },
    { number: 2, row: 0, column: 1 },
  ];
  const summary = { image: "my images/a.zarr/raw_image", tiles: places, emptyRegions } as unknown as InspectSummary;
  return emptyRegionsText(summary, screen);
}

it("a proposal of tiles reads well, with the command to run", () => {
  const text = textOf({ kind: "tiles", fovList: [1], planeCount: 30 }, ["MBP: a warning."]);
  expect(text).toMatchSnapshot();
  expect(text).toContain('isolux correct "my images/a.zarr/raw_image" --fov-list 1\n');
});

it("a proposal of planes says which", () => {
  expect(textOf({ kind: "planes", fovList: [1, 2], zLevels: [10, 19], planeCount: 40 })).toContain(
    "--fov-list 1,2 --z-levels 10,19\n",
  );
});

it("no proposal says why, and what single channels have", () => {
  expect(textOf({ kind: "none", reason: "No tile is clean." })).toMatchSnapshot();
});

it("a grid of tiles that is too large to be shown is told in words", () => {
  const tiles = Array.from({ length: 20_000 }, (_, n) => ({ number: n + 1, row: n, column: n }));
  expect(tileMap(tiles)).toBe("  20000 rows and 20000 columns: too many to be drawn\n");
});

it("proposed tiles are green in colours only", () => {
  const tiles = [{ number: 1, row: 0, column: 0 }];
  expect(tileMap(tiles, [1], { ...endlessScreen, isColoured: true })).toContain("| \u001b[32m1*\u001b[39m |");
  expect(tileMap(tiles, [1])).toContain("| 1* |");
  expect(tileMap(tiles)).toContain("|  1 |");
});
