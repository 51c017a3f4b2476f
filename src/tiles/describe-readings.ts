/** Describes how a table of tiles was interpreted, in sentences without their full stop. */
import { formatNumber } from "../quantities.ts";
import { type AxisExtents, type AxisReading, type ImageAxis, leftOut, type ReadingKind } from "./axis-readings.ts";
import type { Remark } from "./tile.ts";

/** The meaning of the numbers along an axis by an interpretation. */
export function meansOf({ kind, unitsPerPixel, origin }: AxisReading, { axis, scaleUm, extent }: ImageAxis): string {
  const from = origin === 0 || kind === "cropped" ? "" : `, counted from ${formatNumber(origin)}`;
  switch (kind) {
    case "pixels":
      return `${axis === 0 ? "planes" : "pixels"}, not µm${from}`;
    case "pixel-size":
      return `µm for pixels of ${size(unitsPerPixel)} µm, where the image says ${size(scaleUm)} µm${from}`;
    case "origin":
      return `µm counted from ${formatNumber(origin)}, where the image begins`;
    case "cropped":
      return "µm of tiles that the image's edge crops";
    case "one-plane":
      return "those of a stack or of nothing, where the image has one plane: each tile has that plane";
    case "all-planes":
      return `a depth of ${size(unitsPerPixel * extent)} µm in place of ${size(scaleUm * extent)} µm: each tile has all ${extent} planes`;
    default:
      return "µm";
  }
}

/** Interpretations by which pixels lie elsewhere than by µm. */
const daring: ReadonlySet<ReadingKind> = new Set(["pixels", "pixel-size", "origin", "all-planes"]);

/** Remarks on all that was not read as µm. @param readings of the table, along z, y, x */
export function describeReadings(
  readings: readonly AxisReading[],
  table: readonly AxisExtents[],
  image: readonly ImageAxis[],
): Remark[] {
  const axesOf = new Map<string, number[]>();
  for (const [axis, reading] of readings.entries()) {
    if (reading.kind === "as-stands" || reading.kind === "cropped") continue;
    const means = meansOf(reading, image[axis]!);
    axesOf.set(means, [...(axesOf.get(means) ?? []), axis]);
  }
  const remarks = [...axesOf].map(([means, axes]): Remark => {
    const along = namesOf(axes);
    const isDaring = axes.some((axis) => daring.has(readings[axis]!.kind));
    const why =
      isDaring && readings[axes[0]!]!.kind !== "all-planes"
        ? `: so they fill the image, and as µm ${faultOf(table[axes[0]!]!, image[axes[0]!]!)}`
        : "";
    return {
      kind: isDaring ? "warning" : "note",
      text: `The numbers of the table of tiles along ${along} are read as ${means}${why}`,
    };
  });
  const cut = readings.flatMap(({ cuts }, axis) => (cuts === undefined ? [] : [{ axis, most: mostOf(cuts) }]));
  if (cut.length === 0) return remarks;
  const beyond = cut.map(({ axis, most }) => `${"zyx"[axis]} by up to ${most}`).join(", ");
  const text = `Tiles of the table reach beyond the image (${beyond} pixels): they are cropped at its edge`;
  return [...remarks, { kind: "note", text }];
}

/** Why the numbers do not fit as µm. */
function faultOf({ starts, stops }: AxisExtents, { axis, scaleUm, extent }: ImageAxis): string {
  const pixels = (values: readonly number[]) => values.map((value) => Math.round(value / scaleUm));
  const [from, to] = [pixels(starts), pixels(stops)];
  const unit = axis === 0 ? "planes" : "pixels";
  if (from.some((start, row) => start < 0 || to[row]! > extent)) return "they would reach beyond it";
  if (from.some((start, row) => start >= to[row]!)) return "tiles would be empty";
  const missed = leftOut({ starts: from, stops: to }, extent).reduce((sum, [start, stop]) => sum + stop - start, 0);
  return `they would leave out ${missed} of its ${extent} ${unit}`;
}

function size(um: number): string {
  return String(Number(um.toPrecision(4)));
}

function mostOf(cuts: readonly (readonly [number, number])[]): number {
  return cuts.reduce((most, [before, behind]) => Math.max(most, before, behind), 0);
}

function namesOf(axes: readonly number[]): string {
  const names = axes.map((axis) => "zyx"[axis]!);
  return names.length === 1 ? names[0]! : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
