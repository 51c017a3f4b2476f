/** Checks paths and addresses before anything is read or written there. */

import { accessSync, constants, existsSync, lstatSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve, sep } from "node:path";
import { IsoluxError } from "../../errors.ts";
import type { ProfileSource } from "../../parameters/profile-source.ts";
import type { CorrectParameters } from "../../parameters/schema.ts";
import { isAddress } from "../../zarr/store.ts";

/** An image on a server has no folder beside it to write to: the user must name one. @throws IsoluxError `usage` */
export function checkNamesPlaces({ image, output, saveModels }: CorrectParameters): void {
  if (!isAddress(image)) return;
  const missing = output === undefined ? "--output" : saveModels === true ? "--save-models with a folder" : undefined;
  if (missing === undefined) return;
  throw new IsoluxError({
    kind: "usage",
    what: `An image on a server needs ${missing}: nothing is written beside it by default`,
    where: image,
    advice:
      saveModels === true && output !== undefined
        ? "Name a folder on this computer"
        : "Name a folder, or an address that begins with s3://",
  });
}

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

/** Refuses an output whose making, replacement or removal would destroy its source. @throws IsoluxError `usage` */
export function checkApart(source: string, output: string, outputName: string): void {
  if (isAddress(source) !== isAddress(output)) return;
  const [from, to] = [source, output].map((place) =>
    isAddress(place) ? place.replace(/\/+$/, "") : realPath(resolve(place)),
  ) as [string, string];
  const separator = isAddress(source) ? "/" : sep;
  if (!isWithin(from, to, separator) && !isWithin(to, from, separator)) return;
  const how =
    from === to
      ? "The output is the source"
      : isWithin(to, from, separator)
        ? "The output lies inside the source"
        : "The source lies inside the output";
  throw new IsoluxError({ kind: "usage", what: how, where: output, advice: `Give another ${outputName}` });
}

/** Refuses to erase a link: that would leave the image itself in place. @throws IsoluxError `usage`, `storage` */
export function checkErasable(source: string): void {
  if (!lstatSync(source, { throwIfNoEntry: false })?.isSymbolicLink()) {
    checkWritable(dirname(resolve(source)), "The source image cannot be erased there");
    return;
  }
  throw new IsoluxError({
    kind: "usage",
    what: "The source image is a link, which cannot be erased in place of the image",
    where: source,
    advice: `Give the image itself: ${realPath(source)}`,
  });
}

/** Refuses profiles within images that are replaced or erased. @throws IsoluxError `usage`, `storage` */
export function checkProfilePlaces(
  { image, eraseSourceImage, overwrite }: CorrectParameters,
  profileSource: ProfileSource,
  { target, save }: { readonly target: string; readonly save: string | undefined },
): void {
  const outside = (folder: string, place: string, what: string) => {
    if (!isAddress(place)) checkOutside(folder, place, what);
  };
  if (save !== undefined) {
    outside(save, image, "the source image");
    outside(save, target, "the output");
    checkWritable(save);
  }
  if (profileSource.kind === "given") {
    const models = resolve(profileSource.modelsFolder);
    if (eraseSourceImage) outside(models, image, "the source image, which is to be erased");
    if (overwrite) outside(models, target, "the output, which is to be replaced");
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
      what: "A report is not written to a server",
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

function isWithin(inner: string, outer: string, separator: string = sep): boolean {
  return inner === outer || inner.startsWith(outer.endsWith(separator) ? outer : outer + separator);
}

/** The path with all links followed, as far as it exists. */
function realPath(path: string): string {
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
