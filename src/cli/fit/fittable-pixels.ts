/** Converts arrays to pixel types that a fit takes. */

import type { ImageStack } from "../../estimate/basic/parameters.ts";

/** Types that a fit takes stay as they are, others become float64, which holds all of their values. */
export function fittablePixels(data: ArrayLike<number>): ImageStack["pixels"] {
  const isFittable =
    data instanceof Uint8Array ||
    data instanceof Uint16Array ||
    data instanceof Float32Array ||
    data instanceof Float64Array;
  return isFittable ? data : Float64Array.from(data);
}
