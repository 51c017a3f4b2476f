/** Determines how a given profile lies over the field of a tile, by its shape and its record. */
import { formatShape, isSameShape, mapAxes, type Yx } from "../shapes.ts";
import type { FieldFacts } from "./model-record.ts";
import type { GivenProfile } from "./npz-profile.ts";

/** The parts of a profile that are used here. */
type PlacedProfile = Pick<GivenProfile, "profile" | "alignment" | "field">;

/**
 * How a given profile lies over the field of a tile: by its alignment (`fits`); each of its pixels over `factorYx` of
 * the tile (`binned`), less than 1 where the tile's pixels were binned and the profile's were not; or in no known way.
 */
type FieldRelation =
  | { readonly kind: "fits"; readonly doubt?: string }
  | { readonly kind: "binned"; readonly factorYx: Yx; readonly note: string; readonly doubt?: string }
  | { readonly kind: "unknown"; readonly found: string; readonly advice: string };

/** Sizes of pixels that differ by less are equal up to rounding. */
const sameSize = 0.01;

/**
 * Determines how a profile lies over a field: by the record of a profile that Isolux saved, else by its shape.
 * @param shapesYx the shapes of all tiles of the image: those that differ by one pixel do so by rounding
 */
export function relateToField(
  { profile, alignment, field: made }: PlacedProfile,
  tile: FieldFacts,
  shapesYx: readonly Yx[] = [tile.shapeYx],
): FieldRelation {
  const { shapeYx, flatfield, darkfield } = profile;
  if (isConstant(flatfield) && isConstant(darkfield)) return { kind: "fits" };
  if (alignment.kind === "centres") {
    const { factorYx } = alignment;
    return made === undefined
      ? relateLevel(shapeYx, factorYx, tile.shapeYx)
      : relateRecord(made, factorYx, tile, shapesYx);
  }
  const isWhole = made !== undefined && isSameShape(shapeYx, made.shapeYx);
  return isWhole ? relateRecord(made, [1, 1], tile, shapesYx) : relateShapes(shapeYx, tile.shapeYx, shapesYx);
}

/** A profile of another program: of a tile's shape, or binned by the same whole number along both axes. */
function relateShapes(shapeYx: Yx, tileYx: Yx, shapesYx: readonly Yx[]): FieldRelation {
  if (isRounded(shapeYx, tileYx, shapesYx)) return { kind: "fits" };
  const factor = scale(shapeYx, tileYx);
  if (factor === undefined) return unknown(shapeYx, tileYx);
  const sizes = `it has ${formatShape(shapeYx)} px, the tiles ${formatShape(tileYx)} px`;
  const taken =
    factor > 1
      ? `its shape says that it was binned by ${factor}, so it is laid over the whole tile`
      : `its shape says that the tiles were binned by ${Math.round(1 / factor)}, so its pixels are averaged`;
  const doubt = "If it shows another field than they do, the correction is wrong";
  return { kind: "binned", factorYx: [factor, factor], note: `${sizes}: ${taken}`, doubt };
}

/**
 * The profile of a resolution level, whose record does not name the tiles: it covers them except for less than one of
 * its pixels.
 */
function relateLevel(shapeYx: Yx, factorYx: Yx, tileYx: Yx): FieldRelation {
  const madeYx = mapAxes(shapeYx, (extent, axis) => extent * factorYx[axis]!);
  const covers = madeYx.every((extent, axis) => Math.abs(extent - tileYx[axis]!) < factorYx[axis]!);
  return covers ? { kind: "fits" } : unknown(madeYx, tileYx);
}

/** A profile whose record names its tiles: for these, or for tiles with another binning. */
function relateRecord(made: FieldFacts, factorYx: Yx, tile: FieldFacts, shapesYx: readonly Yx[]): FieldRelation {
  const ratio = pixelRatio(made.pixelSizeUmYx, tile.pixelSizeUmYx);
  const hasSamePixels = ratio === undefined || Math.abs(ratio - 1) < sameSize;
  if (isRounded(made.shapeYx, tile.shapeYx, shapesYx)) {
    return { kind: "fits", ...(!hasSamePixels && { doubt: otherPixels(made, tile) }) };
  }
  if (hasSamePixels && isNear(made.shapeYx, tile.shapeYx)) return { kind: "fits", doubt: otherShape(made, tile) };
  const times = scale(made.shapeYx, tile.shapeYx);
  const isBinned = times !== undefined && (ratio === undefined || Math.abs(ratio * times - 1) < sameSize);
  if (!isBinned) return unknown(made.shapeYx, tile.shapeYx);
  const shapes = `it was made for tiles of ${formatShape(made.shapeYx)} px, these have ${formatShape(tile.shapeYx)} px`;
  const note = `${shapes}: they are taken to be binned otherwise`;
  return { kind: "binned", factorYx: mapAxes(factorYx, (factor) => factor * times), note };
}

