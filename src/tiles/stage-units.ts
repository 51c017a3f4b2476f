/** Stage positions of a table whose places in the image are not in µm of the image. */
import { mapAxes, type Yx, type Zyx } from "../shapes.ts";
import type { AxisReading } from "./axis-readings.ts";
import type { RegionUm } from "./tile.ts";

const stageColumns = ["y_micrometer_original", "x_micrometer_original"] as const;

/** Neighbours lie at least half a tile apart on the stage, and hardly further than side by side. */
const plausibleSteps = [0.5, 1.02] as const;

/**
 * Stage positions in µm as the image has them; `undefined` for rows without one. A table whose places are in another unit
 * has its stage positions in that unit or in µm: whichever makes neighbours overlap as tiles do. Where neither does
 * there are none, since a wrong overlap is worse than none.
 * @param readings of the table, along z, y, x
 */
export function stageInImageUm(
  regions: readonly RegionUm[],
  readings: readonly AxisReading[],
  scaleUmZyx: Zyx,
): (Yx | undefined)[] {
  const given = regions.map(({ values }): Yx | undefined => {
    const [y = Number.NaN, x = Number.NaN] = stageColumns.map((column) => values.get(column));
    return Number.isFinite(y) && Number.isFinite(x) ? [y, x] : undefined;
  });
  const factors = ([0, 1] as const).map((axis) => factorAlong(axis, given, readings[axis + 1]!, scaleUmZyx[axis + 1]!));
  if (factors.includes(undefined)) return given.map(() => undefined);
  return given.map((stage) => stage && mapAxes(stage, (value, axis) => value * factors[axis]!));
}

function factorAlong(
  axis: 0 | 1,
  given: readonly (Yx | undefined)[],
  { starts, unitsPerPixel }: AxisReading,
  scaleUm: number,
): number | undefined {
  if (unitsPerPixel === scaleUm) return 1;
  const known = [...given.keys()].filter((row) => given[row] !== undefined);
  const inImage = rangeOf(known.map((row) => starts[row]!)) * scaleUm;
  const onStage = rangeOf(known.map((row) => given[row]![axis]));
  if (inImage === 0 || onStage === 0) return scaleUm / unitsPerPixel;
  return [scaleUm / unitsPerPixel, 1].find((factor) => {
    const step = (onStage * factor) / inImage;
    return step >= plausibleSteps[0] && step <= plausibleSteps[1];
  });
}

function rangeOf(values: readonly number[]): number {
  const [low, high] = values.reduce(
    ([least, most], value) => [Math.min(least, value), Math.max(most, value)] as const,
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY] as const,
  );
  return values.length === 0 ? 0 : high - low;
}
