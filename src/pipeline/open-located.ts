import { fullResolution } from "../acquisition/acquisition.ts";
import { applyChannelSettings } from "../acquisition/apply-channel-settings.ts";
import type { Note } from "../acquisition/note.ts";
import { type OpenedAcquisition, openAcquisition } from "../acquisition/open-acquisition.ts";
import { IsoluxError } from "../errors.ts";
import type { ChannelSetting } from "../ngff/channel-settings.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import { confirmPlacement, type OnMisplaced } from "./confirm-placement.ts";
import type { SourceLocation } from "./location.ts";

/** Opens the acquisition at a location; what the user should know of it goes to the hooks. */
export async function openLocated(
  { store, key, access, rotation, tileTable, isPooled }: SourceLocation,
  { report }: Pick<RunHooks, "report"> = { report: () => {} },
): Promise<OpenedAcquisition> {
  const note: Note = (text, kind = "note") => report({ kind, text });
  const opened = await openAcquisition(store, key, {
    ...access,
    note,
    ...(rotation === undefined ? {} : { rotation }),
    ...(tileTable === undefined ? {} : { tileTable }),
    ...(isPooled === undefined ? {} : { isPooled }),
  });
  if (opened.kind === "tiles" && typeof tileTable === "string") throw noTables(opened.acquisition.location);
  for (const { index, label, ownLabel } of opened.acquisition.channels) {
    if (ownLabel === undefined) continue;
    note(
      `Channel ${index + 1} is called "${label}" here: its label ${JSON.stringify(ownLabel)} cannot name a folder of its own.`,
    );
  }
  return opened;
}

/**
 * The same, after a look at whether tiles lie where they are said to lie.
 * @throws IsoluxError `invalid` where they plainly lie elsewhere, if that is to be refused
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
 * Opens the acquisition at a location as {@link openConfirmed} does, its channels named as the user wants them.
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

function noTables(where: string): IsoluxError {
  return new IsoluxError({
    kind: "usage",
    what: "Only mosaics have tables, and these are tiles as the microscope wrote them",
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
