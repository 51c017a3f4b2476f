/** Matches the views in a BigDataViewer file with their descriptions in XML and `_meta.txt` files. */

import { IsoluxError } from "../../errors.ts";
import { formatCount } from "../../quantities.ts";
import { joinKey, namesIn, type ReadableStore } from "../../zarr/store.ts";
import type { MetaBlock } from "../native/meta.ts";
import { readMetaText } from "../native/meta-text.ts";
import type { Note } from "../tile-view.ts";
import type { BdvLayout } from "./bdv-pixels.ts";
import type { SpimData, SpimSetup } from "./spim-data.ts";

/** A view that has pixels, and its description: the XML file, metadata, or both. */
export interface KnownSetup {
  readonly id: number;
  readonly setup: SpimSetup | undefined;
  readonly block: MetaBlock | undefined;
}

/**
 * Matches, in the order of setups, the views that have pixels with their descriptions. Those without one, and those
 * whose acquisition was aborted while others were not, are left out with a note.
 * @throws IsoluxError `not-found` where none has a description
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
    note(`Skipped, because it is not known which tiles they are: ${nameSetups(unknown)}`, "warning");
  }
  return withoutAborted(known, note);
}

/** If all are unfinished, that is no sign of an abort, but of metadata that end otherwise. */
function withoutAborted(setups: KnownSetup[], note: Note): KnownSetup[] {
  const aborted = setups.filter(({ block }) => block?.isFinished === false);
  if (aborted.length === 0 || aborted.length === setups.length) return setups;
  note(`Skipped, because their acquisition was aborted: ${nameSetups(aborted)}`, "warning");
  return setups.filter((setup) => !aborted.includes(setup));
}

/** The name of a setup's group. */
export function setupName(id: number): string {
  return `s${String(id).padStart(2, "0")}`;
}

function nameSetups(setups: readonly KnownSetup[]): string {
  return setups.map(({ id }) => setupName(id)).join(", ");
}

function untold(where: string, rowCount: number, { groups, announced }: BdvLayout): IsoluxError {
  const rows = rowCount === 0 ? "no metadata" : `metadata of ${formatCount(rowCount, "view")}`;
  return new IsoluxError({
    kind: "not-found",
    what: "It is not known which view of the file is which tile",
    where,
    found: `no XML file, ${rows}, and ${formatCount(groups.size, "view")} with pixels of ${announced} in the file`,
    expected: "the XML file of the same name, or the _meta.txt files of all views",
    advice: "Put the XML file or the _meta.txt files beside the .h5 file",
  });
}

/** The rows of the acquisition list of a file, as far as the metadata beside it contain them. */
interface AcquisitionList {
  readonly rows: readonly MetaBlock[];
  /** Whether a row before the last is missing: then the order of first appearances is not known. */
  readonly hasGaps: boolean;
}

/**
 * Reads the metadata beside an HDF5 file: one `_meta.txt` with a block per row, in earlier versions of the microscope's
 * software, or files `_s{row}-t0_meta.txt`.
 * @param mostRows the most rows there can be, for stores that do not list
 * @throws IsoluxError `corrupt`, `storage`
 */
async function readAcquisitionList(store: ReadableStore, fileKey: string, mostRows: number): Promise<AcquisitionList> {
  const [, folder = "", name = ""] = /^(?:(.*)\/)?([^/]+)$/.exec(fileKey) ?? [];
  const possible = Array.from({ length: mostRows }, (_, row) => `${name}_s${row}-t0_meta.txt`);
  const files = (await namesIn(store, folder, possible)).flatMap((entry) => {
    const row = rowOf(entry, `${name}_s`);
    return row === undefined ? [] : [{ key: joinKey(folder, entry), row }];
  });
  if (files.length === 0) return { rows: (await readMetaText(store, `${fileKey}_meta.txt`)) ?? [], hasGaps: false };
  files.sort((a, b) => a.row - b.row);
  const texts = await Promise.all(files.map(({ key }) => readMetaText(store, key)));
  // A row that was acquired again may have several blocks; the last one counts.
  const rows = texts.map((blocks) => blocks?.at(-1)).filter((block) => block !== undefined);
  return { rows, hasGaps: files.some(({ row }, index) => row !== index) };
}

function rowOf(name: string, start: string): number | undefined {
  const row = name.startsWith(start) ? /^(\d+)-t0_meta\.txt$/.exec(name.slice(start.length))?.[1] : undefined;
  return row === undefined ? undefined : Number(row);
}

/** The numbers of sides, channels, tiles and rotations of an acquisition. */
type Counts = readonly number[];

/**
 * The setup of each row of an acquisition list, by the file's groups alone, or `undefined` where these are not enough.
 * The microscope numbers sides, channels, tiles and rotations in the order in which they first appear; `setup = ((side
 * * channels + channel) * tiles + tile) * rotations + rotation`. A list that was cut short by an abort has too few of
 * them; then the counts are used that make as many setups as the file lists and for which every row has pixels,
 * provided that only one assignment is possible.
 *
 * @param rows the metadata of the views, in the order of the list
 * @param announced number of setups in the file's headers; 0 where there are none, and the list counts as complete
 * @param present the setups that have pixels
 */
function assignSetups(
  rows: readonly MetaBlock[],
  announced: number,
  present: ReadonlySet<number>,
): readonly number[] | undefined {
  if (rows.length === 0) return undefined;
  const ranks = ranksOf(rows);
  const known = [0, 1, 2, 3].map((attribute) => 1 + Math.max(...ranks.map((rank) => rank[attribute]!)));
  const assignments = new Map<string, readonly number[]>();
  for (const counts of announced === 0 ? [known] : countsWithProduct(announced)) {
    if (counts.some((count, attribute) => count < known[attribute]!)) continue;
    const setups = ranks.map((rank) => rank.reduce((setup, at, attribute) => setup * counts[attribute]! + at, 0));
    if (setups.every((setup) => present.has(setup))) assignments.set(String(setups), setups);
  }
  return assignments.size === 1 ? assignments.values().next().value : undefined;
}

/** The side, channel, tile and rotation of each row, numbered in the order in which they first appear. */
function ranksOf(rows: readonly MetaBlock[]): number[][] {
  const attributes = [
    rows.map((row) => row.find("CFG", "Shutter") ?? ""),
    rows.map((row) => row.laser),
    rows.map((row) => [...row.stageUmZyx, row.rotation].join(" ")),
    rows.map((row) => String(row.rotation)),
  ].map((values) => {
    const order = [...new Set(values)];
    return values.map((value) => order.indexOf(value));
  });
  return rows.map((_, row) => attributes.map((ranks) => ranks[row]!));
}

function* countsWithProduct(product: number): Generator<Counts> {
  for (const sides of divisors(product)) {
    for (const channels of divisors(product / sides)) {
      for (const tiles of divisors(product / sides / channels)) {
        yield [sides, channels, tiles, product / sides / channels / tiles];
      }
    }
  }
}

function divisors(product: number): number[] {
  return Array.from({ length: product }, (_, index) => index + 1).filter((divisor) => product % divisor === 0);
}