/** The size of a pixel of the tile in pixels that a profile was made for; `undefined` where either is unknown. */
function pixelRatio(made: Yx | undefined, tile: Yx | undefined): number | undefined {
  if (made === undefined || tile === undefined) return undefined;
  const [y, x] = [tile[0] / made[0], tile[1] / made[1]];
  return Math.abs(y - 1) > Math.abs(x - 1) ? y : x;
}

function otherPixels(made: FieldFacts, tile: FieldFacts): string {
  const sizes = [made, tile].map(({ pixelSizeUmYx }) => formatShape(pixelSizeUmYx!));
  return `it was made for pixels of ${sizes[0]} µm, those of the tiles have ${sizes[1]} µm: another zoom`;
}

function otherShape(made: FieldFacts, tile: FieldFacts): string {
  const [from, to] = [made, tile].map(({ shapeYx }) => formatShape(shapeYx));
  return `it was made for tiles of ${from} px, these have ${to} px: the pixel between is taken for rounding`;
}

/** Extents in µm are rounded: a shape is that of a tile where it is exactly that of one, and nearly that of this one. */
function isRounded(shapeYx: Yx, tileYx: Yx, shapesYx: readonly Yx[]): boolean {
  return isNear(shapeYx, tileYx) && shapesYx.some((other) => isSameShape(shapeYx, other));
}

/** Whether shapes differ by a pixel at most. */
function isNear(shapeYx: Yx, otherYx: Yx): boolean {
  return shapeYx.every((extent, axis) => {
    const allowed = Math.min(extent, otherYx[axis]!) >= 32 ? 1 : 0;
    return Math.abs(extent - otherYx[axis]!) <= allowed;
  });
}

/** How many pixels of a tile one of a profile's covers: a whole number, or its inverse; `undefined` for neither. */
function scale(shapeYx: Yx, tileYx: Yx): number | undefined {
  const coarser = binning(tileYx, shapeYx);
  if (coarser !== undefined) return coarser;
  const finer = binning(shapeYx, tileYx);
  return finer === undefined ? undefined : 1 / finer;
}

/**
 * The whole number by which pixels were binned along both axes; `undefined` for none. Where it does not divide them,
 * the last pixels are missing, as cameras bin, or kept, as in pyramids, along both axes: other shapes are other fields.
 */
function binning(fineYx: Yx, coarseYx: Yx): number | undefined {
  const most = Math.ceil(fineYx[0] / coarseYx[0]) + 1;
  // With so few pixels, almost every number would fit.
  const mustDivide = Math.min(...coarseYx) < 8;
  for (let factor = 2; factor <= most; factor++) {
    const isWith = (round: (value: number) => number) =>
      fineYx.every((fine, axis) => round(fine / factor) === coarseYx[axis]);
    const divides = fineYx.every((fine) => fine % factor === 0);
    const isPower = 2 ** Math.round(Math.log2(factor)) === factor;
    const mayLose = !mustDivide && (isPower || factor === 3);
    if (isWith(divides || mayLose ? Math.floor : Number) || (!mustDivide && isPower && isWith(Math.ceil)))
      return factor;
  }
  return undefined;
}

function isConstant(image: Float32Array): boolean {
  return image.every((value) => value === image[0]);
}

function unknown(shapeYx: Yx, tileYx: Yx): FieldRelation {
  const found = `a profile of ${formatShape(shapeYx)} px for tiles of ${formatShape(tileYx)} px`;
  return { kind: "unknown", found, advice: adviceFor(shapeYx, tileYx) };
}

/** Advice on how to make a profile fit. */
function adviceFor(shapeYx: Yx, tileYx: Yx): string {
  const [rows, columns] = tileYx;
  const turnedYx: Yx = [shapeYx[1], shapeYx[0]];
  if (isNear(turnedYx, tileYx) || scale(turnedYx, tileYx) !== undefined) {
    return "Its rows and columns are swapped: transpose it (NumPy: flatfield.T and darkfield.T)";
  }
  const resample = `if it shows their whole field with other pixels, give it their shape: isolux profile convert PROFILE NEW --shape ${rows},${columns}`;
  const isLarger = shapeYx.every((extent, axis) => extent >= tileYx[axis]!);
  const region = isLarger
    ? `If the tiles show a part of its field, crop it to that part (NumPy: flatfield[y:y+${rows}, x:x+${columns}])`
    : "Give one that was measured with the camera region of the tiles";
  return `${region}; ${resample}`;
}
