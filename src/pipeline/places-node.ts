/** From paths, as users give them, to locations in stores. */
import { accessSync, constants, existsSync, lstatSync, realpathSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join, resolve, sep } from "node:path";
import { openFileNode } from "../acquisition/bdv/open-file-node.ts";
import { isNativeOmeZarr } from "../acquisition/native/native-omezarr.ts";
import type { FileAccess } from "../acquisition/open-acquisition.ts";
import { hasPageFiles } from "../acquisition/pages/page-files.ts";
import { IsoluxError } from "../errors.ts";
import { outputSpelling, type ProfileSource } from "../parameters/profile-source.ts";
import type { CorrectParameters } from "../parameters/schema.ts";
import { sha256 } from "../profile/checksum.ts";
import { DirectoryStore } from "../zarr/directory-store.ts";
import { openStore } from "../zarr/open-store-node.ts";
import { readS3Access } from "../zarr/s3-credentials-node.ts";
import type { Location, ObjectLocation, OutputPlace, SourceLocation } from "./location.ts";
import type { CorrectPlaces } from "./prepare-run.ts";

/** How acquisitions reach files that are not in their own store. */
export const fileAccess: FileAccess = { openFolder: (path) => new DirectoryStore(path), openFile: openFileNode };

/** Whether a source is named by an address, not a path. */
function isAddress(image: string): boolean {
  return /^[a-z][a-z0-9+.-]+:\/\//i.test(image);
}

/** The location of an image: a path, or an address that begins with http://, https:// or s3://. */
export async function locateSource(image: string): Promise<SourceLocation> {
  if (!isAddress(image)) return locateFolder(image);
  const { store, key } = await openStore(image);
  return { store, key, locator: { kind: "address", address: image } };
}

/** The location of an image and, where a user says so, which of its tiles are meant. */
export async function locateImage(asked: Pick<CorrectParameters, "image" | "rotation">): Promise<SourceLocation> {
  return { ...(await locateSource(asked.image)), ...rotationOf(asked) };
}

function rotationOf({ rotation }: Pick<CorrectParameters, "rotation">) {
  return rotation === undefined ? {} : { rotation };
}

/** The location of a folder: its name in the store of the folder above it, so that siblings can be reached. */
export function locateFolder(path: string): Location {
  const full = resolve(path);
  const parent = dirname(full);
  return {
    store: new DirectoryStore(parent),
    key: basename(full),
    locator: { kind: "directory", path: parent },
    access: fileAccess,
  };
}

/** The location of a folder in a bucket. @throws IsoluxError `usage` for any other address, or a bucket as a whole */
export async function locateInBucket(address: string): Promise<ObjectLocation> {
  const opened = /^s3:/i.test(address) ? await openStore(address) : undefined;
  if (opened?.kind === "s3" && opened.key !== "") {
    return { store: opened.store, key: opened.key, locator: { kind: "address", address } };
  }
  throw new IsoluxError({
    kind: "usage",
    what: "Isolux does not write there",
    where: address,
    expected: "the path of a folder, or an address as s3://bucket/folder/image.zarr",
  });
}

/**
 * Where a correction reads and writes.
 * @throws IsoluxError `usage` where the output lies in the source or the other way round, `storage` where the output's
 *   folder cannot be written to
 */
export async function locateCorrection(
  parameters: CorrectParameters,
  profileSource: ProfileSource,
): Promise<CorrectPlaces> {
  checkWritesLocally({ "--save-models": parameters.saveModels });
  const { image } = parameters;
  checkNamesPlaces(parameters);
  const target = parameters.output ?? (await defaultOutput(resolve(image), parameters));
  checkApart(image, target, outputSpelling(profileSource));
  if (parameters.eraseSourceImage && !isAddress(image)) checkErasable(resolve(image));
  if (!isAddress(target)) checkWritable(dirname(resolve(target)));
  const save = savePath(parameters, profileSource, isAddress(image) ? "" : dirname(resolve(image)));
  checkProfilePlaces(parameters, profileSource, { target, save });
  return {
    source: await locateImage(parameters),
    ...(isAddress(image) ? {} : { erasable: locateFolder(image) }),
    output: await locateOutput(target),
    ...(profileSource.kind === "given" ? { models: locateModels(profileSource.modelsFolder) } : {}),
    ...(save === undefined ? {} : { save: locateFolder(save) }),
  };
}

/** Where an output comes to lie. */
export async function locateOutput(target: string): Promise<OutputPlace> {
  if (!isAddress(target)) return { kind: "folder", ...locateFolder(target) };
  const place = await locateInBucket(target);
  return { kind: "bucket", ...place, workspace: await workspaceOf(target) };
}

/**
 * The folder of a run whose output lies in a bucket: where programs keep what must outlive them, under a name that
 * follows from the address, so that the same command finds it again.
 * @see https://specifications.freedesktop.org/basedir-spec/latest/
 */
