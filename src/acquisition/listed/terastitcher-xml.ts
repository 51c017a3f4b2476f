/**
 * TeraStitcher's `xml_import.xml` and its like: the size of voxels, the axes that the levels of folders stand for, and
 * where each stack lies.
 * @see https://github.com/abria/TeraStitcher/wiki/Supported-volume-formats
 */
import type { Yx } from "../../shapes.ts";
import { joinKey, type ReadableStore } from "../../zarr/store.ts";
import { parseXml, readXmlText, type XmlElement } from "../bdv/xml.ts";
import type { PixelSizeUm } from "./ome-xml.ts";
import type { StackPlace } from "./placed-stacks.ts";

/** What such a file says. */
export interface TeraStitcherVolume {
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
export async function readTeraStitcher(store: ReadableStore, folder: string): Promise<TeraStitcherVolume | undefined> {
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
