/** Places in stores: where sources, outputs, profiles and reports lie, and how an acquisition is opened there. */
import { fullResolution } from "../../acquisition/acquisition.ts";
import type { HintName, TileHints } from "../../acquisition/listed/stage-axes.ts";
import { type FileAccess, type OpenedAcquisition, openAcquisition } from "../../acquisition/open-acquisition.ts";
import { applyChannelSettings } from "../../acquisition/select-channels.ts";
import type { Note } from "../../acquisition/tile-view.ts";
import { IsoluxError } from "../../errors.ts";
import type { ChannelSetting } from "../../ngff/channel-settings.ts";
import type { RunHooks } from "../../parameters/run-events.ts";
import { keyName, namesIn, type ObjectStore, type ReadableStore, type WritableStore } from "../../zarr/store.ts";
import type { StoreState } from "../../zarr/unchanged-store.ts";
import { confirmPlacement, type OnMisplaced } from "./confirm-placement.ts";

/** How a process finds the places that another one has written to a file. */
export interface PlaceOpener {
  source(place: Place): Promise<SourceLocation>;
  folder(place: Place): Location;
}

/** How another thread opens a store again: by its folder, or by the address that the user gave. */
type StoreLocator =
  | { readonly kind: "directory"; readonly path: string }
  | { readonly kind: "address"; readonly address: string };

/** A place to read from, and how another thread opens it. */
export interface SourceLocation {
  readonly store: ReadableStore;
  /** The key of the folder or file in the store. */
  readonly key: string;
  readonly locator?: StoreLocator;
  /** Access to files outside of the store, where the platform has it. */
  readonly access?: FileAccess;
  /** Which tiles of a microscope are meant, by their rotation in degrees, where there are several. */
  readonly rotation?: number;
  /**
   * The table of a mosaic that holds the positions of its tiles, if the user names it; false where they do not matter.
   */
  readonly tileTable?: string | false;
  /** Whether the fields of a plate or a well are tiles of one acquisition there. */
  readonly isPooled?: boolean;
  /** What the user says of stacks and planes that their files do not. */
  readonly hints?: TileHints;
  /** Whether tiles are placed by their metadata, without a check against their pixels. */
  readonly trustPositions?: boolean;
  /** The state in which the source is read: what was changed since is refused. */
  readonly state?: StoreState;
}

/** A place to read from and write to. */
export interface Location extends SourceLocation {
  readonly store: WritableStore;
}

/** A place to write whole objects to. */
export interface ObjectLocation extends SourceLocation {
  readonly store: ObjectStore;
}

/** An output that is made in a folder beside its place and then renamed. */
export interface FolderOutput extends Location {
  readonly kind: "folder";
}

/** An output whose objects are put under their final keys, as a bucket cannot rename. */
export interface BucketOutput extends ObjectLocation {
  readonly kind: "bucket";
  /** The folder of the run's own files: decisions and journal. */
  readonly workspace: Location;
}

/** Where an output is written. */
export type OutputPlace = FolderOutput | BucketOutput;

/** What another thread needs to know of a location. */
export type Place = Pick<
  SourceLocation,
  "key" | "locator" | "rotation" | "tileTable" | "isPooled" | "hints" | "trustPositions" | "state"
>;

/** The part of a location that can be sent to another thread. */
export function placeOf(location: SourceLocation): Place {
  const { key, locator, rotation, tileTable, isPooled, hints, trustPositions, state } = location;
  return {
    key,
    locator,
    rotation,
    tileTable,
    isPooled,
    hints,
    trustPositions,
    state,
  };
}

/** Whether there is anything at a location: an object, a folder, even an empty one, or a broken link. */
export async function isOccupied({ store, key }: Pick<SourceLocation, "store" | "key">): Promise<boolean> {
  // The folder above may hold very many names, or not be listable; and no folder is empty.
  if (store.isRemote) return (await namesAt({ store, key })).length > 0 || (await store.facts(key)) !== undefined;
  const folder = key.slice(0, Math.max(0, key.lastIndexOf("/")));
  return ((await store.list(folder)) ?? []).some(({ name }) => name === keyName(key));
}

/** The documents by which a folder is known as a part of a Zarr hierarchy. */
export const zarrDocuments: readonly string[] = [".zgroup", ".zattrs", ".zarray", "zarr.json"];

