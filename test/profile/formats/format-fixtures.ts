import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { elementCount, type Yx } from "../../../src/shapes.ts";
import { DirectoryStore } from "../../../src/zarr/disk/directory-store-node.ts";

const folder = fileURLToPath(new URL("../../fixtures/profile-formats/", import.meta.url));

/** The fixtures of one program, as a store. */
export function formatFixtures(program: string): DirectoryStore {
  return new DirectoryStore(folder + program);
}

/** The bytes of a fixture. */
export function formatFixture(path: string): Uint8Array {
  return new Uint8Array(readFileSync(folder + path));
}

/** The shape of the profile that all fixtures hold. */
export const shapeYx: Yx = [4, 6];

const ramp = Float64Array.from({ length: elementCount(shapeYx) }, (_, at) => 0.5 + at / 23);
const mean = ramp.reduce((sum, value) => sum + value, 0) / ramp.length;

/** The flat-field of the fixtures, with mean 1. */
export const flat = ramp.map((value) => value / mean);

/** Their dark-field, in counts. */
export const dark = Float64Array.from(flat, (_, at) => 100 + at / 4);
