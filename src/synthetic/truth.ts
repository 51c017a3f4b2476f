/** The truth of a synthetic acquisition: its profiles, and where it has no sample. */
import { profileKey } from "../profile/formats/find-profile.ts";
import { encodeNpz } from "../profile/npz.ts";
import type { Profile } from "../profile/profile.ts";
import { meanOf } from "../statistics.ts";
import type { IlluminationSide } from "../tiles/tile.ts";
import { encodeJson } from "../zarr/json.ts";
import { joinKey, type WritableStore } from "../zarr/store.ts";
import type { SyntheticOptions } from "./options.ts";
import { detect, hashOf, mix, scramble } from "./random.ts";

/** The truth, in the form of the parameters that use it. */
export interface SyntheticTruth {
  /** The true profiles by channel label, means over all planes; baseline: the background of empty planes, in counts. */
  readonly profiles: ReadonlyMap<string, Profile>;
  /** Those of tiles that are lit from the right, where there are such; the others are then those of the left. */
  readonly rightProfiles: ReadonlyMap<string, Profile>;
  /** The brightness of each tile relative to the others, in the order of the tiles. */
  readonly gains: readonly number[];
  /** Numbers of the tiles without sample in any plane, as `FOV_list` takes them. */
  readonly emptyTiles: readonly number[];
  /** No tile shows sample in planes before the first and after the second of these, as `z_levels` takes them. */
  readonly zLevels: readonly [below: number, above: number];
}

/**
 * Writes profiles into a folder of a store as the reference task saves them and takes measured ones:
 * `<folder>/<channel label>/profiles.npz`, or one folder deeper those of one side of the light.
 */
export async function saveProfiles(
  store: WritableStore,
  folder: string,
  profiles: ReadonlyMap<string, Profile>,
  side?: IlluminationSide,
): Promise<void> {
  for (const [label, { shapeYx, flatfield, darkfield, baseline }] of profiles) {
    const archive = encodeNpz({
      flatfield: { shape: shapeYx, data: flatfield },
      darkfield: { shape: shapeYx, data: darkfield },
      baseline: { shape: [], data: Float64Array.of(baseline) },
    });
    await store.set(profileKey(folder, label, side), archive);
  }
}

/** Writes the truth into a folder of a store: its profiles, and `truth.json` with the empty tiles and planes. */
export async function saveTruth(store: WritableStore, folder: string, truth: SyntheticTruth): Promise<void> {
  const hasSides = truth.rightProfiles.size > 0;
  await saveProfiles(store, folder, truth.profiles, hasSides ? "Left" : undefined);
  await saveProfiles(store, folder, truth.rightProfiles, "Right");
  const { emptyTiles, zLevels } = truth;
  await store.set(joinKey(folder, "truth.json"), encodeJson({ empty_tiles: emptyTiles, z_levels: zLevels }));
}

// A simulated measurement of the shading: frames of an evenly fluorescent slide, and dark frames.

/** Parameters of the slide measurement. */
interface SlideMeasurement {
  readonly frames: number;
  /** The slide's brightness in counts, where the flat-field is 1. */
  readonly brightness: number;
}

/**
 * The profiles by such a measurement, by channel label: means over the frames, with their remaining noise. A slide does
 * not show the sample's background: the baseline is 0.
 */
export function measureProfiles(
  { options, truth }: { readonly options: SyntheticOptions; readonly truth: SyntheticTruth },
  { frames, brightness }: SlideMeasurement,
): ReadonlyMap<string, Profile> {
  const readVariance = options.readNoise ** 2;
  const measured = [...truth.profiles].map(([label, profile], channel): [string, Profile] => {
    const meanOfFrames = (key: number, expected: number, pixel: number) => {
      let sum = 0;
      for (let frame = 0; frame < frames; frame += 1) {
        sum += detect(expected, readVariance, scramble(mix(key, frame) + Math.imul(pixel, 0x9e3779b1)));
      }
      return sum / frames;
    };
    const [darkKey, slideKey] = [hashOf(options.seed, 0xda2f, channel), hashOf(options.seed, 0x511de, channel)];
    const darkfield = profile.darkfield.map((dark, i) => meanOfFrames(darkKey, dark, i));
    const slide = profile.flatfield.map(
      (value, i) => meanOfFrames(slideKey, brightness * value + profile.darkfield[i]!, i) - darkfield[i]!,
    );
    const mean = meanOf(slide);
    return [label, { ...profile, darkfield, flatfield: slide.map((value) => value / mean), baseline: 0 }];
  });
  return new Map(measured);
}
