import { applyChannelSettings } from "../acquisition/apply-channel-settings.ts";
import type { Note } from "../acquisition/note.ts";
import { type OpenedAcquisition, openAcquisition } from "../acquisition/open-acquisition.ts";
import { IsoluxError } from "../errors.ts";
import type { ChannelSetting } from "../ngff/channel-settings.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import type { SourceLocation } from "./location.ts";

/** Opens the acquisition at a location; what the user should know of it goes to the hooks. */
export async function openLocated(
  { store, key, access, rotation, tileTable }: SourceLocation,
  { report }: Pick<RunHooks, "report"> = { report: () => {} },
): Promise<OpenedAcquisition> {
  const note: Note = (text, kind = "note") => report({ kind, text });
  const opened = await openAcquisition(store, key, {
    ...access,
    note,
    ...(rotation === undefined ? {} : { rotation }),
    ...(tileTable === undefined ? {} : { tileTable }),
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

function noTables(where: string): IsoluxError {
  return new IsoluxError({
    kind: "usage",
    what: "Only mosaics have tables, and these are tiles as the microscope wrote them",
    where,
    advice: "Leave out --tile-table",
  });
}
