/** Describes an image: its levels, channels and tiles, and how bright each tile is. */
import { type Acquisition, describeMissingTable, fullResolution } from "../acquisition/acquisition.ts";
import type { PixelLevel } from "../acquisition/level.ts";
import type { OpenedAcquisition } from "../acquisition/open-acquisition.ts";
import { passBuffers } from "../acquisition/reading-buffers.ts";
import { storedLevel } from "../acquisition/sampled-level.ts";
import { type EmptyRegions, findEmptyRegions } from "../empty/find-empty-regions.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import type { InspectParameters } from "../parameters/schema.ts";
import type { InspectSummary, LevelSummary, TileBrightness, TileSummary } from "../parameters/summaries.ts";
import { measureCoverage } from "../sample/light-in-gaps.ts";
import { planSample, type SamplePlan } from "../sample/plan-sample.ts";
import type { PlaneReceiver, Rectangle } from "../sample/plane-stack.ts";
import { readPlanes } from "../sample/read-planes.ts";
import { ValueDistribution } from "../sample/value-distribution.ts";
import { boxShape, type Czyx, elementCount, mapAxes } from "../shapes.ts";
import { describeCoverage } from "../tiles/coverage.ts";
import { withoutParts } from "../tiles/cropped-tiles.ts";
import { gridPlaces } from "../tiles/tile.ts";
import { describeCodec } from "../zarr/metadata/metadata.ts";
import type { SourceLocation } from "./places/location.ts";
import { openConfirmed } from "./places/location.ts";
import { restOf } from "./record/tiles-record.ts";

/** Pixels that are kept of a tile, at most, and of all tiles together. */
const mostKeptOfTile = 1 << 14;
const mostKeptOfAll = 1 << 22;
/** Of more tiles the pixels are kept, not counted: to count each of their values takes 256 kB a tile. */
const mostCounted = 256;

/** Describes an image. Medians and spreads come from planes of the coarsest level, or of the level asked for. */
export async function inspectImage(
  source: SourceLocation,
  parameters: InspectParameters,
  hooks: RunHooks,
): Promise<InspectSummary> {
  const opened = await openConfirmed(source, hooks, "warn");
  const { acquisition } = opened;
  // Every tile is sampled, cropped ones too.
  const plan = planSample(
    { ...acquisition, tiles: withoutParts(acquisition.tiles) },
    {
      level: parameters.resolutionLevel ?? acquisition.levels.length - 1,
      planeCount: Math.max(parameters.nZplanes, acquisition.tiles.length),
      seed: parameters.seed,
    },
  );
  const brightness: TileBrightness[][] = acquisition.tiles.map(() => []);
  for (const channel of acquisition.channels) {
    hooks.report({ kind: "stage", text: `Looking at ${channel.label}` });
    const ofTiles = await measureTiles(acquisition, channel.index, plan, hooks);
    for (const [index, tile] of ofTiles.entries()) brightness[index]!.push(tile);
  }
  const emptyRegions = parameters.empty ? await lookForEmptyRegions(acquisition, parameters, hooks) : undefined;
  const full = fullResolution(acquisition);
  return {
    image: acquisition.location,
    shapeCzyx: atOneTime(full),
    ...(full.timePoints !== undefined && full.timePoints > 1 ? { timePoints: full.timePoints } : {}),
    type: storedLevel(full).type,
    channels: acquisition.channels.map((channel) => channel.label),
    levels: summariseLevels(opened),
    tiles: summariseTiles(acquisition, brightness),
    hasTileTable: acquisition.hasTileTable,
    emptyRegions,
    notes: [
      ...(acquisition.hasTileTable ? [] : [describeMissingTable(acquisition)]),
      ...describeCoverage(await measureCoverage(acquisition), restOf(acquisition)).map(({ text }) => text),
    ],
  };
}

