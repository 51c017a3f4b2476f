/**
 * Folders that are named by positions in tenths of µm, `X/X_Y/`, with a file for each plane or part of the stack: as
 * SmartSPIM (LifeCanvas) writes them for each channel in `Ex_488_Ch0`, and as TeraStitcher reads them.
 * @see https://github.com/abria/TeraStitcher/wiki/Supported-volume-formats (two-level hierarchy of folders)
 * @see https://github.com/AllenNeuralDynamics/aind-smartspim-flatfield-estimation code/tests/resources/metadata.json
 */
import type { Yx } from "../../shapes.ts";
import { joinKey, keyName, type ReadableStore, type StoreEntry } from "../../zarr/store.ts";
import { parseXml, readXmlText, type XmlElement } from "../bdv/xml.ts";
import { isPlaneFile, type OpenedFiles } from "../pages/plane-files.ts";
import { filesOfPattern, parsePattern } from "./name-pattern.ts";
import type { PixelSizeUm } from "./ome-xml.ts";
import { stacksOfFiles } from "./patterned-stacks.ts";
import type { PlacedStack, StackPlace } from "./placed-stacks.ts";
import { readSmartSpim, type SmartSpimMetadata } from "./smartspim-metadata.ts";

/** Positions in names count tenths of µm. */
const unitUm = 0.1;
/** A position in a name: stages count from places of their own. */
const isPosition = /^-?\d+$/;

/** A channel's folder: `Ex_488_Ch0`, `Ex_488_Em_525`; not the images that are stitched or projected from it. */
const ofChannel = /^Ex_(\d+)_(?!.*(?:stitched|MIP))(.+)$/i;

/** A folder of columns of tiles, with its channel where folders tell it. */
interface TilesOfChannel {
  readonly folder: string;
  readonly channel?: string;
}

/** Whether a folder holds such folders, by the names in it. */
export async function findTileFolders(
  store: ReadableStore,
  folder: string,
  entries: readonly StoreEntry[],
): Promise<readonly TilesOfChannel[] | undefined> {
  const folders = entries.filter(({ kind }) => kind === "folder").map(({ name }) => name);
  if (await holdsTiles(store, folder, folders)) {
    const channel = ofChannel.exec(keyName(folder))?.[1];
    return [{ folder, ...(channel !== undefined && { channel }) }];
  }
  const channels = folders.filter((name) => ofChannel.test(name));
  if (channels.length > 0) return namedChannels(folder, channels);
  // The microscope's folder may lie within that of the data set.
  if (!folders.includes("SmartSPIM")) return undefined;
  const inside = joinKey(folder, "SmartSPIM");
  const below = ((await store.list(inside)) ?? []).filter(({ kind }) => kind === "folder").map(({ name }) => name);
  const found = below.filter((name) => ofChannel.test(name));
  return found.length > 0 ? namedChannels(inside, found) : undefined;
}

async function holdsTiles(store: ReadableStore, folder: string, folders: readonly string[]): Promise<boolean> {
  const column = folders.find((name) => isPosition.test(name));
  if (column === undefined) return false;
  const tiles = (await store.list(joinKey(folder, column))) ?? [];
  return tiles.some(
    ({ name, kind }) => kind === "folder" && name.startsWith(`${column}_`) && /^-?\d+_-?\d+$/.test(name),
  );
}

/** Channels by their laser line, or by all of the name where a line stands for several. */
function namedChannels(folder: string, names: readonly string[]): TilesOfChannel[] {
  const lines = names.map((name) => ofChannel.exec(name)![1]!);
  return names.map((name, n) => {
    const isAlone = lines.filter((line) => line === lines[n]).length === 1;
    return { folder: joinKey(folder, name), channel: isAlone ? lines[n]! : name.replace(/^Ex_/i, "") };
  });
}

/** Stacks with the documents that tell of them. */
export interface FoundStacks {
  readonly stacks: readonly PlacedStack[];
  readonly documents: readonly string[];
  /** Files that were opened meanwhile. */
  readonly files?: OpenedFiles;
}

