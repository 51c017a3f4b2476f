import { IsoluxError } from "../../errors.ts";
import { BdvPixels } from "./bdv-pixels.ts";
import type { Hdf5File } from "./hdf5-file.ts";

/** Which views a BigDataViewer file announces and holds. */
export interface BdvLayout {
  /** How many setups it has a header for. */
  readonly announced: number;
  /** The groups of the first time point, by setup. */
  readonly groups: ReadonlyMap<number, string>;
  readonly timepointCount: number;
}

/** Reads the names of a file's groups. @throws IsoluxError `corrupt` */
export function readLayout(file: Hdf5File): BdvLayout {
  const names = file.names("/");
  const announced = names.filter((name) => /^s\d{2,}$/.test(name)).length;
  const timepoints = names.filter((name) => /^t\d{5,}$/.test(name)).sort();
  const first = timepoints[0];
  const views = first === undefined ? [] : file.names(`/${first}`).filter((name) => /^s\d{2,}$/.test(name));
  const groups = new Map(views.map((name) => [Number(name.slice(1)), `/${first}/${name}`]));
  if (groups.size > 0) return { announced, groups, timepointCount: timepoints.length };
  throw new IsoluxError({
    kind: "corrupt",
    what: "The HDF5 file holds no views of BigDataViewer",
    where: file.location,
    found: names.length === 0 ? "an empty file" : names.slice(0, 5).join(", "),
    expected: "groups such as /t00000/s00",
  });
}

/**
 * The levels that are stored of a view, finest first.
 * @throws IsoluxError `corrupt`, `unsupported`
 */
export function readLevels(file: Hdf5File, group: string): BdvPixels[] {
  const stored = new Set(file.names(group));
  const levels: BdvPixels[] = [];
  for (let level = 0; stored.has(String(level)); level++) levels.push(new BdvPixels(file, `${group}/${level}/cells`));
  if (levels.length > 0) return levels;
  const where = file.location + group;
  throw new IsoluxError({ kind: "corrupt", what: "A view has no pixels", where, expected: "an array 0/cells" });
}
