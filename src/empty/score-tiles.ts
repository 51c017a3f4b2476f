/**
 * Scores how empty the tiles of a channel are: every plane is compared with the shape of light that empty planes share.
 */
import { medianOf } from "../statistics.ts";
import { type DimTiles, dimmestTiles, findCommonShape, fitLook, follows, tolerance } from "./common-shape.ts";
import { fitShape, type ShapeFit, shapeOf } from "./fit-shape.ts";
import { groupByTile, type PlaneStatistics } from "./plane-statistics.ts";

/** Why a plane or a tile is not clean; `clean` where it is. */
export type Finding =
  | { readonly kind: "clean" }
  /** No light: nothing is brighter than the camera offset, or all of the field is as dim as the dimmest planes. */
  | { readonly kind: "dark" }
  /** No planes share a shape, so no plane can be called clean. */
  | { readonly kind: "no common shape" }
  /** A part of the field is brighter (or, by a shadow, darker) than in empty planes. */
  | { readonly kind: "structure"; readonly fieldShare: number }
  /** All of the field is lit differently than in empty planes: stray light, or sample out of focus. */
  | {
      readonly kind: "uneven";
      /** @nullable */
      readonly deviation: number;
    }
  | { readonly kind: "specks"; readonly pixelShare: number }
  | { readonly kind: "saturated"; readonly pixelShare: number };

/** The score of one plane. */
export interface PlaneScore {
  /** Planes of the full resolution that it covers, half-open. */
  readonly planes: readonly [start: number, stop: number];
  /** Median over the blocks, in counts. @nullable */
  readonly level: number;
  readonly finding: Finding;
}

/** The score of a tile in one channel. */
export interface TileScore {
  readonly tileNumber: number;
  /** Brightness of the background in counts: the median over planes of the median over blocks. @nullable */
  readonly level: number;
  /** Variation of the level between planes: robust standard deviation, in counts. @nullable */
  readonly levelSpread: number;
  /** Noise of an averaged pixel, in counts. @nullable */
  readonly noise: number;
  /**
   * Deviation of the median over the planes from the common shape, as a fraction of the level: robust standard
   * deviation.
   * @nullable
   */
  readonly unevenness: number;
  /** Fraction of the field that deviates in the worst plane. */
  readonly structureShare: number;
  readonly speckShare: number;
  readonly saturatedShare: number;
  /** Fraction of the planes that are clean. */
  readonly cleanShare: number;
  /** The tile as a whole: clean where all its planes are, and their median. */
  readonly finding: Finding;
  readonly planes: readonly PlaneScore[];
}

/** The scores of the tiles of a channel, or of one side of it, with the common shape. */
export interface TileScores {
  readonly tiles: readonly TileScore[];
  /** The common shape of empty planes, mean 1, `blocksYx`; absent where planes share none. */
  readonly shape?: readonly number[];
  readonly blocksYx: readonly [rows: number, columns: number];
  /** Without a common shape: the dimmest tiles, which may be empty, and how much their light differs. */
  readonly dimmest?: DimTiles;
  /** Planes without light. */
  readonly dark?: DarkStatistics;
}

/** Specks up to this fraction of a plane's pixels do not affect the median over planes; more would shift it. */
const mostSpecks = 0.02;

const mostSaturated = 1e-3;

/** The median over a tile's planes has less noise: it shows faint sample that no single plane does. */
const tileTolerance = { unevenness: 0.01, outstandingShare: 0.02, brightShare: 0.008 } as const;

/**
 * Scores tiles by planes of all of them, lit from one side. Pure; the same statistics give the same scores.
 * @param offset what the camera shows without light, in counts, where known
 */
export function scoreTiles(looks: readonly PlaneStatistics[], offset = 0): TileScores {
  const dark = findDarkStatistics(looks);
  const lit = dark === undefined ? looks : looks.filter((look) => !dark.looks.has(look));
  const shape = findCommonShape(lit, offset);
  const common: Common = { shape, offset, dark: dark?.looks ?? new Set() };
  const tiles = [...groupByTile(looks)].map(([tileNumber, own]) => scoreTile(tileNumber, own, common));
  const scores = { tiles, blocksYx: looks[0]?.blocksYx ?? ([0, 0] as const), dark };
  if (shape !== undefined) return { ...scores, shape: [...shape] };
  const dimmest = dimmestTiles(lit, offset);
  return { ...scores, dimmest };
}

/** What planes are compared with. */
interface Common {
  readonly shape: Float64Array | undefined;
  readonly offset: number;
  readonly dark: ReadonlySet<PlaneStatistics>;
}

function scoreTile(tileNumber: number, looks: readonly PlaneStatistics[], common: Common): TileScore {
  const { shape, offset } = common;
  const fits = looks.map((look) => (shape === undefined ? undefined : fitLook(look, shape, offset)));
  const planes = looks.map((look, at): PlaneScore => {
    return { planes: look.planes, level: levelOf(look), finding: classifyPlane(look, fits[at], common) };
  });
  const levels = Float64Array.from(planes, ({ level }) => level);
  const level = medianOf(levels.slice());
  const clean = planes.filter(({ finding }) => finding.kind === "clean").length;
  const median = shape === undefined ? undefined : fitMedian(looks, shape, offset);
  const worst = Math.max(...fits.map((fit) => (fit === undefined ? 0 : fit.brightShare + fit.darkShare)));
  return {
    tileNumber,
    level,
    levelSpread: 1.4826 * medianOf(levels.map((value) => Math.abs(value - level))),
    noise: medianOf(Float64Array.from(looks, ({ noise }) => noise)),
    unevenness: median === undefined || !Number.isFinite(median.unevenness) ? 1 : median.unevenness,
    structureShare: worst,
    speckShare: Math.max(...looks.map(({ speckShare }) => speckShare)),
    saturatedShare: Math.max(...looks.map(({ saturatedShare }) => saturatedShare)),
    cleanShare: clean / planes.length,
    finding: classifyTile(planes, median),
    planes,
  };
}

