/** An array for whole chunks, of which only the part within the image is made: the rest keeps the fill value. */
import type { PixelLevel } from "../../acquisition/level.ts";
import { type Czyx, isSameShape, type PixelArray } from "../../shapes.ts";
import { copyBox } from "../../zarr/box.ts";
import type { MadePixels } from "./correct-chunk.ts";

/** What an array holds: pixels of `extent` at the start of a chunk, and one value everywhere else. */
interface Content {
  readonly chunkShape: Czyx;
  readonly extent: Czyx;
  readonly fillValue: number;
}

/** One array for the whole chunks of all levels whose chunks have its length. */
export class WholeChunk {
  readonly #pixels: PixelArray;
  #content: Content | undefined;

  constructor(pixels: PixelArray) {
    this.#pixels = pixels;
  }

  /** The array, for whatever a caller writes into it. */
  toWriteInto(): PixelArray {
    this.#content = undefined;
    return this.#pixels;
  }

  /** The whole chunk with what was made of it at its start. */
  around({ pixels, shapeCzyx: extent }: MadePixels, { chunkShapeCzyx, fillValue }: PixelLevel): PixelArray {
    this.#clear(chunkShapeCzyx, extent, fillValue);
    copyBox(pixels, extent, [0, 0, 0, 0], this.#pixels, chunkShapeCzyx, [0, 0, 0, 0], extent);
    this.#content = { chunkShape: chunkShapeCzyx, extent, fillValue };
    return this.#pixels;
  }

  /** Writes the fill value over what was there and will not be written over. */
  #clear(chunkShape: Czyx, extent: Czyx, fillValue: number): void {
    const content = this.#content;
    const isAround =
      content !== undefined && isSameShape(content.chunkShape, chunkShape) && Object.is(content.fillValue, fillValue);
    if (!isAround) {
      this.#pixels.fill(fillValue);
      return;
    }
    if (content.extent.every((count, axis) => count <= extent[axis]!)) return;
    const [channels, planes, rows, columns] = content.extent;
    for (let c = 0; c < channels; c++) {
      for (let z = 0; z < planes; z++) {
        for (let y = 0; y < rows; y++) {
          const start = ((c * chunkShape[1] + z) * chunkShape[2] + y) * chunkShape[3];
          this.#pixels.fill(fillValue, start, start + columns);
        }
      }
    }
  }
}