/**
 * The stacks in such folders.
 * @param folder in which metadata lie
 * @throws IsoluxError `invalid`, `corrupt`, `storage`
 */
export async function readTileFolders(
  store: ReadableStore,
  folder: string,
  channels: readonly TilesOfChannel[],
): Promise<FoundStacks> {
  const metadata = await readSmartSpim(store, [folder, ...foldersAbove(channels)]);
  const stacks: PlacedStack[] = [];
  const documents = metadata === undefined ? [] : [metadata.key];
  for (const { folder: place, channel } of channels) {
    const volume = await readTeraStitcher(store, place);
    if (volume !== undefined) documents.push(volume.key);
    const files = await filesIn(store, place);
    const stepUm = metadata?.stepUm ?? volume?.pixelSizeUm.z;
    const found = stacksOfFiles(files, { unitUm, ...(stepUm !== undefined && { stepUm }) });
    stacks.push(...found.map((stack) => described(stack, { place, channel, volume, metadata })));
  }
  return { stacks, documents };
}

function foldersAbove(channels: readonly TilesOfChannel[]): string[] {
  return channels.slice(0, 1).map(({ folder }) => folder.slice(0, Math.max(0, folder.lastIndexOf("/"))));
}

/** All planes of a channel. Names of planes are positions along z, with those of the tile before them or without. */
async function filesIn(store: ReadableStore, folder: string) {
  const endings = await endingsIn(store, folder);
  for (const ending of endings) {
    for (const name of ["{z}", "{x}_{y}_{z}"]) {
      const files = await filesOfPattern(store, folder, parsePattern(`{x}/{x}_{y}/${name}.${ending}`));
      if (files.length > 0) return files;
    }
  }
  return [];
}

/** The endings of planes in the first tile that has some. */
async function endingsIn(store: ReadableStore, folder: string): Promise<readonly string[]> {
  for (const column of (await store.list(folder)) ?? []) {
    if (column.kind !== "folder" || !isPosition.test(column.name)) continue;
    for (const tile of (await store.list(joinKey(folder, column.name))) ?? []) {
      const files = tile.kind === "folder" ? await store.list(joinKey(folder, column.name, tile.name)) : undefined;
      const planes = (files ?? []).filter(({ name, kind }) => kind === "object" && isPlaneFile(name));
      if (planes.length > 0) return [...new Set(planes.map(({ name }) => /\.((?:ome\.)?\w+)$/i.exec(name)![1]!))];
    }
  }
  return [];
}

/** What is known of a stack beside the names of its files. */
interface Told {
  readonly place: string;
  readonly channel: string | undefined;
  readonly volume: TeraStitcherVolume | undefined;
  readonly metadata: SmartSpimMetadata | undefined;
}

function described(stack: PlacedStack, { place, channel, volume, metadata }: Told): PlacedStack {
  const key = stack.files.kind === "planes" ? stack.files.keys[0]! : stack.files.kind === "file" ? stack.files.key : "";
  const tile = key.slice(place === "" ? 0 : place.length + 1, key.lastIndexOf("/"));
  const side = metadata?.sideOf(tile.slice(tile.lastIndexOf("/") + 1), channel);
  const own = volume?.placeOf(tile) ?? (volume === undefined ? undefined : volume.turned(stack.place));
  return {
    ...stack,
    name: `${tile.slice(tile.lastIndexOf("/") + 1)}${channel === undefined ? "" : ` (${channel})`}`,
    ...(channel !== undefined && { channel }),
    ...(side !== undefined && { side }),
    ...(own !== undefined && { place: { ...stack.place, ...own } }),
    pixelSizeUm: { ...volume?.pixelSizeUm, ...metadata?.pixelSizeUm, ...stack.pixelSizeUm },
  };
}

// TeraStitcher's `xml_import.xml` and its like: the size of voxels, the axes that the levels of folders stand for, and
// where each stack lies.
// @see https://github.com/abria/TeraStitcher/wiki/Supported-volume-formats