async function workspaceOf(address: string): Promise<Location> {
  const { endpoint = "" } = await readS3Access();
  const plain = address.replace(/\/+$/, "");
  const digits = sha256(new TextEncoder().encode(`${endpoint} ${plain}`)).slice(0, 12);
  const state = process.env.XDG_STATE_HOME || join(homedir(), ".local", "state");
  const folder = join(state, "isolux", `${basename(plain)}-${digits}`);
  checkWritable(folder);
  return locateFolder(folder);
}

/** Profiles lie apart from images that are replaced or erased. */
function checkProfilePlaces(
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

/** An image on a server has no place beside it to write to: the user names one. */
function checkNamesPlaces({ image, output, saveModels }: CorrectParameters): void {
  if (!isAddress(image)) return;
  const missing = output === undefined ? "--output" : saveModels === true ? "--save-models with a folder" : undefined;
  if (missing === undefined) return;
  throw new IsoluxError({
    kind: "usage",
    what: `An image on a server needs ${missing}: nothing is written beside it unasked`,
    where: image,
    advice:
      saveModels === true && output !== undefined
        ? "Name a folder on this computer"
        : "Name a folder, or an address that begins with s3://",
  });
}

/** The path of an output beside its source; that of one rotation leaves the name free for that of another. */
export async function defaultOutput(source: string, { rotation }: { readonly rotation?: number }): Promise<string> {
  const { store, key } = locateFolder(source);
  const isAcquisition = (await isNativeOmeZarr(store, key)) || (await hasPageFiles(store, key));
  return join(dirname(source), defaultOutputName(key, isAcquisition, rotation));
}

/**
 * The name of the corrected image. The proxy `fake_raw_image` stands for `raw_image`; the folder of an acquisition that
 * the microscope wrote is no image, so what is made of it gets the ending of one.
 */
export function defaultOutputName(image: string, isAcquisition = false, rotation?: number): string {
  const turned = rotation === undefined ? "" : `_rot${rotation}`;
  if (image === "fake_raw_image") return `raw_image${turned}_flatfield_corr`;
  const stem = /^(.+)\.(ome\.zarr|h5|hdf5|xml|tiff?|btf|tf2|tf8|raw)$/i.exec(image)?.[1];
  const ending = stem === undefined && !isAcquisition ? "" : ".ome.zarr";
  return `${stem ?? image}${turned}_flatfield_corr${ending}`;
}

/** The location of a folder of profiles. @throws IsoluxError `not-found` */
export function locateModels(path: string): Location {
  const full = resolve(path);
  if (existsSync(full) && statSync(full).isDirectory()) {
    return { store: new DirectoryStore(full), key: "", locator: { kind: "directory", path: full } };
  }
  throw new IsoluxError({ kind: "not-found", what: "There is no such models folder", where: full });
}

function savePath(
  { saveModels }: CorrectParameters,
  profileSource: ProfileSource,
  besideImage: string,
): string | undefined {
  if (saveModels === false || profileSource.kind === "given" || profileSource.kind === "none") return undefined;
  if (saveModels !== true) return resolve(saveModels);
  return join(besideImage, savedModelsName(profileSource));
}

/** The name of the folder beside an image in which its profiles are kept unless another is named. */
export function savedModelsName({ kind }: ProfileSource): string {
  return kind === "empty" ? "IllumModels" : "BaSiCPyModels";
}

/** Refuses profiles in an image: a source stays untouched, an output is replaced whole. @throws IsoluxError `usage` */
export function checkOutside(folder: string, image: string, what: string): void {
  if (!isWithin(realPath(resolve(folder)), realPath(resolve(image)))) return;
  throw new IsoluxError({
    kind: "usage",
    what: `The folder of profiles lies inside ${what}`,
    where: folder,
    advice: "Give a folder beside it",
  });
}

/** Removing a link would leave all of the image where it is. */
function checkErasable(source: string): void {
  if (!lstatSync(source, { throwIfNoEntry: false })?.isSymbolicLink()) return;
  throw new IsoluxError({
    kind: "usage",
    what: "The source image is a link, which cannot be erased in place of the image",
    where: source,
    advice: `Give the image itself: ${realPath(source)}`,
  });
}

function isWithin(inner: string, outer: string, separator: string = sep): boolean {
  return inner === outer || inner.startsWith(outer.endsWith(separator) ? outer : outer + separator);
}

function checkApart(source: string, output: string, outputName: string): void {
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

/** The path with all links followed, as far as it exists. */
function realPath(path: string): string {
  if (existsSync(path)) return realpathSync(path);
  const parent = dirname(path);
  return parent === path ? path : join(realPath(parent), basename(path));
}

/** Finds out now, not after hours, that a folder cannot be written to. */
export function checkWritable(folder: string): void {
  const nearest = nearestExisting(folder);
  const found = writeObstacle(nearest);
  if (found === undefined) return;
  throw new IsoluxError({ kind: "storage", what: "The output cannot be written there", where: nearest, found });
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
