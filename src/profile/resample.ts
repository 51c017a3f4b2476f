/**
 * Resamples profiles to another grid of pixels: by a separable cubic B-spline through the samples, with two alignments
 * of the grids.
 */
import { elementCount, mapAxes, type Yx } from "../shapes.ts";
import type { Profile, ProfileAlignment } from "./profile.ts";
import { type MirrorPlane, toCoefficients } from "./spline.ts";

/** An image in C order that can be resampled. */
type FloatImage = Float32Array | Float64Array;

/** One axis of a resampling: the position of each target pixel in source pixels, from the centre of the first. */
interface AxisMap {
  readonly length: number;
  readonly positions: Float64Array;
}

/**
 * Resamples an image from `shapeYx` to `targetYx` so that the centres of the corner pixels coincide, as
 * `scipy.ndimage.zoom` does with `order=3`; values are clipped at 0 from below.
 * @see https://docs.scipy.org/doc/scipy/reference/generated/scipy.ndimage.zoom.html
 */
export function resampleCornersAligned<Image extends FloatImage>(image: Image, shapeYx: Yx, targetYx: Yx): Image {
  const maps = shapeYx.map((length, axis) => {
    const spacing = (length - 1) / Math.max(1, targetYx[axis]! - 1);
    // Rounding must not carry the last position beyond the last pixel.
    return axisMap(length, targetYx[axis]!, (target) => Math.min(target * spacing, length - 1));
  });
  return resample(image, maps[0]!, maps[1]!, "onPixel");
}

/**
 * Resamples an image from `shapeYx` to `targetYx` as a pyramid level lies over another: each source pixel covers
 * `factorYx` target pixels (by default the ratio of the shapes) and the centres of both images coincide; values are
 * clipped at 0 from below. Beyond its edge the image is mirrored, the edge pixel repeated, as also assumed by a cosine
 * transform.
 */
export function resampleCentresAligned<Image extends FloatImage>(
  image: Image,
  shapeYx: Yx,
  targetYx: Yx,
  factorYx: Yx = [targetYx[0] / shapeYx[0], targetYx[1] / shapeYx[1]],
): Image {
  const maps = shapeYx.map((length, axis) => {
    const factor = factorYx[axis]!;
    const margin = (targetYx[axis]! - length * factor) / 2;
    return axisMap(length, targetYx[axis]!, (target) => (target + 0.5 - margin) / factor - 0.5);
  });
  return resample(image, maps[0]!, maps[1]!, "onEdge");
}

/** Pixels by which a binned image is continued on all sides: a spline does not see farther. */
const continued = 8;

/**
 * Resamples an image from `shapeYx` to `targetYx` whose pixels were binned by `factorYx` from the first one on: beyond
 * its edge it goes on as it does before it, as light does not turn at the border of a camera.
 */
function resampleBinned(image: Float32Array, shapeYx: Yx, targetYx: Yx, factorYx: Yx): Float32Array {
  const wideYx = mapAxes(shapeYx, (extent) => extent + 2 * continued);
  const wide = new Float64Array(elementCount(wideYx));
  const [rows, columns] = shapeYx;
  // Twice the pixel at the edge less the one as far within, along both axes.
  const along = (at: number, extent: number): readonly (readonly [at: number, weight: number])[] => {
    const edge = at < 0 ? 0 : extent - 1;
    if (at >= 0 && at < extent) return [[at, 1]];
    return extent <= Math.abs(edge - at)
      ? [[edge, 1]]
      : [
          [edge, 2],
          [2 * edge - at, -1],
        ];
  };
  for (let y = 0; y < wideYx[0]; y++) {
    for (let x = 0; x < wideYx[1]; x++) {
      let sum = 0;
      for (const [row, ofRow] of along(y - continued, rows)) {
        for (const [column, ofColumn] of along(x - continued, columns)) {
          sum += ofRow * ofColumn * image[row * columns + column]!;
        }
      }
      wide[y * wideYx[1] + x] = sum;
    }
  }
  const maps = wideYx.map((length, axis) =>
    axisMap(length, targetYx[axis]!, (target) => (target + 0.5) / factorYx[axis]! - 0.5 + continued),
  );
  return Float32Array.from(resample(wide, maps[0]!, maps[1]!, "onEdge"));
}