/** The names in a folder; where the store cannot list, those of Zarr documents that exist there. */
export async function namesAt({ store, key }: Pick<SourceLocation, "store" | "key">): Promise<string[]> {
  return await namesIn(store, key, zarrDocuments);
}

/** Opens the acquisition at a location; warnings go to the hooks. */
export async function openLocated(
  { store, key, access, rotation, tileTable, isPooled, hints }: SourceLocation,
  { report }: Pick<RunHooks, "report"> = { report: () => {} },
): Promise<OpenedAcquisition> {
  const note: Note = (text, kind = "note") => report({ kind, text });
  const opened = await openAcquisition(store, key, {
    ...access,
    note,
    rotation,
    tileTable,
    isPooled,
    hints,
  });
  if (hints !== undefined) refuseUnusedHints(hints, opened);
  if (opened.kind === "tiles" && typeof tileTable === "string") throw noTables(opened.acquisition.location);
  for (const { index, label, ownLabel } of opened.acquisition.channels) {
    if (ownLabel === undefined) continue;
    note(`Channel ${index + 1} is called "${label}" here: its label ${JSON.stringify(ownLabel)} cannot name a folder.`);
  }
  return opened;
}

/**
 * The same, with a check of the tiles' positions.
 * @throws IsoluxError `invalid` where they are clearly wrong, if that is to be refused
 */
export async function openConfirmed(
  location: SourceLocation,
  hooks: Pick<RunHooks, "report"> & Partial<Pick<RunHooks, "signal">>,
  onMisplaced: OnMisplaced = "refuse",
): Promise<OpenedAcquisition> {
  const opened = await openLocated(location, hooks);
  return location.trustPositions === true ? opened : confirmPlacement(opened, hooks, onMisplaced);
}

/**
 * Opens the acquisition at a location as {@link openConfirmed} does, with the user's names for its channels.
 * @param timePoints those that are sampled; all where not given
 * @throws IsoluxError `invalid` for time points that the image does not have
 */
export async function openNamed(
  location: SourceLocation,
  settings: readonly ChannelSetting[] | undefined,
  hooks: Pick<RunHooks, "report"> & Partial<Pick<RunHooks, "signal">>,
  timePoints?: readonly number[],
): Promise<OpenedAcquisition> {
  const opened = sampledAt(await openConfirmed(location, hooks), timePoints);
  if (settings === undefined) return opened;
  return applyChannelSettings(opened, settings, (text) => hooks.report({ kind: "note", text }));
}

const optionOf: Readonly<Record<HintName, string>> = {
  pattern: "--pattern",
  overlapYx: "--overlap",
  pixelSizeUmZyx: "--pixel-size",
  stageAxes: "--stage-axes",
};

/** What a user says and nothing here depends on would have no effect, in silence. @throws IsoluxError `usage` */
function refuseUnusedHints(hints: TileHints, { acquisition }: OpenedAcquisition): void {
  const { hintsTaken = [] } = acquisition;
  const optionsOf = (names: readonly string[]) => names.map((name) => optionOf[name as HintName]).join(", ");
  const unused = Object.keys(hints).filter((name) => !hintsTaken.includes(name as HintName));
  if (unused.length === 0) return;
  throw new IsoluxError({
    kind: "usage",
    what: `${optionsOf(unused)} would have no effect here: the image's metadata have the positions of its tiles`,
    where: acquisition.location,
    expected:
      hintsTaken.length === 0 ? "none of --pattern, --overlap, --pixel-size, --stage-axes" : optionsOf(hintsTaken),
    advice: `Leave out ${optionsOf(unused)}`,
  });
}

function noTables(where: string): IsoluxError {
  return new IsoluxError({
    kind: "usage",
    what: "These tiles have no table: their metadata give the positions",
    where,
    advice: "Leave out --tile-table",
  });
}

function sampledAt(opened: OpenedAcquisition, timePoints: readonly number[] | undefined): OpenedAcquisition {
  if (timePoints === undefined) return opened;
  const { acquisition } = opened;
  const { timePoints: count = 1 } = fullResolution(acquisition);
  const beyond = timePoints.find((time) => time >= count);
  if (beyond !== undefined) {
    throw new IsoluxError({
      kind: "invalid",
      what: "The image does not have the time point asked for",
      where: acquisition.location,
      found: String(beyond),
      expected: `0 to ${count - 1}`,
    });
  }
  return { ...opened, acquisition: { ...acquisition, sampledTimes: timePoints } } as OpenedAcquisition;
}
