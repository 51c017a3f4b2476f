/** Groups that hold images and are none themselves: plates, wells, and what bioformats2raw writes. */
import { isJsonObject } from "../zarr/json.ts";
import { joinKey, type ReadableStore } from "../zarr/store.ts";
import { omeAttributes, readGroup } from "./group.ts";

/** A group of images. */
export interface ImageCollection {
  readonly kind: "plate" | "well" | "series";
  /** The images' keys below the group. */
  readonly images: readonly string[];
  /** Wells that a plate names, but that hold no images. */
  readonly emptyWells?: readonly string[];
}

/**
 * Reads what images a plate, a well or a folder of series names; `undefined` for anything else. Wells of a plate that are
 * not there have none.
 * @throws IsoluxError `corrupt`
 * @see https://ngff.openmicroscopy.org/0.4/#plate-md
 */
export async function readCollection(store: ReadableStore, key: string): Promise<ImageCollection | undefined> {
  const group = await readGroup(store, key);
  if (group === undefined) return undefined;
  const ome = omeAttributes(group.attributes);
  if (Array.isArray(ome.multiscales)) return undefined;
  if (isJsonObject(ome.plate)) {
    const wells = pathsIn(ome.plate.wells);
    const images = await Promise.all(wells.map((well) => imagesOfWell(store, key, well)));
    const emptyWells = wells.filter((_, index) => images[index]!.length === 0);
    return { kind: "plate", images: images.flat(), ...(emptyWells.length > 0 && { emptyWells }) };
  }
  if (isJsonObject(ome.well)) return { kind: "well", images: pathsIn(ome.well.images) };
  if (ome["bioformats2raw.layout"] === undefined) return undefined;
  return { kind: "series", images: await seriesIn(store, key) };
}

async function imagesOfWell(store: ReadableStore, plate: string, well: string): Promise<string[]> {
  const group = await readGroup(store, joinKey(plate, well));
  const own = group === undefined ? undefined : omeAttributes(group.attributes).well;
  return isJsonObject(own) ? pathsIn(own.images).map((image) => `${well}/${image}`) : [];
}

/** The group `OME` lists the series; without it they are numbered from 0 on. */
async function seriesIn(store: ReadableStore, key: string): Promise<string[]> {
  const ome = await readGroup(store, joinKey(key, "OME"));
  const listed = ome === undefined ? undefined : omeAttributes(ome.attributes).series;
  if (Array.isArray(listed)) return listed.filter(isPath);
  const series: string[] = [];
  while ((await readGroup(store, joinKey(key, String(series.length)))) !== undefined) series.push(`${series.length}`);
  return series;
}

function pathsIn(entries: unknown): string[] {
  const paths = Array.isArray(entries) ? entries.map((entry) => (isJsonObject(entry) ? entry.path : undefined)) : [];
  return paths.filter(isPath);
}

function isPath(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
