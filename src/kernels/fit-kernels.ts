/** The signatures of the WebAssembly kernels for BaSiC fits and for the transforms that they use. */

import type { In, Out } from "./addresses.ts";

/** The kernels of BaSiC fits, see `kernel-functions.ts`. Images and tables of steps are f64, planes f32. */
export interface FitKernels {
  /**
   * Resizes a plane to float32; `scratch` holds `tapsY + 1` of its rows in doubles, of an even number of columns.
   * Results: the target's smallest and largest pixel (two f64).
   */
  resizePlane(
    source: In<Uint8Array>,
    kind: number,
    height: number,
    width: number,
    target: Out<Float32Array>,
    targetHeight: number,
    targetWidth: number,
    tapsY: number,
    startsY: In<Int32Array>,
    weightsY: In<Float64Array>,
    tapsX: number,
    startsX: In<Int32Array>,
    weightsX: In<Float64Array>,
    scratch: Out<Uint8Array>,
    range: Out<Float64Array>,
  ): void;

  /**
   * First pass of an iteration, over the planes from `first` on, `mostPlanes` at most. Results: their sums by plane
   * (f64, for all planes) and by pixel, and the squared change of their residual (f64).
   */
  updateResiduals(
    image: In<Float32Array>,
    residual: Out<Float32Array>,
    multiplier: In<Float32Array>,
    weights: In<Float32Array>,
    planeCount: number,
    pixelCount: number,
    first: number,
    mostPlanes: number,
    flatfield: In<Float32Array>,
    darkfield: In<Float32Array>,
    baselines: In<Float32Array>,
    inverseMu: number,
    threshold: number,
    planeSums: Out<Float64Array>,
    pixelSums: Out<Float32Array>,
    squaredChange: Out<Float64Array>,
  ): void;
  /**
   * Second pass. Results: these planes' sums by pixel, their squared remainders and the sum of their multipliers (two
   * f64).
   */
  updateMultipliers(
    image: In<Float32Array>,
    residual: In<Float32Array>,
    multiplier: Out<Float32Array>,
    planeCount: number,
    pixelCount: number,
    first: number,
    mostPlanes: number,
    flatfield: In<Float32Array>,
    darkfield: In<Float32Array>,
    baselines: In<Float32Array>,
    mu: number,
    inverseNextMu: number,
    pixelSums: Out<Float32Array>,
    totals: Out<Float64Array>,
  ): void;

  /** Adds up sums by pixel of several parts of the planes: f32 to f64. */
  addParts(partSums: In<Float32Array>, parts: number, pixelCount: number, pixelSums: Out<Float64Array>): void;

  /** New weights of a plane. Result: their sum (f64). Flat-field and dark-field are f64, also in the next two. */
  reweightPlane(
    residual: In<Float32Array>,
    weights: Out<Float32Array>,
    pixelCount: number,
    flatfield: In<Float64Array>,
    darkfield: In<Float64Array>,
    baseline: In<Float64Array>,
    epsilon: number,
    total: Out<Float64Array>,
  ): void;
  /** The residual of a plane: the plane minus the illumination. */
  leaveResidual(
    image: In<Float32Array>,
    residual: Out<Float32Array>,
    pixelCount: number,
    flatfield: In<Float64Array>,
    darkfield: In<Float64Array>,
    baseline: In<Float64Array>,
  ): void;
  /** Multipliers and residuals of a plane from the means of another fit. */
  takeUpPlane(
    image: In<Float32Array>,
    residual: Out<Float32Array>,
    multiplier: Out<Float32Array>,
    weights: In<Float32Array>,
    pixelCount: number,
    flatfield: In<Float64Array>,
    darkfield: In<Float64Array>,
    baseline: In<Float64Array>,
    flatfieldMean: In<Float64Array>,
    darkfieldMean: In<Float64Array>,
    baselineMean: In<Float64Array>,
    planesOfFit: number,
    muSum: number,
    inverseMu: number,
  ): void;
  /**
   * Medians (f64) of floats over planes, of the pixels from `first` on, `mostPixels` at most; `scratch` holds 64 pixels
   * of every plane.
   */
  medianOfFloats(
    planes: In<Float32Array>,
    planeCount: number,
    pixelCount: number,
    first: number,
    mostPixels: number,
    medians: Out<Float64Array>,
    scratch: Out<Uint8Array>,
  ): void;
  divideFloats(values: Out<Float32Array>, count: number, divisor: number): void;
  fillFloats(values: Out<Float32Array>, count: number, value: number): void;
  /** Result: the sum of the squares of floats (f64). */
  sumSquares(values: In<Float32Array>, count: number, total: Out<Float64Array>): void;
  /**
   * The contribution of some pixels to the product of a Gram matrix and a vector; `combined` holds an f64 for each of
   * them.
   */
  multiplyByGram(
    planes: In<Float32Array>,
    planeCount: number,
    pixelCount: number,
    from: number,
    mostPixels: number,
    vector: In<Float64Array>,
    combined: Out<Float64Array>,
    image: Out<Float64Array>,
  ): void;
  /** The pixels of a plane at given indices (i32). */
  gatherPixels(plane: In<Float32Array>, places: In<Int32Array>, count: number, target: Out<Float32Array>): void;

