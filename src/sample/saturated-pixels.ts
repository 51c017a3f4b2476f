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
