/** What is true of a synthetic acquisition: its profiles, and where it has no sample. */

import { profileKey } from "../profile/models-folder.ts";
import { encodeNpz } from "../profile/npz.ts";
import type { Profile } from "../profile/profile.ts";
import type { IlluminationSide } from "../tiles/illumination-side.ts";
import { encodeJson } from "../zarr/json.ts";
import { joinKey, type WritableStore } from "../zarr/store.ts";
import type { SyntheticLayout } from "./layout.ts";
import type { SyntheticOptions } from "./options.ts";
import type { SyntheticShading } from "./shading.ts";
import { syntheticGains } from "./tile-gains.ts";

/** The truth, in the terms of the parameters that can make use of it. */
export interface SyntheticTruth {
  /** The true profiles by channel label, means over all planes; baseline: the background of empty planes, in counts. */
  readonly profiles: ReadonlyMap<string, Profile>;
  /** Those of tiles that are lit from the right, where there are such; the others are then those of the left. */
  readonly rightProfiles: ReadonlyMap<string, Profile>;
  /** How bright the light of each tile is against the others, in the order of the tiles. */
  readonly gains: readonly number[];
  /** Numbers of the tiles that show no sample in any plane, as `FOV_list` takes them. */
  readonly emptyTiles: readonly number[];
  /** No tile shows sample in planes before the first and after the second of these, as `z_levels` takes them. */
  readonly zLevels: readonly [below: number, above: number];
}

/** The truth of an acquisition. */
export function truthOf(options: SyntheticOptions, layout: SyntheticLayout, shading: SyntheticShading): SyntheticTruth {
  const { channels, planes, emptyPlanesPerEnd, tileShapeYx } = options;
  const profilesOf = (side: IlluminationSide) =>
    channels.map(({ label, background }, channel): [string, Profile] => {
      const flatfield = Float32Array.from(shading.meanFlatfield(channel, side));
      const darkfield = Float32Array.from(shading.darkfield(channel));
      return [label, { shapeYx: tileShapeYx, flatfield, darkfield, baseline: background }];
    });
  return {
    profiles: new Map(profilesOf("Left")),
    rightProfiles: new Map(options.twoSides ? profilesOf("Right") : []),
    gains: syntheticGains(options, layout),
    emptyTiles: layout.tiles.filter((tile) => tile.empty).map((tile) => tile.number),
    zLevels: [emptyPlanesPerEnd, planes - 1 - emptyPlanesPerEnd],
  };
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
