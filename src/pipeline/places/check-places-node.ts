/** Checks paths and addresses before anything is read or written there. */
import { accessSync, constants, existsSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve, sep } from "node:path";
import { IsoluxError } from "../../errors.ts";
import { isAddress } from "../../zarr/store.ts";

/** Refuses to write to a server. @throws IsoluxError `usage` */
export function checkWritesLocally(places: Readonly<Record<string, unknown>>): void {
  for (const [option, place] of Object.entries(places)) {
    if (typeof place !== "string" || !isAddress(place)) continue;
    throw new IsoluxError({
      kind: "usage",
      what: "Isolux does not write profiles to servers",
      found: `${option} ${place}`,
      expected: "the path of a folder on this computer",
    });
  }
}

/**
 * Refuses profiles in an image: a source stays unchanged, an output is replaced as a whole. @throws IsoluxError `usage`
 */
export function checkOutside(folder: string, image: string, what: string, thing = "folder of profiles"): void {
  if (!isWithin(realPath(resolve(folder)), realPath(resolve(image)))) return;
  throw new IsoluxError({
    kind: "usage",
    what: `The ${thing} lies inside ${what}`,
    where: folder,
    advice: "Give a place beside it",
  });
}

/** Refuses a report that could not be written, or would lie in an image. @throws IsoluxError `usage`, `storage` */
export function checkReportPlace(report: string, images: Readonly<Record<string, string | undefined>>): void {
  if (isAddress(report)) {
    throw new IsoluxError({
      kind: "usage",
      what: "A report cannot be written to a server",
      where: report,
      expected: "the path of a file on this computer",
    });
  }
  for (const [what, image] of Object.entries(images)) {
    if (image !== undefined && !isAddress(image)) checkOutside(report, image, what, "report");
  }
  if (existsSync(report) && statSync(report).isDirectory()) {
    throw new IsoluxError({ kind: "output", what: "A folder lies in the place of the report", where: report });
  }
  checkWritable(dirname(resolve(report)), "The report cannot be written there");
}

/** Whether a path lies in another, or is the same. */
export function isWithin(inner: string, outer: string, separator: string = sep): boolean {
  return inner === outer || inner.startsWith(outer.endsWith(separator) ? outer : outer + separator);
}

/** The path with all links followed, as far as it exists. */
export function realPath(path: string): string {
  if (existsSync(path)) return realpathSync(path);
  const parent = dirname(path);
  return parent === path ? path : join(realPath(parent), basename(path));
}

/** Finds out at once, not after hours, that a folder cannot be written to. @throws IsoluxError `storage` */
export function checkWritable(folder: string, what = "The output cannot be written there"): void {
  const nearest = nearestExisting(folder);
  const found = writeObstacle(nearest);
  if (found === undefined) return;
  throw new IsoluxError({ kind: "storage", what, where: nearest, found });
}

function nearestExisting(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestExisting(dirname(path));
}

function writeObstacle(path: string): string | undefined {
  if (!statSync(path).isDirectory()) return "a file, not a folder";
  try {
    accessSync(path, constants.W_OK);
    return undefined;
  } catch {
    return "no permission to write";
  }
}
