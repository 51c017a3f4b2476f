/** Coordinate transformations of OME-Zarr 0.6 that only scale and move. @see https://ngff-spec.readthedocs.io/en/latest/ */
import { IsoluxError } from "../errors.ts";
import { isJsonObject } from "../zarr/json.ts";

/** A scale and a translation for each axis, one after the other. */
interface Placement {
  readonly scale: readonly number[];
  readonly translation: readonly number[];
}

/** Transformations in transformations, and parts of one: more than any image has. */
const mostNested = 4;
const mostParts = 16;

/**
 * A transformation as a scale that is applied first, and a translation.
 * @param axes the names of the axes that it has
 * @throws IsoluxError `unsupported`, `corrupt`
 */
export function placementOf(transformation: unknown, axes: readonly string[], where: string, depth = 0): Placement {
  const { type, ...values } = isJsonObject(transformation) ? transformation : {};
  const rank = axes.length;
  const none: Placement = { scale: new Array(rank).fill(1), translation: new Array(rank).fill(0) };
  if (type === "identity") return none;
  if (type === "scale") return { ...none, scale: numbers(values.scale, rank, where) };
  if (type === "translation") return { ...none, translation: numbers(values.translation, rank, where) };
  if (
    type === "sequence" &&
    Array.isArray(values.transformations) &&
    depth < mostNested &&
    values.transformations.length <= mostParts
  ) {
    return values.transformations
      .map((one) => placementOf(one, axes, where, depth + 1))
      .reduce(
        ({ scale, translation }, then) => ({
          scale: scale.map((size, axis) => size * then.scale[axis]!),
          translation: translation.map((step, axis) => step * then.scale[axis]! + then.translation[axis]!),
        }),
        none,
      );
  }
  // It comes with its inverse
  if (type === "bijection" && depth < mostNested) return placementOf(values.forward, axes, where, depth + 1);
  if (type === "byDimension" && depth < mostNested) {
    const placement = placementByAxes(values.transformations, axes, where, depth);
    if (placement !== undefined) return placement;
  }
  if (type === "mapAxis" && isSameOrder(values.mapAxis, axes)) return none;
  const affine = type === "affine" ? straightAffine(values.affine, rank) : undefined;
  if (affine !== undefined) return affine;
  throw new IsoluxError({
    kind: "unsupported",
    what: "The image has a transformation that is more than a scale and a translation",
    where,
    found: typeof type === "string" ? `a transformation of the type ${type}` : "no transformation",
    expected: "scale, translation or identity, or a sequence, affine, bijection or byDimension of these",
    advice: "Remove the transformation from its attributes, or write the image in OME-Zarr 0.5",
  });
}

/** An affine transformation, a row for each axis, that only scales and moves; `undefined` for any other. */
function straightAffine(rows: unknown, rank: number): Placement | undefined {
  if (!Array.isArray(rows) || rows.length !== rank) return undefined;
  const isStraight = rows.every(
    (row: unknown, axis) =>
      Array.isArray(row) &&
      row.length === rank + 1 &&
      row.every((value, column) => Number.isFinite(value) && (column === axis || column === rank || value === 0)),
  );
  if (!isStraight) return undefined;
  return { scale: rows.map((row, axis) => row[axis]), translation: rows.map((row) => row[rank]) };
}

/** Transformations of some axes each, which together are all; `undefined` where an axis becomes another one. */
function placementByAxes(parts: unknown, axes: readonly string[], where: string, depth: number): Placement | undefined {
  if (!Array.isArray(parts) || parts.length > mostParts) return undefined;
  const scale = new Map<number, number>();
  const translation = new Map<number, number>();
  for (const part of parts.filter(isJsonObject)) {
    // Drafts name the axes in the transformation itself
    const inner = isJsonObject(part.transformation) ? part.transformation : part;
    const [from, to] = [part.input_axes ?? part.input, part.output_axes ?? part.output].map((of) => placesOf(of, axes));
    if (from === undefined || to === undefined || from.join() !== to.join()) return undefined;
    if (to.some((axis) => scale.has(axis))) return undefined;
    const own = to.map((axis) => axes[axis]!);
    const placement = placementOf(inner, own, where, depth + 1);
    for (const [n, axis] of to.entries()) {
      scale.set(axis, placement.scale[n]!);
      translation.set(axis, placement.translation[n]!);
    }
  }
  if (scale.size !== axes.length) return undefined;
  return { scale: axes.map((_, axis) => scale.get(axis)!), translation: axes.map((_, axis) => translation.get(axis)!) };
}

/** Axes by their numbers or names, of which arrays have `dim_0` and so on; `undefined` where one is unknown. */
function placesOf(named: unknown, axes: readonly string[]): number[] | undefined {
  if (!Array.isArray(named)) return undefined;
  const places = named.map((axis: unknown) => {
    if (typeof axis === "number") return axis;
    const text = String(axis);
    return axes.includes(text) ? axes.indexOf(text) : Number(/^dim_(\d+)$/.exec(text)?.[1] ?? -1);
  });
  const isKnown = places.every((place) => Number.isInteger(place) && place >= 0 && place < axes.length);
  return isKnown && new Set(places).size === places.length ? places : undefined;
}

/** Whether a permutation of axes leaves them as they are. */
function isSameOrder(order: unknown, axes: readonly string[]): boolean {
  return placesOf(order, axes)?.join() === axes.map((_, axis) => axis).join();
}

function numbers(values: unknown, rank: number, where: string): number[] {
  if (Array.isArray(values) && values.length === rank && values.every(Number.isFinite)) return values as number[];
  throw new IsoluxError({
    kind: "corrupt",
    what: "A resolution level has an unusable scale or translation",
    where,
    found: JSON.stringify(values)?.slice(0, 100) ?? "nothing",
    expected: `${rank} numbers`,
  });
}
