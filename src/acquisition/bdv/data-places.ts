/** Finds the data that an XML file of BigDataViewer names: where it says, or beside it. */
import { joinKey, type ReadableStore } from "../../zarr/store.ts";
import type { StoredFolder } from "../acquisition.ts";
import type { XmlElement } from "./xml.ts";

/** A place that an XML file names: a path on the computer that wrote the file, or from the file's own folder on. */
export interface NamedPlace {
  readonly path: string;
  readonly isAbsolute: boolean;
}

/** Whether a place is an address of a server, as of a bucket. */
export function isAtAddress({ path }: NamedPlace): boolean {
  return /^[a-z][a-z0-9+.-]+:\/\//i.test(path);
}

/** A store that begins at the folder of an absolute path. */
export type OpenFolder = (path: string) => ReadableStore;

/**
 * The place that elements name one after the other, such as `BasePath` and `zarr`. Paths are resolved as in a shell: an
 * absolute one replaces all before it.
 */
export function namedPlace(elements: readonly (XmlElement | undefined)[]): NamedPlace {
  const steps = elements.map((element) => ({
    path: (element?.text() ?? "")
      .trim()
      .replaceAll("\\", "/")
      .replace(/^file:(\/\/)?/i, ""),
    type: element?.attribute("type"),
  }));
  const isAbsolute = ({ path, type }: (typeof steps)[number]) =>
    type === "absolute" || /^(\/|[a-z]:|[a-z][a-z0-9+.-]+:\/\/)/i.test(path);
  const from = Math.max(0, steps.findLastIndex(isAbsolute));
  const path = steps
    .slice(from)
    .map((step) => step.path)
    .join("/");
  return { path, isAbsolute: isAbsolute(steps[from]!) };
}

/** The last name in a path, of a folder or a file. */
export function lastName({ path }: NamedPlace): string {
  return path.split("/").findLast((part) => !/^\.*$/.test(part)) ?? "";
}

/** A path as a program may have spelled it in a URI, in which blanks are `%20`; `undefined` where it has no such spelling. */
function decoded({ path, ...place }: NamedPlace): NamedPlace | undefined {
  if (!/%[0-9a-f]{2}/i.test(path)) return undefined;
  try {
    return { ...place, path: decodeURIComponent(path) };
  } catch {
    return undefined;
  }
}

/**
 * Where data may be: where the file says, or beside it, as when both were moved from another computer. A server is never
 * left, nor asked above the root of its store.
 * @param file the XML file that names the place
 */
export function dataPlaces(
  { store, key }: StoredFolder,
  place: NamedPlace,
  openFolder: OpenFolder | undefined,
): StoredFolder[] {
  const own = key.split("/").slice(0, -1);
  const spelledOut = decoded(place);
  const others = spelledOut === undefined ? [] : dataPlaces({ store, key }, spelledOut, openFolder);
  const absolute = place.isAbsolute ? place.path : `${store.location}/${[...own, place.path].join("/")}`;
  const said = place.isAbsolute ? undefined : stepsTo([...own, ...place.path.split("/")]);
  const places = [
    said === undefined && !isAtAddress(place) ? outside(absolute, openFolder) : said && { store, key: said.join("/") },
    { store, key: joinKey(...own, lastName(place)) },
    ...others,
  ].filter((one) => one !== undefined);
  return places.filter((one, index) => index === 0 || one.store !== places[0]!.store || one.key !== places[0]!.key);
}

function outside(path: string, openFolder: OpenFolder | undefined): StoredFolder | undefined {
  const name = stepsTo(path.split("/"))?.at(-1);
  return openFolder === undefined || name === undefined ? undefined : { store: openFolder(`${path}/..`), key: name };
}

/** A path with its `..` steps resolved, `undefined` where it leads above its start. */
function stepsTo(path: readonly string[]): string[] | undefined {
  const steps: string[] = [];
  for (const step of path) {
    if (step === "" || step === ".") continue;
    if (step !== "..") steps.push(step);
    else if (steps.pop() === undefined) return undefined;
  }
  return steps;
}