/**
 * A profile for tiles of `shapeYx`: its flat-field and dark-field resampled by `alignment`, its baseline unchanged; the
 * profile itself where the shape is the same. A profile of another program whose pixels fit a whole number of times
 * into the tile was binned or taken from a pyramid, so it lies as a pyramid level does; any other is stretched corner
 * to corner. A dark-field with negative values, as estimates can have, is resampled above its own minimum instead of
 * being clipped at 0.
 */
export function resampleProfile(profile: Profile, shapeYx: Yx, alignment: ProfileAlignment): Profile {
  if (profile.shapeYx[0] === shapeYx[0] && profile.shapeYx[1] === shapeYx[1]) return profile;
  const isPlaced = alignment.kind === "centres";
  const factorYx = isPlaced ? alignment.factorYx : wholeFactors(profile.shapeYx, shapeYx);
  const from = isPlaced ? alignment.from : undefined;
  const onto = (image: Float32Array) =>
    factorYx === undefined
      ? resampleCornersAligned(image, profile.shapeYx, shapeYx)
      : from === "first"
        ? resampleBinned(image, profile.shapeYx, shapeYx, factorYx)
        : resampleCentresAligned(image, profile.shapeYx, shapeYx, factorYx);
  const lowest = profile.darkfield.reduce((least, value) => Math.min(least, value), 0);
  const lifted = onto(profile.darkfield.map((value) => value - lowest));
  const darkfield = lifted.map((value) => value + lowest);
  return { shapeYx, flatfield: onto(profile.flatfield), darkfield, baseline: profile.baseline };
}

/**
 * A profile each of whose pixels covers `factorYx` pixels of a tile of `tileYx`, and how it lies over it: unchanged,
 * except that several pixels within one of the tile's are averaged, as by the camera's binning.
 * @param own how it lies over the tiles that it was made for: that of a resolution level keeps its centre
 */
export function binnedProfile(
  profile: Profile,
  own: ProfileAlignment,
  factorYx: Yx,
  tileYx: Yx,
): { readonly profile: Profile; readonly alignment: ProfileAlignment } {
  const [y, x] = mapAxes(factorYx, (factor) => Math.max(1, Math.round(1 / factor)));
  const alignment: ProfileAlignment = {
    kind: "centres",
    factorYx: [factorYx[0] * y, factorYx[1] * x],
    ...(own.kind === "corners" && { from: "first" }),
  };
  if (y === 1 && x === 1) return { profile, alignment };
  const shapeYx = mapAxes(profile.shapeYx, (extent, axis) => {
    const exact = extent / (axis === 0 ? y : x);
    return Math.floor(exact) === tileYx[axis] ? Math.floor(exact) : Math.ceil(exact);
  });
  const binned = (image: Float32Array) => blockMeans(image, profile.shapeYx, [y, x], shapeYx);
  const { flatfield, darkfield, baseline } = profile;
  return { profile: { shapeYx, flatfield: binned(flatfield), darkfield: binned(darkfield), baseline }, alignment };
}

/** The means of blocks of `y` rows and `x` columns; those at the end may have fewer. */
function blockMeans(image: Float32Array, [height, width]: Yx, [y, x]: Yx, [rows, columns]: Yx): Float32Array {
  return Float32Array.from({ length: rows * columns }, (_, at) => {
    const [top, left] = [Math.floor(at / columns) * y, (at % columns) * x];
    const [bottom, right] = [Math.min(top + y, height), Math.min(left + x, width)];
    let sum = 0;
    for (let row = top; row < bottom; row++) for (let i = left; i < right; i++) sum += image[row * width + i]!;
    return sum / ((bottom - top) * (right - left));
  });
}

function wholeFactors(shapeYx: Yx, targetYx: Yx): Yx | undefined {
  const factorYx: Yx = [targetYx[0] / shapeYx[0], targetYx[1] / shapeYx[1]];
  return factorYx.every(Number.isInteger) ? factorYx : undefined;
}

function axisMap(length: number, targets: number, position: (target: number) => number): AxisMap {
  return { length, positions: Float64Array.from({ length: targets }, (_, target) => position(target)) };
}

