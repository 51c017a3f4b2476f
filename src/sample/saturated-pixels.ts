/** Finds the counts at which a camera saturates below the largest value of its pixel type, as 4095 in 16 bits. */
/** Pixels from this share of the counts of saturation on may have lost light to it: by noise, or in their mean. */
const safeShare = 0.95;
/** The least number of pixels in which a saturating camera shows its largest value, ... */
const fewestPixels = 20;
/** ... and by which factor more often than each of the values below it, down to `near` of it. */
const timesOthers = 10;
const near = 0.9;
/** In terms of the value: means of equal pixels are equal but for rounding. */
const rounding = 3e-6;

/** The counts at which a camera saturates, and the share of the pixels that show them. */
interface Saturation {
  readonly counts: number;
  readonly share: number;
}

/**
 * Finds where a camera saturates; `undefined` where pixels show no sign of that.
 * @param images of whole counts, or means of such; NaN is left out
 */
export function saturationOf(images: readonly ArrayLike<number>[]): Saturation | undefined {
  let most = Number.NEGATIVE_INFINITY;
  for (const image of images) for (let i = 0; i < image.length; i++) if (image[i]! > most) most = image[i]!;
  if (!(most > 0) || most === Number.POSITIVE_INFINITY) return undefined;
  const [top, low] = [most * (1 - rounding), most * near];
  let [atMost, below, all] = [0, 0, 0];
  for (const image of images) {
    for (let i = 0; i < image.length; i++) {
      const value = image[i]!;
      if (Number.isNaN(value)) continue;
      all++;
      if (value >= top) atMost++;
      else if (value >= low) below++;
    }
  }
  const ofEach = below / Math.max(1, most - low);
  const isSaturated = atMost >= fewestPixels && atMost > timesOthers * ofEach && atMost < all;
  return isSaturated ? { counts: most, share: atMost / all } : undefined;
}

/** One place as both tiles show it. */
interface BothImages {
  readonly first: Float32Array;
  readonly second: Float32Array;
}

/**
 * Leaves pixels out of overlaps, as NaN, that may have lost light because the camera was saturated.
 * @param others the same overlaps in another form, corrected: what is left out is left out of them too
 */
export function leaveSaturatedOut(patches: readonly BothImages[], others: readonly BothImages[] = []): void {
  const images = patches.flatMap(({ first, second }) => [first, second]);
  const again = others.flatMap(({ first, second }) => [first, second]);
  const limit = safeShare * (saturationOf(images)?.counts ?? Number.POSITIVE_INFINITY);
  for (const [index, image] of images.entries()) {
    for (let i = 0; i < image.length; i++) {
      if (image[i]! >= limit) image[i] = Number.NaN;
      if (Number.isNaN(image[i]!) && again[index] !== undefined) again[index][i] = Number.NaN;
    }
  }
}
