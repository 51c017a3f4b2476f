import { applyChannelSettings } from "../acquisition/apply-channel-settings.ts";
import type { Note } from "../acquisition/note.ts";
import { type OpenedAcquisition, openAcquisition } from "../acquisition/open-acquisition.ts";
import type { ChannelSetting } from "../ngff/channel-settings.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import type { SourceLocation } from "./location.ts";

/** Opens the acquisition at a location; what the user should know of it goes to the hooks. */
export function openLocated(
  { store, key, access, rotation, isPooled }: SourceLocation,
  { report }: Pick<RunHooks, "report"> = { report: () => {} },
): Promise<OpenedAcquisition> {
  const note: Note = (text, kind = "note") => report({ kind, text });
  return openAcquisition(store, key, {
    ...access,
    note,
    ...(rotation === undefined ? {} : { rotation }),
    ...(isPooled === undefined ? {} : { isPooled }),
  });
}

/** Opens the acquisition at a location, its channels named as the user wants them. */
export async function openNamed(
  location: SourceLocation,
  settings: readonly ChannelSetting[] | undefined,
  hooks: Pick<RunHooks, "report">,
): Promise<OpenedAcquisition> {
  const opened = await openLocated(location, hooks);
  if (settings === undefined) return opened;
  return applyChannelSettings(opened, settings, (text) => hooks.report({ kind: "note", text }));
}
