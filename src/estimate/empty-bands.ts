/** Going through a stack of planes band by band. */

import { throwIfInterrupted } from "../errors.ts";
import type { PlaneStack } from "../sample/plane-stack.ts";
import { bytesPerPixel, type PixelArray } from "../shapes.ts";

/** Rows `y0` to `y1` of all planes, `[plane, y1 - y0, x]`. */
export interface Band {
  readonly band: PixelArray;
  readonly y0: number;
  readonly y1: number;
}

/** How a stack is gone through. */
export interface BandOptions {
  readonly bandBytes: number;
  readonly onProgress?: (share: number) => void;
  readonly signal?: AbortSignal;
}

/** Other work may run after so many milliseconds. */
const turnMs = 20;

/** Rows of a band of about `bandBytes`, where one row of all planes has `rowBytes`. */
export function rowsPerBand(rowBytes: number, bandBytes: number): number {
  return Math.max(1, Math.floor(bandBytes / Math.max(1, rowBytes)));
}

/**
 * A function that goes through all bands of a stack, to be called `passes` times. Lets other work run between bands.
 * @throws IsoluxError `interrupted` from the bands, when the signal aborts
 */
export function bandVisitor(
  stack: PlaneStack,
  passes: number,
  { bandBytes, signal, onProgress }: BandOptions,
): () => AsyncGenerator<Band> {
  const [height, width] = stack.shapeYx;
  const bandRows = rowsPerBand(stack.planeCount * width * bytesPerPixel(stack.type), bandBytes);
  let rowsDone = 0;
  let turnBegan = performance.now();
  return async function* () {
    for (let y0 = 0; y0 < height; y0 += bandRows) {
      if (performance.now() - turnBegan > turnMs) {
        await new Promise((resolve) => setTimeout(resolve, 0));
        turnBegan = performance.now();
      }
      throwIfInterrupted(signal);
      const y1 = Math.min(y0 + bandRows, height);
      yield { band: await stack.read(0, stack.planeCount, y0, y1), y0, y1 };
      rowsDone += y1 - y0;
      onProgress?.(rowsDone / (passes * height));
    }
  };
}
