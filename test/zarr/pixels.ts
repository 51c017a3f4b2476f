import { allocatePixels, type PixelArray, type PixelType } from "../../src/shapes.ts";

/** What sort of pixels to make: each stresses other parts of a codec. */
export const pixelKinds = ["zero", "noise", "dim", "ramp", "repeats"] as const;

/** Pixels from a seed, the same ones for the same arguments. */
export function makePixels(type: PixelType, length: number, kind: (typeof pixelKinds)[number], seed = 1): PixelArray {
  const pixels = allocatePixels(type, length);
  let state = seed >>> 0;
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const past: number[] = [];
  for (let at = 0; at < length; at++) {
    let value = 0;
    if (kind === "noise") value = random() * 65536;
    else if (kind === "dim") value = 110 + 12 * (random() + random() + random());
    else if (kind === "ramp") value = at / 7;
    else if (kind === "repeats")
      value = random() < 0.3 ? random() * 200 : (past[at - 1 - Math.floor(random() * 90)] ?? 0);
    pixels[at] = type === "float32" ? value : Math.floor(value);
    if (kind === "repeats") past.push(value);
  }
  return pixels;
}

/** The bytes of pixels. */
export function bytesOf(pixels: PixelArray): Uint8Array {
  return new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength);
}