  /** Passes of a Fourier transform over `groups` groups, runs of `stride` numbers: an even count. */
  radixTwo: RadixKernel;
  radixFour: RadixKernel;
  radixFive: RootedRadixKernel;
  /** Overwrites its input. */
  oddRadix(radix: number, ...rest: Parameters<RootedRadixKernel>): void;
  /** Rows of complex numbers, each times its factor. */
  multiplyRows(
    rows: number,
    batch: number,
    re: In<Float64Array>,
    im: In<Float64Array>,
    factorRe: In<Float64Array>,
    factorIm: In<Float64Array>,
    scale: number,
    toRe: Out<Float64Array>,
    toIm: Out<Float64Array>,
  ): void;
  /** The steps before and after the Fourier transform of a cosine transform, and of its inverse. */
  shuffleColumns(
    source: In<Float64Array>,
    length: number,
    batch: number,
    half: number,
    re: Out<Float64Array>,
    im: Out<Float64Array>,
  ): void;
  turnForward(
    re: In<Float64Array>,
    im: In<Float64Array>,
    length: number,
    batch: number,
    half: number,
    cosines: In<Float64Array>,
    sines: In<Float64Array>,
    transposed: Out<Float64Array>,
  ): void;
  turnBack(
    source: In<Float64Array>,
    length: number,
    batch: number,
    half: number,
    cosines: In<Float64Array>,
    sines: In<Float64Array>,
    re: Out<Float64Array>,
    im: Out<Float64Array>,
  ): void;
  unshuffleColumns(
    re: In<Float64Array>,
    im: In<Float64Array>,
    length: number,
    batch: number,
    half: number,
    transposed: Out<Float64Array>,
  ): void;

  sumOf(values: In<Float64Array>, count: number): number;
  dotOf(a: In<Float64Array>, b: In<Float64Array>, count: number): number;
  squaredDistanceOf(a: In<Float64Array>, b: In<Float64Array>, count: number): number;
  smallestOf(values: In<Float64Array>, count: number): number;
  /** `to = from · factor + term`. */
  scaleAndAdd(from: In<Float64Array>, factor: number, term: number, to: Out<Float64Array>, count: number): void;
  /** `to += factor · (from + term)`. */
  addScaled(from: In<Float64Array>, factor: number, term: number, to: Out<Float64Array>, count: number): void;
  /** f64 to f32. */
  narrow(from: In<Float64Array>, to: Out<Float32Array>, count: number): void;
  /** A gradient step of the residual that flat-field and dark-field leave. */
  descend(
    from: In<Float64Array>,
    flatfield: In<Float64Array>,
    byFlatfield: number,
    darkResidual: In<Float64Array>,
    darkOffset: number,
    byDarkfield: number,
    pixelSums: In<Float64Array>,
    eta: number,
    next: Out<Float64Array>,
    count: number,
  ): void;
  shrinkAll(image: Out<Float64Array>, threshold: number, count: number): void;
  shrinkWeighted(image: Out<Float64Array>, weights: In<Float64Array>, cost: number, scale: number, count: number): void;
}

/** A pass of a Fourier transform. */
type RadixKernel = (
  groups: number,
  stride: number,
  twiddleRe: In<Float64Array>,
  twiddleIm: In<Float64Array>,
  re: Out<Float64Array>,
  im: Out<Float64Array>,
  toRe: Out<Float64Array>,
  toIm: Out<Float64Array>,
) => void;

/** The same for a radix with a table of roots of unity. */
type RootedRadixKernel = (
  groups: number,
  stride: number,
  twiddleRe: In<Float64Array>,
  twiddleIm: In<Float64Array>,
  rootRe: In<Float64Array>,
  rootIm: In<Float64Array>,
  re: Out<Float64Array>,
  im: Out<Float64Array>,
  toRe: Out<Float64Array>,
  toIm: Out<Float64Array>,
) => void;