/** An axis whose pixels do not move needs no spline: values must not change by a rounding error. */
function isIdentity({ length, positions }: AxisMap): boolean {
  return positions.length === length && positions.every((position, target) => position === target);
}

function resample<Image extends FloatImage>(image: Image, y: AxisMap, x: AxisMap, mirror: MirrorPlane): Image {
  const coefficients = new Float64Array(image);
  if (!isIdentity(x)) toCoefficients(coefficients, x.length, 1, y.length, x.length, mirror);
  if (!isIdentity(y)) toCoefficients(coefficients, y.length, x.length, x.length, 1, mirror);
  const targetYx: Yx = [y.positions.length, x.positions.length];
  const destination = allocateLike(image, elementCount(targetYx));
  evaluate(coefficients, x.length, axisTaps(y, mirror), axisTaps(x, mirror), targetYx, destination);
  return destination;
}

function axisTaps(map: AxisMap, mirror: MirrorPlane): SplineTaps {
  if (!isIdentity(map)) return splineTaps(map.positions, map.length, mirror);
  const taps = { indices: new Int32Array(4 * map.length), weights: new Float64Array(4 * map.length) };
  for (let target = 0; target < map.length; target++) {
    taps.indices.fill(target, 4 * target, 4 * target + 4);
    taps.weights[4 * target] = 1;
  }
  return taps;
}

/** For each target position four source indices and their weights, one after the other. */
interface SplineTaps {
  readonly indices: Int32Array;
  readonly weights: Float64Array;
}

/** The taps that interpolate `length` coefficients at `positions`, in units of their spacing from the first. */
function splineTaps(positions: Float64Array, length: number, mirror: MirrorPlane): SplineTaps {
  const indices = new Int32Array(4 * positions.length);
  const weights = new Float64Array(4 * positions.length);
  for (const [target, position] of positions.entries()) {
    const before = Math.floor(position);
    const t = position - before;
    const u = 1 - t;
    for (let tap = 0; tap < 4; tap++) indices[4 * target + tap] = mirrored(before - 1 + tap, length, mirror);
    weights[4 * target] = (u * u * u) / 6;
    weights[4 * target + 1] = 2 / 3 - (t * t * (2 - t)) / 2;
    weights[4 * target + 2] = 2 / 3 - (u * u * (2 - u)) / 2;
    weights[4 * target + 3] = (t * t * t) / 6;
  }
  return { indices, weights };
}

function mirrored(index: number, length: number, mirror: MirrorPlane): number {
  const period = mirror === "onPixel" ? Math.max(1, 2 * length - 2) : 2 * length;
  const within = ((index % period) + period) % period;
  if (within < length) return within;
  return mirror === "onPixel" ? period - within : period - 1 - within;
}

/**
 * Row by row of the target: the four source rows are combined into one line, which is then interpolated along the row.
 */
function evaluate(
  coefficients: Float64Array,
  sourceWidth: number,
  yTaps: SplineTaps,
  xTaps: SplineTaps,
  targetYx: Yx,
  destination: FloatImage,
): void {
  const [height, width] = targetYx;
  const line = new Float64Array(sourceWidth);
  for (let y = 0; y < height; y++) {
    blendRows(coefficients, sourceWidth, yTaps, y, line);
    const { indices, weights } = xTaps;
    for (let x = 0, tap = 0; x < width; x++, tap += 4) {
      const value =
        weights[tap]! * line[indices[tap]!]! +
        weights[tap + 1]! * line[indices[tap + 1]!]! +
        weights[tap + 2]! * line[indices[tap + 2]!]! +
        weights[tap + 3]! * line[indices[tap + 3]!]!;
      destination[y * width + x] = Math.max(value, 0);
    }
  }
}

function blendRows(coefficients: Float64Array, width: number, taps: SplineTaps, y: number, line: Float64Array): void {
  line.fill(0);
  for (let tap = 4 * y; tap < 4 * y + 4; tap++) {
    const weight = taps.weights[tap]!;
    const row = taps.indices[tap]! * width;
    for (let x = 0; x < width; x++) line[x]! += weight * coefficients[row + x]!;
  }
}

function allocateLike<Image extends FloatImage>(image: Image, length: number): Image {
  return (image instanceof Float32Array ? new Float32Array(length) : new Float64Array(length)) as Image;
}
