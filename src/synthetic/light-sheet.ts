/**
 * The flat-field of a light sheet and a detection objective together: the light at the waist and away from it, the
 * height of the sheet, and the light that the objective loses towards the corners.
 *
 * Lengths are in half fields: the field spans -1 to 1 along both axes. The light travels along the columns, from the
 * left or from the right.
 */
import type { Yx } from "../shapes.ts";
import type { IlluminationSide } from "../tiles/tile.ts";
import { hashOf, toUnit } from "./random.ts";

/** A light sheet and its detection objective. */
export interface LightSheet {
  /** Rayleigh length: at this distance from its waist the sheet is √2 times as thick, and as many times as faint. */
  readonly rayleigh: number;
  /** How far the waist is swept along with the camera's rows: 0 where it stands still, 1 where it is everywhere. */
  readonly sweep: number;
  /** Distance above and below its middle at which the sheet has 1/e² of its light. */
  readonly height: number;
  /** Part of the light that the objective loses in the corners, by the fourth power of the cosine. */
  readonly cornerLoss: number;
  /** How much farther along the light the waist is in the last plane than in the first. */
  readonly drift: number;
}

/** The misalignment of a light path. */
interface Alignment {
  readonly waist: number;
  readonly middle: number;
  readonly axisYx: Yx;
}

/**
 * The light of a plane without other losses, C order `[y, x]`, at most 1. `depth` is the plane's position in the stack,
 * from 0 to 1. Every channel and side has an alignment of its own, drawn by the seed.
 */
export function lightOfSheet(
  sheet: LightSheet,
  shapeYx: Yx,
  depth: number,
  source: { readonly seed: number; readonly channel: number; readonly side: IlluminationSide },
): Float64Array {
  const { waist, middle, axisYx } = alignmentOf(source.seed, source.channel, source.side);
  const [rows, columns] = shapeYx;
  const direction = source.side === "Left" ? 1 : -1;
  const waistNow = waist + sheet.drift * (depth - 0.5);
  const along = Float64Array.from({ length: columns }, (_, x) =>
    atDistance(sheet, direction * placeOf(x, columns) - waistNow),
  );
  const across = Float64Array.from({ length: rows }, (_, y) =>
    Math.exp(-2 * ((placeOf(y, rows) - middle) / sheet.height) ** 2),
  );
  const steepness = (1 / Math.sqrt(1 - sheet.cornerLoss) - 1) / 2;
  const light = new Float64Array(rows * columns);
  for (let y = 0; y < rows; y += 1) {
    const offAxis = (placeOf(y, rows) - axisYx[0]) ** 2;
    for (let x = 0; x < columns; x += 1) {
      const radiusSquared = offAxis + (placeOf(x, columns) - axisYx[1]) ** 2;
      light[y * columns + x] = (along[x]! * across[y]!) / (1 + steepness * radiusSquared) ** 2;
    }
  }
  return light;
}

/** The sheet's light at a distance from its waist, relative to that at the waist; sweeping limits the distance. */
function atDistance({ rayleigh, sweep }: LightSheet, distance: number): number {
  return 1 / Math.sqrt(1 + (((1 - sweep) * distance) / rayleigh) ** 2);
}

function alignmentOf(seed: number, channel: number, side: IlluminationSide): Alignment {
  const draw = (index: number) => {
    const unit = 2 * toUnit(hashOf(seed, 0x5ee7, channel, side === "Left" ? 0 : 1, index)) - 1;
    return Math.sign(unit) * (0.4 + 0.6 * Math.abs(unit));
  };
  return { waist: 0.4 * draw(0), middle: 0.25 * draw(1), axisYx: [0.15 * draw(2), 0.15 * draw(3)] };
}

/** The centre of a pixel on an axis of a given length. */
function placeOf(index: number, extent: number): number {
  return (2 * index + 1) / extent - 1;
}
