/**
 * `metadata.json` or `metadata.txt` of a SmartSPIM (LifeCanvas): the size of pixels, the step of planes, and the side
 * from which each tile is lit. Both hold `µ` in Latin-1.
 * @see https://github.com/AllenNeuralDynamics/aind-smartspim-flatfield-estimation code/tests/resources/metadata.json
 */
import { IsoluxError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import type { IlluminationSide } from "../../tiles/tile.ts";
import { isJsonObject, type JsonObject } from "../../zarr/json.ts";
import { joinKey, type ReadableStore } from "../../zarr/store.ts";
import { parseSide } from "./name-pattern.ts";
import type { PixelSizeUm } from "./ome-xml.ts";

/** What the metadata say; what they do not say is absent. */
export interface SmartSpimMetadata {
  readonly key: string;
  readonly pixelSizeUm: PixelSizeUm;
  readonly stepUm?: number;
  /** The side of a tile, such as `439030_262420`, in a channel where sides differ between these. */
  sideOf(tile: string, channel: string | undefined): IlluminationSide | undefined;
}

/** A tile's entry: texts by their names in lower case. */
type Entry = ReadonlyMap<string, string>;

/**
 * The metadata in the first of the folders that has some, `undefined` where none has.
 * @throws IsoluxError `corrupt` where they cannot be read
 */
export async function readSmartSpim(
  store: ReadableStore,
  folders: readonly string[],
): Promise<SmartSpimMetadata | undefined> {
  for (const folder of new Set(folders)) {
    const names = ((await store.list(folder)) ?? []).filter(({ kind }) => kind === "object").map(({ name }) => name);
    const found = names.filter((name) => /^metadata.*\.(json|txt)$/i.test(name)).sort();
    // Of both the JSON file has more.
    const name = found.find((one) => /json$/i.test(one)) ?? found[0];
    if (name === undefined) continue;
    const key = joinKey(folder, name);
    const bytes = (await store.get(key, { mostBytes: limits.metadata })) ?? new Uint8Array();
    const text = new TextDecoder("latin1").decode(bytes);
    const { session, tiles } = /json$/i.test(name) ? ofJson(text, joinKey(store.location, key)) : ofText(text);
    return metadataOf(key, session, tiles);
  }
  return undefined;
}

function metadataOf(key: string, session: Entry, tiles: readonly Entry[]): SmartSpimMetadata {
  const sizeBy = (pattern: RegExp) => {
    const entry = [...session].find(([name]) => pattern.test(name));
    const size = Number.parseFloat(entry?.[1] ?? "");
    return size > 0 ? size : undefined;
  };
  // "um/pix", "µm/pix" in whatever encoding, "Z step", "z_step_um", "Z step (µm)".
  const [pixelUm, stepUm] = [sizeBy(/m\/pix$/), sizeBy(/^z[ _]?step/)];
  const byPlace = new Map<string, Entry[]>();
  for (const entry of tiles) {
    const place = placeOf(entry.get("x"), entry.get("y"));
    const others = byPlace.get(place);
    if (others === undefined) byPlace.set(place, [entry]);
    else others.push(entry);
  }
  return {
    key,
    pixelSizeUm: {
      ...(pixelUm !== undefined && { y: pixelUm, x: pixelUm }),
      ...(stepUm !== undefined && { z: stepUm }),
    },
    ...(stepUm !== undefined && { stepUm }),
    sideOf: (tile, channel) => {
      const [x, y] = tile.split("_");
      const own = byPlace.get(placeOf(x, y)) ?? [];
      const ofChannel = own.filter((entry) => entry.get("laser") === channel?.replace(/_.*$/, ""));
      const sides = new Set((ofChannel.length > 0 ? ofChannel : own).map((entry) => parseSide(entry.get("side"))));
      return sides.size === 1 ? [...sides][0] : undefined;
    },
  };
}

/** The same for the same numbers, however they are written; none is like another. */
function placeOf(x: string | undefined, y: string | undefined): string {
  return `${Number(x)} ${Number(y)}`;
}

function ofJson(text: string, where: string): { session: Entry; tiles: Entry[] } {
  let document: unknown;
  try {
    document = JSON.parse(text.replace(/^ï»¿/, ""));
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : String(cause);
    throw new IsoluxError({ kind: "corrupt", what: "The metadata of a SmartSPIM cannot be read", where, found, cause });
  }
  const whole = isJsonObject(document) ? document : {};
  // Newer versions list tiles, older ones number them.
  const tiles = whole.tile_config ?? whole.tiles;
  const list: readonly unknown[] = Array.isArray(tiles) ? tiles : isJsonObject(tiles) ? Object.values(tiles) : [];
  const session = isJsonObject(whole.session_config) ? whole.session_config : whole;
  return { session: entryOf(session), tiles: list.filter(isJsonObject).map(entryOf) };
}

function entryOf(object: JsonObject): Entry {
  const texts = Object.entries(object).filter(([, value]) => typeof value === "string" || typeof value === "number");
  return new Map(texts.map(([name, value]) => [name.toLowerCase(), String(value).trim()]));
}

/** Tables between tabs, one below the other: a line of names, then lines of values as long as they have as many. */
function ofText(text: string): { session: Entry; tiles: Entry[] } {
  const session = new Map<string, string>();
  const tiles: Entry[] = [];
  let names: readonly string[] = [];
  for (const line of text.split(/\r\n|\r|\n/)) {
    const words = line.split("\t").map((word) => word.trim());
    if (words.length < 2) continue;
    const isHeader = words.every((word) => word === "" || !Number.isFinite(Number(word))) && /^[a-zµ]/i.test(words[0]!);
    if (isHeader && !(names.length > 0 && words.length === names.length && /\d/.test(line))) {
      names = words.map((word) => word.toLowerCase());
      continue;
    }
    const entry = new Map(words.flatMap((word, n) => (names[n] === undefined ? [] : [[names[n], word] as const])));
    if (entry.has("x") && entry.has("y")) tiles.push(entry);
    else for (const [name, value] of entry) if (!session.has(name)) session.set(name, value);
  }
  return { session, tiles };
}
