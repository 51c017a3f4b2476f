import { namesIn } from "../../zarr/known-names.ts";
import { joinKey, type ReadableStore } from "../../zarr/store.ts";
import type { MetaBlock } from "../native/meta-block.ts";
import { readMetaText } from "../native/meta-text.ts";

/** The rows of the acquisition list that made a file, as far as the metadata beside it know them. */
export interface AcquisitionList {
  readonly rows: readonly MetaBlock[];
  /** Whether a row before the last is missing: what comes first among the rows is then not known. */
  readonly hasGaps: boolean;
}

/**
 * Reads the metadata beside an HDF5 file: one `_meta.txt` with a block per row, in earlier versions of the microscope's
 * software, or files `_s{row}-t0_meta.txt`.
 * @param mostRows rows that there can be, for stores that do not list
 * @throws IsoluxError `corrupt`, `storage`
 */
export async function readAcquisitionList(
  store: ReadableStore,
  fileKey: string,
  mostRows: number,
): Promise<AcquisitionList> {
  const [, folder = "", name = ""] = /^(?:(.*)\/)?([^/]+)$/.exec(fileKey) ?? [];
  const possible = Array.from({ length: mostRows }, (_, row) => `${name}_s${row}-t0_meta.txt`);
  const files = (await namesIn(store, folder, possible)).flatMap((entry) => {
    const row = rowOf(entry, `${name}_s`);
    return row === undefined ? [] : [{ key: joinKey(folder, entry), row }];
  });
  if (files.length === 0) return { rows: (await readMetaText(store, `${fileKey}_meta.txt`)) ?? [], hasGaps: false };
  files.sort((a, b) => a.row - b.row);
  const texts = await Promise.all(files.map(({ key }) => readMetaText(store, key)));
  // A row that was acquired anew may have a block of each time.
  const rows = texts.map((blocks) => blocks?.at(-1)).filter((block) => block !== undefined);
  return { rows, hasGaps: files.some(({ row }, index) => row !== index) };
}

function rowOf(name: string, start: string): number | undefined {
  const row = name.startsWith(start) ? /^(\d+)-t0_meta\.txt$/.exec(name.slice(start.length))?.[1] : undefined;
  return row === undefined ? undefined : Number(row);
}
