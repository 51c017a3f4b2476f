/**
 * The model by which overlaps determine a shading: A = S(u)·T + D(u) and B = S(v)·T + D(v), where one place T of the
 * sample is seen at two places u and v of the field. T is unknown and is eliminated by (A - D(u)) / S(u) = (B - D(v)) /
 * S(v).
 */
import type { Yx } from "../../shapes.ts";
import type { DimLight } from "./dim-light.ts";
import { type LightTerm, lightTerms, termOverField } from "./light-terms.ts";
import { binnedWindow, type OverlapData, type Shading } from "./overlap-data.ts";

/** A place of the field in one tile of a pair: start and terms at its coarse pixels. */
export interface FieldPlace {
  readonly light: Float64Array;
  readonly dark: Float64Array;
  readonly terms: readonly Float64Array[];
}

/** Two places of the field that show the same part of the sample; pairs with the same places share one. */
export interface PairGeometry {
  /** Rows and columns of coarse pixels, and their number. */
  readonly shapeYx: Yx;
  readonly length: number;
  readonly first: FieldPlace;
  readonly second: FieldPlace;
}

/** A pair of neighbours. */
export interface ModelledPair {
  readonly pair: number;
  readonly tiles: readonly [number, number];
  readonly geometry: PairGeometry;
  readonly planes: readonly { readonly first: Float32Array; readonly second: Float32Array }[];
}

/** A start with the overlaps that it is fitted to. */
export interface OverlapModel {
  readonly start: Shading;
  /** Whether the start is the same light everywhere. */
  readonly isFromEven: boolean;
  readonly terms: readonly LightTerm[];
  readonly geometries: readonly PairGeometry[];
  readonly pairs: readonly ModelledPair[];
  /** What the dimmest planes tell of the light. */
  readonly dim?: DimLight;
  /** The expected log gains of tiles, by number; 0 where there are none. */
  readonly logGains?: Float64Array;
  /** With it: by how much overlaps alone leave pairs apart, relative to their brightness. */
  readonly left?: number;
}

/** Prepares overlaps for fits that begin with a shading. */
export function modelOverlaps(start: Shading, { patches, fieldYx }: OverlapData): OverlapModel {
  const images = lightTerms.map((term) => termOverField(term, fieldYx));
  const geometries = new Map<string, PairGeometry>();
  const pairs = new Map<number, ModelledPair & { planes: ModelledPair["planes"][number][] }>();
  for (const { pair, tiles, first, second, shapeYx, binPx, inFirstYx, inSecondYx } of patches) {
    const key = [shapeYx, binPx, inFirstYx, inSecondYx].join();
    const placeAt = (startYx: Yx): FieldPlace => {
      const seen = (image: ArrayLike<number>) => binnedWindow(image, fieldYx, startYx, shapeYx, binPx);
      return { light: seen(start.flatfield), dark: seen(start.darkfield), terms: images.map(seen) };
    };
    const geometry = geometries.get(key) ?? {
      shapeYx,
      length: first.length,
      first: placeAt(inFirstYx),
      second: placeAt(inSecondYx),
    };
    geometries.set(key, geometry);
    const known = pairs.get(pair) ?? { pair, tiles, geometry, planes: [] };
    known.planes.push({ first, second });
    pairs.set(pair, known);
  }
  const isFromEven = Array.prototype.every.call(start.flatfield, (light) => light === start.flatfield[0]);
  return { start, isFromEven, terms: lightTerms, geometries: [...geometries.values()], pairs: [...pairs.values()] };
}

/** The expected difference of two views of a place of this brightness, as a standard deviation. */
export type NoiseScale = (brightness: number) => number;

/** The result of a fit. */
export interface OverlapFit {
  /** Coefficients of the terms in log S. */
  readonly light: Float64Array;
  /** By tile number; all 0 where tiles are assumed to be equally bright. */
  readonly logGains: Float64Array;
  /** The noise of views with this fit; absent before the first step. */
  readonly noise?: NoiseScale;
}
