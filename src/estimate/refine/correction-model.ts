/**
 * The smooth correction of a shading by which overlaps agree best: log S changes by low cosine terms, D by low cosine
 * terms too. Found by Gauss-Newton steps on a robust loss (least absolute deviations, reweighted), regularised towards
 * no change.
 *
 * With A = (I - D) / S seen by one tile and B by the other, each pair counts with mean |A - B| in the unit of
 * `disagreement`.
 * What overlaps cannot tell is kept as it was: D and D + c·S differ by a constant in the corrected image, so the mean of
 * D stays.
 */
import type { Shading } from "../correct-patches.ts";
import { type CosineTerm, cosineTerms, roughnessOf, termOverField } from "./cosine-terms.ts";
import { meanOf } from "./overlap-data.ts";

/** A shading and the ways in which it may change, for fits to several sets of pairs. */
export interface CorrectionModel {
  readonly start: Shading;
  /** Counts that stand for 1 in the coefficients of the dark-field. */
  readonly brightness: number;
  /** Counts that `start` takes off and the shading that it is compared with does not: brightness counts from there. */
  readonly constant: number;
  /** Changes of log S. */
  readonly lightTerms: readonly CosineTerm[];
  /** Changes of D in units of `brightness`, each without what it changes the mean by. */
  readonly darkTerms: readonly CosineTerm[];
  /** Of all terms, those of the light first. */
  readonly roughness: Float64Array;
}

const lightOrder = 6;
const darkOrder = 4;

/** What of a shading may change. */
export type CorrectionTerms = "light-and-dark" | "light-and-offset" | "light" | "none";

/** What holds back a camera offset: hardly anything, as the brightness of what is seen tells it. */
const offsetRoughness = 1e-3;

/** Prepares the terms of a correction. */
export function modelCorrection(
  start: Shading,
  terms: CorrectionTerms,
  brightness: number,
  constant = 0,
): CorrectionModel {
  const lightTerms = terms === "none" ? [] : cosineTerms(1, lightOrder);
  const darkTerms = cosineTerms(0, terms === "light-and-dark" ? darkOrder : terms === "light-and-offset" ? 0 : -1);
  const roughness = Float64Array.from([...lightTerms, ...darkTerms], roughnessOf);
  if (terms === "light-and-offset") roughness[lightTerms.length] = offsetRoughness;
  return { start, brightness, constant, lightTerms, darkTerms, roughness };
}

/** Every term over the field, one after the other, so that no more than one is held. */
export function* termsOverField({ start, lightTerms, darkTerms }: CorrectionModel): Generator<Float64Array> {
  const { shapeYx, flatfield } = start;
  for (const term of lightTerms) yield termOverField(term, shapeYx);
  const lightMean = meanOf(flatfield);
  for (const term of darkTerms) {
    const values = termOverField(term, shapeYx);
    const share = meanOf(values) / lightMean;
    for (let i = 0; i < values.length; i++) values[i]! -= share * flatfield[i]!;
    yield values;
  }
}

/** The shading with a correction applied: flat-field of mean 1, the mean of the dark-field as it was. */
export function applyCorrection(model: CorrectionModel, coefficients: Float64Array): Shading {
  const { start, brightness, lightTerms } = model;
  const length = start.flatfield.length;
  const [flatfield, darkfield] = [new Float64Array(length), Float64Array.from(start.darkfield)];
  let k = 0;
  for (const term of termsOverField(model)) {
    const isLight = k < lightTerms.length;
    addScaled(isLight ? flatfield : darkfield, term, coefficients[k]! * (isLight ? 1 : brightness));
    k++;
  }
  for (let i = 0; i < length; i++) flatfield[i] = start.flatfield[i]! * Math.exp(flatfield[i]!);
  const mean = meanOf(flatfield);
  for (let i = 0; i < length; i++) flatfield[i]! /= mean;
  const excess = meanOf(darkfield) - meanOf(start.darkfield);
  addScaled(darkfield, flatfield, -excess);
  return { shapeYx: start.shapeYx, flatfield, darkfield };
}

/** Adds an image, times a factor. */
export function addScaled(target: Float64Array, image: Float64Array, factor: number): void {
  for (let i = 0; i < target.length; i++) target[i]! += factor * image[i]!;
}
