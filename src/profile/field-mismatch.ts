import { formatShape, isSameShape, type Yx } from "../shapes.ts";
import type { FieldFacts } from "./model-record.ts";
import type { GivenProfile } from "./npz-profile.ts";

/** Sizes of pixels that differ by less are the same size, rounded twice. */
const sameSize = 0.01;

/** What is looked at of a profile. */
type PlacedProfile = Pick<GivenProfile, "profile" | "alignment" | "field">;

/**
 * Why a profile does not seem to be made for tiles: their pixels have another size (zoom, binning), or they are of another
 * shape (binning, camera region). A sentence without its full stop; `undefined` where nothing speaks against it. A
 * profile that Isolux saved tells what it was made for, of others there is only the shape.
 */
export function describeFieldMismatch(given: PlacedProfile, tile: FieldFacts): string | undefined {
  const made = given.field;
  const otherSize = made && comparePixelSizes(made.pixelSizeUmYx, tile.pixelSizeUmYx);
  if (otherSize !== undefined) return otherSize;
  if (made !== undefined) return isSameShape(made.shapeYx, tile.shapeYx) ? undefined : otherRegion(made, tile);
  return compareShapes(given, tile.shapeYx);
}

function comparePixelSizes(made: Yx | undefined, tile: Yx | undefined): string | undefined {
  if (made === undefined || tile === undefined) return undefined;
  if (made.every((size, axis) => Math.abs(size / tile[axis]! - 1) < sameSize)) return undefined;
  return `it was made for pixels of ${formatShape(made)} µm, those of the tiles have ${formatShape(tile)} µm: another zoom or binning`;
}

function otherRegion(made: FieldFacts, tile: FieldFacts): string {
  return `it was made for tiles of ${formatShape(made.shapeYx)} px, these have ${formatShape(tile.shapeYx)} px: another camera region or binning`;
}

function compareShapes({ profile, alignment }: PlacedProfile, tileYx: Yx): string | undefined {
  const { shapeYx } = profile;
  if (alignment.kind === "centres") return compareLevel(shapeYx, alignment.factorYx, tileYx);
  if (isSameShape(shapeYx, tileYx)) return undefined;
  const [ratioY, ratioX] = [tileYx[0] / shapeYx[0], tileYx[1] / shapeYx[1]];
  const sizes = `it has ${formatShape(shapeYx)} px, the tiles ${formatShape(tileYx)} px`;
  if (Math.abs(ratioY / ratioX - 1) >= sameSize) return `${sizes}, of other proportions: another camera region`;
  return `${sizes}: another zoom, binning or resolution level, taken to show the whole tile`;
}

/** A pyramid level covers its image but for less than one of its pixels. */
function compareLevel(shapeYx: Yx, factorYx: Yx, tileYx: Yx): string | undefined {
  const covers = shapeYx.every((extent, axis) => Math.abs(extent * factorYx[axis]! - tileYx[axis]!) < factorYx[axis]!);
  if (covers) return undefined;
  const whole: Yx = [shapeYx[0] * factorYx[0], shapeYx[1] * factorYx[1]];
  return `it was made for tiles of about ${formatShape(whole)} px, these have ${formatShape(tileYx)} px: another camera region or binning`;
}