function levelOf({ blocks }: PlaneStatistics): number {
  return medianOf(blocks.slice());
}

function classifyPlane(look: PlaneStatistics, fit: ShapeFit | undefined, { offset, dark }: Common): Finding {
  if (dark.has(look) || !look.blocks.every((value) => value > offset)) return { kind: "dark" };
  if (look.saturatedShare > mostSaturated) return { kind: "saturated", pixelShare: look.saturatedShare };
  if (fit === undefined) return { kind: "no common shape" };
  if (!follows(fit)) return whyNot(fit);
  if (look.speckShare > mostSpecks) return { kind: "specks", pixelShare: look.speckShare };
  return { kind: "clean" };
}

function whyNot({ brightShare, darkShare, unevenness }: ShapeFit): Finding {
  const isStructure = brightShare > tolerance.brightShare || darkShare > tolerance.darkShare;
  return isStructure
    ? { kind: "structure", fieldShare: brightShare + darkShare }
    : { kind: "uneven", deviation: unevenness };
}

/** The median of a tile's planes, each at its own level, compared with the shape, as in the estimate. */
function fitMedian(looks: readonly PlaneStatistics[], shape: Float64Array, offset: number): ShapeFit {
  const shapes = looks.map((look) => shapeOf(look, offset));
  const median = shape.map((_, block) => medianOf(Float64Array.from(shapes, (own) => own[block]!)));
  const noise = looks.map((look) => look.blockNoise / Math.max(1, levelOf(look) - offset));
  const factor = looks.length > 2 ? 1.2533 : 1;
  const noiseLeft = (factor * Math.sqrt(noise.reduce((sum, value) => sum + value ** 2, 0))) / looks.length;
  return fitShape(median, noiseLeft, shape, looks[0]!.blocksYx, tileTolerance.outstandingShare);
}

/** The finding of a tile is that of its worst plane; where all planes are clean, that of their median. */
function classifyTile(planes: readonly PlaneScore[], median: ShapeFit | undefined): Finding {
  const order: readonly Finding["kind"][] = ["structure", "uneven", "specks", "saturated", "dark", "no common shape"];
  const faults = planes.map(({ finding }) => finding).filter(({ kind }) => kind !== "clean");
  for (const kind of order) {
    const [first, ...others] = faults.filter((finding) => finding.kind === kind);
    if (first !== undefined) return others.reduce(worse, first);
  }
  if (median === undefined) return { kind: "no common shape" };
  const stands = median.brightShare + median.darkShare;
  if (median.unevenness > tileTolerance.unevenness) return { kind: "uneven", deviation: median.unevenness };
  if (stands > 2 * tileTolerance.brightShare) return { kind: "structure", fieldShare: stands };
  return { kind: "clean" };
}

function worse(a: Finding, b: Finding): Finding {
  return amountOf(b) > amountOf(a) ? b : a;
}

function amountOf(finding: Finding): number {
  if ("fieldShare" in finding) return finding.fieldShare;
  if ("deviation" in finding) return finding.deviation;
  return "pixelShare" in finding ? finding.pixelShare : 0;
}

/** Planes without light, and their level. */
export interface DarkStatistics {
  readonly looks: ReadonlySet<PlaneStatistics>;
  /** Tiles with such planes. */
  readonly tiles: readonly number[];
  /** Their level in counts: the camera's offset. */
  readonly level: number;
}

/** The most that blocks of an even plane differ: this multiple of their noise, or as much as dark-fields vary. */
const even = { noises: 1.6, counts: 1.5, share: 0.015 } as const;

/** The most that planes without light differ in level, in noises of a block and in counts. */
const alike = { noises: 6, counts: 2 } as const;

/** Finds them among the planes of tiles lit from one side. @returns `undefined` where there are none, or only such */
function findDarkStatistics(looks: readonly PlaneStatistics[]): DarkStatistics | undefined {
  const flat = looks.filter(isEven);
  if (flat.length === 0 || flat.length === looks.length) return undefined;
  const dimmest = Math.min(...looks.map(levelOf));
  const dark = flat.filter((look) => levelOf(look) <= dimmest + Math.max(alike.counts, alike.noises * look.blockNoise));
  if (dark.length === 0) return undefined;
  const level = medianOf(Float64Array.from(dark, levelOf));
  return { looks: new Set(dark), tiles: [...groupByTile(dark).keys()], level };
}

/** Whether the blocks differ by no more than noise; single ones may contain a defect. */
function isEven(look: PlaneStatistics): boolean {
  const level = levelOf(look);
  const spread = 1.4826 * medianOf(look.blocks.map((value) => Math.abs(value - level)));
  return spread <= Math.max(Math.min(even.counts, even.share * level), even.noises * look.blockNoise);
}
