/** The kernels of BaSiC fits, see `kernel-functions.ts`. Images and tables of steps are f64, planes f32. */
export interface FitKernels {
  /**
   * Resizes a plane to float32; `scratch` has room for `tapsY + 1` of its rows in doubles, of an even number of columns.
   * Leaves the target's smallest and largest pixel (two f64).
   */
  resizePlane(
    source: number,
    kind: number,
    height: number,
    width: number,
    target: number,
    targetHeight: number,
    targetWidth: number,
    tapsY: number,
    startsY: number,
    weightsY: number,
    tapsX: number,
    startsX: number,
    weightsX: number,
    scratch: number,
    range: number,
  ): void;

  /**
   * One pass of an iteration, over the planes from `first` on, `mostPlanes` at most. Leaves their sums by plane (f64, for
   * all planes) and by pixel, and the squared change of their residual (f64).
   */
  updateResiduals(
    image: number,
    residual: number,
    multiplier: number,
    weights: number,
    planeCount: number,
    pixelCount: number,
    first: number,
    mostPlanes: number,
    flatfield: number,
    darkfield: number,
    baselines: number,
    inverseMu: number,
    threshold: number,
    planeSums: number,
    pixelSums: number,
    squaredChange: number,
  ): void;
  /** The other pass. Leaves these planes' sums by pixel, their squared remainders and the sum of their multipliers (two f64). */
  updateMultipliers(
    image: number,
    residual: number,
    multiplier: number,
    planeCount: number,
    pixelCount: number,
    first: number,
    mostPlanes: number,
    flatfield: number,
    darkfield: number,
    baselines: number,
    mu: number,
    inverseNextMu: number,
    pixelSums: number,
    totals: number,
  ): void;

  /** Adds up sums by pixel of several parts of the planes: f32 to f64. */
  addParts(partSums: number, parts: number, pixelCount: number, pixelSums: number): void;

  /** New weights of a plane; leaves their sum (f64). What the plane is explained by is f64, also in the next two. */
  reweightPlane(
    residual: number,
    weights: number,
    pixelCount: number,
    flatfield: number,
    darkfield: number,
    baseline: number,
    epsilon: number,
    total: number,
  ): void;
  /** What the illumination leaves of a plane. */
  leaveResidual(
    image: number,
    residual: number,
    pixelCount: number,
    flatfield: number,
    darkfield: number,
    baseline: number,
  ): void;
  /** Multipliers and residuals of a plane from the means of another fit. */
  takeUpPlane(
    image: number,
    residual: number,
    multiplier: number,
    weights: number,
    pixelCount: number,
    flatfield: number,
    darkfield: number,
    baseline: number,
    flatfieldMean: number,
    darkfieldMean: number,
    baselineMean: number,
    planesOfFit: number,
    muSum: number,
    inverseMu: number,
  ): void;
  /**
   * Medians (f64) of floats over planes, of the pixels from `first` on, `mostPixels` at most; `scratch` has room for 64
   * pixels of every plane.
   */
  medianOfFloats(
    planes: number,
    planeCount: number,
    pixelCount: number,
    first: number,
    mostPixels: number,
    medians: number,
    scratch: number,
  ): void;
  divideFloats(values: number, count: number, divisor: number): void;
  fillFloats(values: number, count: number, value: number): void;
  /** Leaves the sum of the squares of floats (f64). */
  sumSquares(values: number, count: number, total: number): void;
  /** Some pixels' share in the product of a Gram matrix and a vector; `combined` has room for an f64 for each of them. */
  multiplyByGram(
    planes: number,
    planeCount: number,
    pixelCount: number,
    from: number,
    mostPixels: number,
    vector: number,
    combined: number,
    image: number,
  ): void;
  /** The pixels of a plane at places (i32). */
  gatherPixels(plane: number, places: number, count: number, target: number): void;

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
    re: number,
    im: number,
    factorRe: number,
    factorIm: number,
    scale: number,
    toRe: number,
    toIm: number,
  ): void;
  /** What goes before and after the Fourier transform of a cosine transform, and of its inverse. */
  shuffleColumns(source: number, length: number, batch: number, half: number, re: number, im: number): void;
  turnForward(
    re: number,
    im: number,
    length: number,
    batch: number,
    half: number,
    cosines: number,
    sines: number,
    transposed: number,
  ): void;
  turnBack(
    source: number,
    length: number,
    batch: number,
    half: number,
    cosines: number,
    sines: number,
    re: number,
    im: number,
  ): void;
  unshuffleColumns(re: number, im: number, length: number, batch: number, half: number, transposed: number): void;

  sumOf(values: number, count: number): number;
  dotOf(a: number, b: number, count: number): number;
  squaredDistanceOf(a: number, b: number, count: number): number;
  smallestOf(values: number, count: number): number;
  /** `to = from · factor + term`. */
  scaleAndAdd(from: number, factor: number, term: number, to: number, count: number): void;
  /** `to += factor · (from + term)`. */
  addScaled(from: number, factor: number, term: number, to: number, count: number): void;
  /** f64 to f32. */
  narrow(from: number, to: number, count: number): void;
  /** f32 to f64. */
  widen(from: number, to: number, count: number): void;
  /** A step against what flat-field and dark-field explain. */
  descend(
    from: number,
    flatfield: number,
    byFlatfield: number,
    darkResidual: number,
    darkOffset: number,
    byDarkfield: number,
    pixelSums: number,
    eta: number,
    next: number,
    count: number,
  ): void;
  shrinkAll(image: number, threshold: number, count: number): void;
  shrinkWeighted(image: number, weights: number, cost: number, scale: number, count: number): void;
}

/** A pass of a Fourier transform. */
type RadixKernel = (
  groups: number,
  stride: number,
  twiddleRe: number,
  twiddleIm: number,
  re: number,
  im: number,
  toRe: number,
  toIm: number,
) => void;

/** The same for a radix whose roots of unity are not plain. */
type RootedRadixKernel = (
  groups: number,
  stride: number,
  twiddleRe: number,
  twiddleIm: number,
  rootRe: number,
  rootIm: number,
  re: number,
  im: number,
  toRe: number,
  toIm: number,
) => void;
