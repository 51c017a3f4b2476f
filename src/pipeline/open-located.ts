import { type OpenedAcquisition, openAcquisition } from "../acquisition/open-acquisition.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import type { SourceLocation } from "./location.ts";

/** Opens the acquisition at a location; what the user should know of it goes to the hooks. */
export function openLocated(
  { store, key, access }: SourceLocation,
  { report }: Pick<RunHooks, "report"> = { report: () => {} },
): Promise<OpenedAcquisition> {
  return openAcquisition(store, key, { ...access, note: (text) => report({ kind: "note", text }) });
}
