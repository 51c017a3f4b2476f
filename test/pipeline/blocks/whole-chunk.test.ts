import { expect, it } from "vitest";
import type { PixelLevel } from "../../../src/acquisition/level.ts";
import { WholeChunk } from "../../../src/pipeline/blocks/whole-chunk.ts";
import type { Czyx } from "../../../src/shapes.ts";

const level = (chunkShapeCzyx: Czyx, fillValue: number) => ({ chunkShapeCzyx, fillValue }) as PixelLevel;

/** What was made, and fill values around it, pixel by pixel. */
function expected([channels, planes, rows, columns]: Czyx, extent: Czyx, value: number, fillValue: number): number[] {
  const pixels: number[] = [];
  for (let c = 0; c < channels; c++)
    for (let z = 0; z < planes; z++)
      for (let y = 0; y < rows; y++)
        for (let x = 0; x < columns; x++)
          pixels.push(c < extent[0] && z < extent[1] && y < extent[2] && x < extent[3] ? value : fillValue);
  return pixels;
}

it("surrounds what was made by the fill value, whatever it held before", () => {
  const whole = new WholeChunk(new Uint16Array(2 * 3 * 4 * 6).fill(999));
  const [chunk, other]: Czyx[] = [
    [2, 3, 4, 6],
    [2, 3, 6, 4],
  ];
  const turns: readonly (readonly [Czyx, Czyx, number])[] = [
    [chunk!, [2, 3, 2, 3], 0],
    [chunk!, [2, 3, 2, 3], 0],
    [chunk!, [2, 2, 1, 2], 0],
    [chunk!, [1, 3, 4, 5], 0],
    [chunk!, [1, 3, 4, 5], 7],
    [other!, [2, 3, 1, 1], 7],
    [chunk!, [2, 1, 1, 6], 7],
  ];
  for (const [turn, [shape, extent, fillValue]] of turns.entries()) {
    const pixels = new Uint16Array(extent.reduce((product, n) => product * n, 1)).fill(100 + turn);
    const found = whole.around({ pixels, shapeCzyx: extent }, level(shape, fillValue));
    expect([...found], `turn ${turn}`).toEqual(expected(shape, extent, 100 + turn, fillValue));
    if (turn === 3) whole.toWriteInto().fill(555);
  }
});
