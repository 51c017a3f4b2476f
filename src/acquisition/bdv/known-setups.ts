import { IsoluxError } from "../../errors.ts";
import { joinKey, type ReadableStore } from "../../zarr/store.ts";
import type { MetaBlock } from "../native/meta-block.ts";
import type { Note } from "../note.ts";
import { readAcquisitionList } from "./acquisition-list.ts";
import type { BdvLayout } from "./bdv-layout.ts";
import { assignSetups } from "./setup-ids.ts";
import type { SpimData, SpimSetup } from "./spim-data.ts";

/** A view that has pixels, and what tells of it: the XML file, metadata, or both. */
export interface KnownSetup {
  readonly id: number;
  readonly setup: SpimSetup | undefined;
  readonly block: MetaBlock | undefined;
}

/**
 * Brings together, in the order of setups, the views that have pixels with what tells of them. Those of which nothing
 * tells, and those whose acquisition was aborted though that of others was not, are left out with a note.
 * @throws IsoluxError `not-found` where nothing tells of any
 */
export async function knowSetups(
  store: ReadableStore,
  fileKey: string,
  spim: SpimData | undefined,
  layout: BdvLayout,
  note: Note,
): Promise<KnownSetup[]> {
  const { rows, hasGaps } = await readAcquisitionList(store, fileKey, layout.announced);
  const present = [...layout.groups.keys()].sort((a, b) => a - b);
  const ids = hasGaps ? undefined : assignSetups(rows, layout.announced, new Set(present));
  if (rows.length > 0 && ids === undefined && spim !== undefined) {
    note("The _meta.txt files do not fit the views of the file and are not used");
  }
  const blocks = new Map(ids?.map((id, row) => [id, rows[row]!]));
  const setups = new Map(spim?.setups.map((setup) => [setup.id, setup]));
  const all = present.map((id) => ({ id, setup: setups.get(id), block: blocks.get(id) }));
  const known = all.filter(({ setup, block }) => (spim === undefined ? block : setup) !== undefined);
  if (known.length === 0) throw untold(joinKey(store.location, fileKey), rows.length, layout);
  if (known.length < all.length) {
    const unknown = all.filter((setup) => !known.includes(setup));
    note(`Left out as nothing says what they are: ${nameSetups(unknown)}`, "warning");
  }
  return withoutAborted(known, note);
}

/** All being unfinished is no sign of an abort, but of metadata that end otherwise. */
function withoutAborted(setups: KnownSetup[], note: Note): KnownSetup[] {
  const aborted = setups.filter(({ block }) => block?.isFinished === false);
  if (aborted.length === 0 || aborted.length === setups.length) return setups;
  note(`Left out as their acquisition was aborted: ${nameSetups(aborted)}`, "warning");
  return setups.filter((setup) => !aborted.includes(setup));
}

/** A setup as its group is called. */
export function setupName(id: number): string {
  return `s${String(id).padStart(2, "0")}`;
}

function nameSetups(setups: readonly KnownSetup[]): string {
  return setups.map(({ id }) => setupName(id)).join(", ");
}

function untold(where: string, rowCount: number, { groups, announced }: BdvLayout): IsoluxError {
  const rows = rowCount === 0 ? "no metadata" : `metadata of ${rowCount} views`;
  return new IsoluxError({
    kind: "not-found",
    what: "Nothing says which tile each view of the file is",
    where,
    found: `no XML file, ${rows}, and ${groups.size} views with pixels of ${announced} in the file`,
    expected: "the XML file of the same name, or the _meta.txt files of all views",
    advice: "Put them beside the file",
  });
}