function lookForEmptyRegions(
  acquisition: Acquisition,
  { resolutionLevel: level, seed, cameraOffset }: InspectParameters,
  { report, signal }: RunHooks,
): Promise<EmptyRegions> {
  report({ kind: "stage", text: "Looking for empty regions" });
  return findEmptyRegions(
    acquisition,
    { seed, cameraOffset, level },
    { signal, onChunk: (done, total) => report({ kind: "progress", stage: "Looking", done, total }) },
  );
}

function summariseLevels(opened: OpenedAcquisition): LevelSummary[] {
  if (opened.kind === "tiles") {
    const { levels, pixelSizeUmZyx } = opened.acquisition;
    return levels.map(({ shapeCzyx, chunkShapeCzyx, factorsZyx }, index) => ({
      path: String(index),
      shapeCzyx,
      chunkShape: chunkShapeCzyx,
      codec: "as the tiles",
      scaleZyx: mapAxes(factorsZyx, (factor, axis) => factor * pixelSizeUmZyx[axis]!),
    }));
  }
  const { levels, metadata } = opened.acquisition;
  return levels.map((level, index) => ({
    path: metadata.levels[index]!.path,
    shapeCzyx: atOneTime(level),
    chunkShape: level.array.metadata.chunkShape,
    codec: describeCodec(level.array.metadata),
    scaleZyx: metadata.levels[index]!.scaleZyx,
  }));
}

function atOneTime({ shapeCzyx: [channels, planes, ...yx], timePoints = 1 }: PixelLevel): Czyx {
  return [channels, planes / timePoints, ...yx];
}

function summariseTiles(
  { tiles: all, tilesOfOneTime: tiles = all }: Acquisition,
  brightness: readonly TileBrightness[][],
): TileSummary[] {
  return gridPlaces(tiles).map(({ tile, row, column }, index) => ({
    number: tile.number,
    name: tile.name,
    row,
    column,
    startYx: [tile.box.start[1], tile.box.start[2]],
    shapeZyx: boxShape(tile.box),
    perChannel: brightness[index]!,
  }));
}

async function measureTiles(
  acquisition: Acquisition,
  channel: number,
  plan: SamplePlan,
  hooks: RunHooks,
): Promise<TileBrightness[]> {
  const pixelsOfTile = (plan.planes.length / acquisition.tiles.length) * elementCount(plan.fieldYx);
  const { tiles } = acquisition;
  const mostKept = Math.min(mostKeptOfTile, mostKeptOfAll / tiles.length);
  const mayCount = tiles.length <= mostCounted;
  const distribution = () => new ValueDistribution(acquisition.type, pixelsOfTile, mostKept, mayCount);
  const ofTile = new Map(tiles.map(({ number }) => [number, distribution()]));
  await readPlanes(acquisition, channel, plan, new TileDistributions(plan, ofTile), {
    buffer: passBuffers(acquisition.levels[plan.level]!),
    signal: hooks.signal,
    onChunk: (done, total) => hooks.report({ kind: "progress", stage: "Looking", done, total }),
  });
  return acquisition.tiles.map(({ number, sides }) => {
    const side = sides?.[channel];
    const values = ofTile.get(number)!;
    const low = values.quantile(0.16) ?? Number.NaN;
    const high = values.quantile(0.84) ?? Number.NaN;
    const brightness = { median: values.quantile(0.5) ?? Number.NaN, spread: (high - low) / 2 };
    return side === undefined ? brightness : { side, ...brightness };
  });
}

/** Collects the value distribution of every tile's planes. */
class TileDistributions implements PlaneReceiver {
  private readonly plan: SamplePlan;
  private readonly ofTile: ReadonlyMap<number, ValueDistribution>;

  constructor(plan: SamplePlan, ofTile: ReadonlyMap<number, ValueDistribution>) {
    this.plan = plan;
    this.ofTile = ofTile;
  }

  async put(n: number, _y: number, _x: number, { pixels, offset, stride, rows, columns }: Rectangle): Promise<void> {
    const values = this.ofTile.get(this.plan.planes[n]!.tileNumber)!;
    for (let row = 0; row < rows; row++) {
      const first = offset + row * stride;
      values.addAll(pixels, first, first + columns);
    }
  }
}
