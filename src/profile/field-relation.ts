/** How a given profile lies over the field of a tile: known by its shape and its record, or not at all. */
import { formatShape, mapAxes, type Yx } from "../shapes.ts";
import type { FieldFacts } from "./model-record.ts";
import type { GivenProfile } from "./npz-profile.ts";

/** What is looked at of a profile. */
export type PlacedProfile = Pick<GivenProfile, "profile" | "alignment" | "field">;

/**
 * How a given profile lies over the field of a tile: as its alignment says (`fits`; a pixel that rounding took or gave
 * makes no difference); each of its pixels over `factorYx` of the tile (`binned`), less than 1 where the tile's pixels
 * were binned and the profile's were not; or in no way that is known.
 */
export type FieldRelation =
  | { readonly kind: "fits"; readonly doubt?: string }
  | { readonly kind: "binned"; readonly factorYx: Yx; readonly note: string }
  | { readonly kind: "unknown"; readonly found: string; readonly advice: string };

/** Sizes of pixels that differ by less are the same size, rounded twice. */
const sameSize = 0.01;

/** Tells how a profile lies over a field: one that Isolux saved tells what it was made for, of others there is the shape. */
export function relateToField({ profile, alignment, field: made }: PlacedProfile, tile: FieldFacts): FieldRelation {
  const { shapeYx, flatfield, darkfield } = profile;
  if (isConstant(flatfield) && isConstant(darkfield)) return { kind: "fits" };
  if (alignment.kind === "centres") {
    const { factorYx } = alignment;
    return made === undefined ? relateLevel(shapeYx, factorYx, tile.shapeYx) : relateRecord(made, factorYx, tile);
  }
  const isWhole = made !== undefined && isNear(shapeYx, made.shapeYx);
  return isWhole ? relateRecord(made, [1, 1], tile) : relateShapes(shapeYx, tile.shapeYx);
}

/** A profile of another's making: of the tile's shape, or binned by the same whole number along both axes. */
function relateShapes(shapeYx: Yx, tileYx: Yx): FieldRelation {
  if (isNear(shapeYx, tileYx)) return { kind: "fits" };
  const factor = scale(shapeYx, tileYx);
  if (factor === undefined) return unknown(shapeYx, tileYx);
  const sizes = `it has ${formatShape(shapeYx)} px, the tiles ${formatShape(tileYx)} px`;
  const taken =
    factor > 1 ? `it is taken to be binned by ${factor}` : `its pixels are averaged by ${Math.round(1 / factor)}`;
  return { kind: "binned", factorYx: [factor, factor], note: `${sizes}: ${taken}` };
}

/** The profile of a resolution level, whose tiles it does not name: it covers them but for less than one of its pixels. */
function relateLevel(shapeYx: Yx, factorYx: Yx, tileYx: Yx): FieldRelation {
  const madeYx = mapAxes(shapeYx, (extent, axis) => extent * factorYx[axis]!);
  const covers = madeYx.every((extent, axis) => Math.abs(extent - tileYx[axis]!) < factorYx[axis]!);
  return covers ? { kind: "fits" } : unknown(madeYx, tileYx);
}

/** A profile that names the tiles it was made for: of these, or of tiles that are binned otherwise. */
function relateRecord(made: FieldFacts, factorYx: Yx, tile: FieldFacts): FieldRelation {
  const ratio = pixelRatio(made.pixelSizeUmYx, tile.pixelSizeUmYx);
  if (isNear(made.shapeYx, tile.shapeYx)) {
    const hasOtherPixels = ratio !== undefined && Math.abs(ratio - 1) >= sameSize;
    return { kind: "fits", ...(hasOtherPixels && { doubt: otherPixels(made, tile) }) };
  }
  const times = scale(made.shapeYx, tile.shapeYx);
  const isBinned = times !== undefined && (ratio === undefined || Math.abs(ratio * times - 1) < sameSize);
  if (!isBinned) return unknown(made.shapeYx, tile.shapeYx);
  const shapes = `it was made for tiles of ${formatShape(made.shapeYx)} px, these have ${formatShape(tile.shapeYx)} px`;
  const note = `${shapes}: they are taken to be binned otherwise`;
  return { kind: "binned", factorYx: mapAxes(factorYx, (factor) => factor * times), note };
}

/** How many of the pixels that a profile was made for one of the tile's is wide; `undefined` where either is not known. */
function pixelRatio(made: Yx | undefined, tile: Yx | undefined): number | undefined {
  if (made === undefined || tile === undefined) return undefined;
  const [y, x] = [tile[0] / made[0], tile[1] / made[1]];
  return Math.abs(y - 1) > Math.abs(x - 1) ? y : x;
}

function otherPixels(made: FieldFacts, tile: FieldFacts): string {
  const sizes = [made, tile].map(({ pixelSizeUmYx }) => formatShape(pixelSizeUmYx!));
  return `it was made for pixels of ${sizes[0]} µm, those of the tiles have ${sizes[1]} µm: another zoom`;
}

/** Extents in µm or at a level are rounded: a pixel more or less is the same. */
function isNear(shapeYx: Yx, otherYx: Yx): boolean {
  return shapeYx.every((extent, axis) => {
    const allowed = Math.min(extent, otherYx[axis]!) >= 32 ? 1 : 0;
    return Math.abs(extent - otherYx[axis]!) <= allowed;
  });
}

/** How many pixels of a tile one of a profile's covers: a whole number, or one part in it; `undefined` for neither. */
function scale(shapeYx: Yx, tileYx: Yx): number | undefined {
  const coarser = binning(tileYx, shapeYx);
  if (coarser !== undefined) return coarser;
  const finer = binning(shapeYx, tileYx);
  return finer === undefined ? undefined : 1 / finer;
}

/** The whole number by which pixels were binned along both axes, the last of them whole or not; `undefined` for none. */
function binning(fineYx: Yx, coarseYx: Yx): number | undefined {
  const most = Math.ceil(fineYx[0] / coarseYx[0]) + 1;
  // Where pixels are so few, almost every number would do.
  const mustDivide = Math.min(...coarseYx) < 8;
  for (let factor = 2; factor <= most; factor++) {
    const isBinned = (fine: number, axis: number) =>
      Math.floor(fine / factor) === coarseYx[axis] || Math.ceil(fine / factor) === coarseYx[axis];
    if (fineYx.every((fine, axis) => isBinned(fine, axis) && !(mustDivide && fine % factor))) return factor;
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

/** What would make a profile fit. */
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