/** What such a file says. */
interface TeraStitcherVolume {
  readonly key: string;
  readonly pixelSizeUm: PixelSizeUm;
  /** Where the stack in a folder such as `100000/100000_200000` lies, if the file says so. */
  placeOf(tile: string): StackPlace | undefined;
  /** A place that folders tell, x first, with the axes that the file says. */
  turned(place: StackPlace): StackPlace;
}

/** The files that later steps of stitching write have truer positions. */
const names = [
  "xml_merging.xml",
  "xml_placetiles.xml",
  "xml_displproj.xml",
  "xml_displthres.xml",
  "xml_displcomp.xml",
  "xml_import.xml",
];

/**
 * Reads the volume in TeraStitcher's XML file of a folder, that of the last step of stitching; `undefined` where there is
 * none. Positions that are the same for all stacks are left out: they were not determined yet.
 * @throws IsoluxError `corrupt` where it is not XML
 */
async function readTeraStitcher(store: ReadableStore, folder: string): Promise<TeraStitcherVolume | undefined> {
  const entries = new Set(((await store.list(folder)) ?? []).map(({ name }) => name));
  const name = names.find((one) => entries.has(one));
  if (name === undefined) return undefined;
  const key = joinKey(folder, name);
  const text = await readXmlText(store, key);
  // The only document type that is accepted: it declares nothing.
  const plain = text?.replace(/<!DOCTYPE\s+TeraStitcher\s+SYSTEM\s+"TeraStitcher\.DTD"\s*>/i, "");
  const root = plain === undefined ? undefined : parseXml(plain, joinKey(store.location, key)).first("TeraStitcher");
  return root && volumeOf(key, root);
}

function volumeOf(key: string, root: XmlElement): TeraStitcherVolume {
  const number = (element: XmlElement | undefined, attribute: string) => {
    const value = Number.parseFloat(element?.attribute(attribute) ?? "");
    return Number.isFinite(value) ? value : undefined;
  };
  const voxel = root.first("voxel_dims");
  const size = (attribute: string) => {
    const value = Math.abs(number(voxel, attribute) ?? 0);
    return value > 0 ? value : undefined;
  };
  const [y, x, z] = [size("V"), size("H"), size("D")];
  const places = new Map<string, StackPlace>();
  for (const stack of root.first("STACKS")?.all("Stack") ?? []) {
    const [v, h, d] = [number(stack, "ABS_V"), number(stack, "ABS_H"), number(stack, "ABS_D")];
    const name = stack.attribute("DIR_NAME")?.replaceAll("\\", "/");
    if (name === undefined || v === undefined || h === undefined) continue;
    places.set(name, { kind: "pixels", yx: [v, h], z: d ?? 0 });
  }
  const isPlaced = places.size <= 1 || new Set([...places.values()].map((place) => JSON.stringify(place))).size > 1;
  const references = root.first("ref_sys");
  const axes = ["ref1", "ref2"].map((one) => number(references, one));
  return {
    key,
    pixelSizeUm: { ...(z !== undefined && { z }), ...(y !== undefined && { y }), ...(x !== undefined && { x }) },
    placeOf: (tile) => (isPlaced ? places.get(tile) : undefined),
    turned: (place) => turned(place, axes),
  };
}

/** The axes of the levels of folders: 1 is vertical, 2 horizontal, below 0 they run the other way. */
function turned(place: StackPlace, [first = 2, second = 1]: readonly (number | undefined)[]): StackPlace {
  if (place.kind === "grid") return place;
  const [ofSecond, ofFirst] = place.yx;
  const along = (axis: number) => {
    if (Math.abs(first) === axis) return Math.sign(first) * ofFirst;
    return Math.abs(second) === axis ? Math.sign(second) * ofSecond : 0;
  };
  const yx: Yx = [along(1), along(2)];
  return { ...place, yx };
}
