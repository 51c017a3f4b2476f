import { applyChannelSettings } from "../acquisition/apply-channel-settings.ts";
import type { Note } from "../acquisition/note.ts";
import { type OpenedAcquisition, openAcquisition } from "../acquisition/open-acquisition.ts";
import type { ChannelSetting } from "../ngff/channel-settings.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import { confirmPlacement, type OnMisplaced } from "./confirm-placement.ts";
import type { SourceLocation } from "./location.ts";

/** Opens the acquisition at a location; what the user should know of it goes to the hooks. */
export function openLocated(
  { store, key, access, rotation }: SourceLocation,
  { report }: Pick<RunHooks, "report"> = { report: () => {} },
): Promise<OpenedAcquisition> {
  const note: Note = (text, kind = "note") => report({ kind, text });
  return openAcquisition(store, key, { ...access, note, ...(rotation === undefined ? {} : { rotation }) });
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

/** Opens the acquisition at a location as {@link openConfirmed} does, its channels named as the user wants them. */
export async function openNamed(
  location: SourceLocation,
  settings: readonly ChannelSetting[] | undefined,
  hooks: Pick<RunHooks, "report"> & Partial<Pick<RunHooks, "signal">>,
): Promise<OpenedAcquisition> {
  const opened = await openConfirmed(location, hooks);
  if (settings === undefined) return opened;
  return applyChannelSettings(opened, settings, (text) => hooks.report({ kind: "note", text }));
}
