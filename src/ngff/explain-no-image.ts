/** What there is where an OME-Zarr image was expected, in a sentence. */

import { IsoluxError, passOver } from "../errors.ts";
import { formatCount } from "../quantities.ts";
import { isWebPage } from "../zarr/json.ts";
import { joinKey, namesIn, type ReadableStore } from "../zarr/store.ts";
import { omeAttributes, readGroup } from "./group.ts";
import { type ImageCollection, readCollection } from "./image-collections.ts";

/** The error for a folder or an address that holds no Zarr group. @param where as messages name it */
export async function noGroup(store: ReadableStore, key: string, where: string): Promise<IsoluxError> {
  const names = new Set(await namesIn(store, key, ["zarr.json", ".zarray"]));
  if (names.has("zarr.json") || names.has(".zarray")) {
    return new IsoluxError({
      kind: "not-found",
      what: "This is a single array, not an OME-Zarr image",
      where,
      advice: "Give the folder above it, which holds the resolution levels",
    });
  }
  if (names.size === 0) return await nothingThere(store, key, where);
  return new IsoluxError({
    kind: "not-found",
    what: "The folder is not an OME-Zarr image: it has neither .zgroup nor zarr.json",
    where,
  });
}

/** Files that microscopes of several makers write and that Bio-Formats reads. */
function isOfVendor(name: string): boolean {
  return /\.(czi|lif|xlef|lof|nd2|oir|oib|oif|lsm|vsi|zvi|stk|nd|dv|r3d)$/i.test(name);
}

/** The error for what another program reads; it names the command. */
function ofVendor(where: string): IsoluxError {
  const converted = inQuotes(where.replace(/\.[^./]+$/, ".ome.zarr"));
  return new IsoluxError({
    kind: "not-found",
    what: "This is a file of a format that Isolux does not read itself",
    where,
    advice:
      `Convert it by Glencoe's bioformats2raw: bioformats2raw ${inQuotes(where)} ${converted}, then give Isolux ${converted}: ` +
      "series with positions in its metadata are tiles of one acquisition",
  });
}

/** Enough of a file to tell a web page. */
const beginning = { kind: "slice", offset: 0, length: 200 } as const;

async function nothingThere(store: ReadableStore, key: string, where: string): Promise<IsoluxError> {
  const { isRemote, absenceNote } = store;
  const absence = isRemote ? "There is no Zarr group at this address" : "There is no such folder, or nothing is in it";
  const isObject = key !== "" && (await store.facts(key)) !== undefined;
  if (isObject && isOfVendor(key)) return ofVendor(where);
  const isPage = isObject && isRemote === true && isWebPage((await store.getRange(key, beginning)) ?? new Uint8Array());
  const file = isPage
    ? "The server sends a web page for this address, which may list a folder, but no image is found there"
    : "This is a single file that Isolux does not read, not the folder of an image";
  return new IsoluxError({
    kind: "not-found",
    what: isObject ? file : absence,
    where,
    advice: absenceNote,
  });
}

/** The error for a group that is no image; it names the images inside. @param where as messages name it */
export async function noMultiscales(store: ReadableStore, key: string, where: string): Promise<IsoluxError> {
  const collection = await readCollection(store, key).catch(passOver);
  if (collection !== undefined) return noSingleImage(collection, where);
  const inside: string[] = [];
  for (const entry of (await store.list(key)) ?? []) {
    if (entry.kind !== "folder") continue;
    const group = await readGroup(store, joinKey(key, entry.name)).catch(passOver);
    if (group !== undefined && omeAttributes(group.attributes).multiscales !== undefined) inside.push(entry.name);
  }
  const named = inside.slice(0, mostNamed).join(", ") + (inside.length > mostNamed ? ", ..." : "");
  const asTiles = inside.length < fewestTiles ? "" : `. ${positionsOfTiles}`;
  const advice = inside.length === 0 ? {} : { advice: `Images inside it: ${named}${asTiles}` };
  return new IsoluxError({
    kind: "not-found",
    what: "The group is not an OME-Zarr image: its attributes have no multiscales",
    where,
    ...advice,
  });
}

/** A path as a word of a command. */
function inQuotes(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `"${path}"`;
}

/** With this many images in a folder they may be meant as tiles. */
const fewestTiles = 3;
const positionsOfTiles =
  "If they are tiles of one acquisition, nothing says where they lie: they need a translation each in their attributes, or an " +
  "XML file of BigStitcher beside the folder that names them";

/** How many of many images are named. */
const mostNamed = 8;

function noSingleImage({ kind, images }: ImageCollection, where: string): IsoluxError {
  const what = { plate: "This is a plate", well: "This is a well", series: "This is a folder of series" }[kind];
  const named = images.slice(0, mostNamed).join(", ");
  const first = inQuotes(`${where}/${images[0]}`);
  const together = `isolux estimate ${inQuotes(where)} --output PROFILES finds profiles from all of them, and `;
  const commands = `isolux correct ${first} --models-folder PROFILES corrects one`;
  return new IsoluxError({
    kind: "not-found",
    what: `${what}, not a single image`,
    where,
    found:
      images.length === 0
        ? "no images"
        : `${formatCount(images.length, "image")}: ${named}${images.length > mostNamed ? ", ..." : ""}`,
    ...(images.length === 0
      ? {}
      : { advice: kind === "series" ? `Give one of them, such as ${first}` : together + commands }),
  });
}
