import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type NpzArchive, openNpz } from "../../src/profile/npz.ts";

/** The bytes of a file in test/fixtures/numpy. */
export function numpyFixture(name: string): Uint8Array {
  return new Uint8Array(readFileSync(fileURLToPath(new URL(`../fixtures/numpy/${name}`, import.meta.url))));
}

/** An archive of arrays somewhere on the disk. */
export function openNpzFile(path: string): NpzArchive {
  return openNpz(new Uint8Array(readFileSync(path)), path);
}

/** An array of numbers as doubles, with its shape. */
export function numbersOf(archive: NpzArchive, key: string): { shape: readonly number[]; data: Float64Array } {
  const array = archive.read(key);
  if (array.kind !== "numbers") throw new Error(`${key} holds text`);
  return { shape: array.shape, data: Float64Array.from(array.data) };
}

/** A float32 image with its rows and columns. */
export function imageOf(archive: NpzArchive, key: string) {
  const { shape, data } = numbersOf(archive, key);
  return { shapeYx: [shape[0]!, shape[1]!] as const, data: Float32Array.from(data) };
}

/** The largest absolute difference of two arrays of one length. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let at = 0; at < a.length; at++) {
    const difference = Math.abs(a[at]! - b[at]!);
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}
