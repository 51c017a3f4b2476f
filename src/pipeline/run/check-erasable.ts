/** What would be lost with a source that is erased: whatever the output holds neither as it is nor corrected. */
import type { StoredImage } from "../../acquisition/acquisition.ts";
import type { OpenedAcquisition } from "../../acquisition/open-acquisition.ts";
import { storedLevel } from "../../acquisition/sampled-level.ts";
import { IsoluxError } from "../../errors.ts";
import type { CorrectParameters } from "../../parameters/schema.ts";
import { formatCount } from "../../quantities.ts";
import type { ZarrArray } from "../../zarr/array.ts";
import { digestObject } from "../../zarr/copy-object.ts";
import { joinKey, keyName, objectsBelow } from "../../zarr/store.ts";
import { templateOf } from "../output/choose-output.ts";
import type { OutputImage, OutputTemplate } from "../output/template.ts";
import { type Location, openLocated } from "../places/location.ts";
import type { CorrectPlaces, CorrectRequest } from "../places/request.ts";

/** What the microscope wrote is never erased: the output holds it corrected, and with that not as it was. */
export function checkErasable({ kind, acquisition }: OpenedAcquisition, { erasable }: CorrectPlaces): void {
  const isWhole = kind === "tiles" || erasable === undefined || acquisition.key === erasable.key;
  if (!isWhole) throw seriesToErase(acquisition.location);
  if (kind === "mosaic" && erasable !== undefined) return;
  throw new IsoluxError({
    kind: "usage",
    what: kind === "tiles" ? "Files of the microscope are never erased" : "An image on a server is never erased",
    where: acquisition.location,
    advice: "Leave out --erase-source-image",
  });
}

/** What lies beside the only image in a folder of series would be erased with it. */
function seriesToErase(where: string): IsoluxError {
  return new IsoluxError({
    kind: "usage",
    what: "The folder of series holds more than the image: it is not erased",
    where,
    advice: "Give the series itself, or leave out --erase-source-image",
  });
}

/**
 * Refuses to erase a source with anything in it that the output will not hold, unless it was named expendable.
 * @throws IsoluxError `usage`
 */
export async function checkNothingLost(
  opened: OpenedAcquisition,
  { images }: OutputTemplate,
  { parameters }: Pick<CorrectRequest, "parameters">,
): Promise<void> {
  if (opened.kind !== "mosaic") return;
  const { lost } = await sortObjects(opened.acquisition, images[0]!);
  refuseLosses("usage", opened.acquisition.location, lost, parameters);
}

/**
 * The same in the moment of erasing: what came to the source since is not erased, nor what was copied and has changed.
 * @param source the source itself
 * @throws IsoluxError `output`, `storage`
 */
export async function checkNothingLostNow({ places, parameters }: CorrectRequest, source: Location): Promise<void> {
  const { output } = places;
  const opened = await openLocated(places.source);
  if (opened.kind !== "mosaic") return;
  const template = await templateOf(opened, keyName(output.key), parameters, () => undefined);
  const { lost, copied } = await sortObjects(opened.acquisition, template.images[0]!);
  const changed: string[] = [];
  for (const name of copied) {
    const [before, after] = await Promise.all(
      [source, output].map(({ store, key }) => digestObject({ store, key: joinKey(key, name) })),
    );
    if (before !== after) changed.push(name);
  }
  // What is done stays done
  refuseLosses("output", opened.acquisition.location, [...lost, ...changed], parameters);
}

function refuseLosses(
  kind: "usage" | "output",
  where: string,
  lost: readonly string[],
  { expendable = [] }: Pick<CorrectParameters, "expendable">,
): void {
  const left = lost.filter((name) => !expendable.some((one) => name === one || name.startsWith(`${one}/`)));
  if (left.length === 0) return;
  const shown = left.slice(0, 10).join(", ");
  throw new IsoluxError({
    kind,
    what: "The source image is not erased: it holds files that the output does not",
    where,
    found: left.length > 10 ? `${shown} and ${formatCount(left.length - 10, "other")}` : shown,
    advice: "Copy them to another place and name them in --expendable, or leave out --erase-source-image",
  });
}

/** The objects of a source by what becomes of them, as names within it. */
interface SortedObjects {
  /** In the output byte for byte. */
  readonly copied: readonly string[];
  /** Nowhere in the output: the folders that hold nothing else, and single objects. */
  readonly lost: readonly string[];
}

const groupDocuments = new Set([".zgroup", ".zattrs", ".zmetadata", "zarr.json"]);

async function sortObjects(image: StoredImage, output: OutputImage): Promise<SortedObjects> {
  const { store, key } = image;
  const arrays = image.levels.map((level) => storedLevel(level).array);
  const isOfLevel = (name: string) => arrays.some((array) => isOfArray(array, joinKey(key, name)));
  const tables = new Set(await output.tablesKept?.());
  const copied: string[] = [];
  const lost = new Set<string>();
  const levelFolders = new Set(arrays.map((array) => array.key.slice(key.length).split("/").find(Boolean)));
  for (const object of (await objectsBelow(store, key)) ?? []) {
    const name = key === "" ? object : object.slice(key.length + 1);
    const [first = "", second = ""] = name.split("/");
    if (groupDocuments.has(name) || isOfLevel(name)) continue;
    if (output.copiesLabels === true && (first === "labels" || first === "tables")) copied.push(name);
    else if (first === "tables" && (groupDocuments.has(second) || tables.has(second))) continue;
    else if (first === "tables") lost.add(`${first}/${second}`);
    else lost.add(levelFolders.has(first) ? name : first);
  }
  return { copied, lost: [...lost].sort() };
}

/** Whether an object is the metadata of an array, or one of those that its grid names. */
function isOfArray(array: ZarrArray, object: string): boolean {
  if (!object.startsWith(`${array.key}/`)) return false;
  const name = object.slice(array.key.length + 1);
  if ([".zarray", ".zattrs", "zarr.json"].includes(name)) return true;
  const { shape, shardShape, chunkShape } = array.metadata;
  const coords = (name.match(/\d+/g) ?? []).map(Number);
  const step = shardShape ?? chunkShape;
  const isWithin = coords.length === shape.length && coords.every((place, axis) => place * step[axis]! < shape[axis]!);
  return isWithin && array.objectKey(coords) === object;
}
