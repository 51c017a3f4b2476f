import { type OpenedAcquisition, openAcquisition } from "../acquisition/open-acquisition.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import type { ReadableStore } from "../zarr/store.ts";

/** A place to read from, which may reach folders elsewhere. */
export interface ReadableLocation {
  readonly store: ReadableStore;
  readonly key: string;
  /** A store that begins at the folder of that absolute path. */
  readonly openFolder?: (path: string) => ReadableStore;
}

/** Opens the acquisition at a location; what the user should know of it goes to the hooks. */
export function openLocated(
  { store, key, openFolder }: ReadableLocation,
  { report }: Pick<RunHooks, "report"> = { report: () => {} },
): Promise<OpenedAcquisition> {
  const note = (text: string) => report({ kind: "note", text });
  return openAcquisition(store, key, openFolder === undefined ? { note } : { note, openFolder });
}
