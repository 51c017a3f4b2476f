/** Completes the names of groups of tiles by BigStitcher's XML file, where names alone say too little. */
import type { TilesFolder } from "../acquisition.ts";
import type { TilesXml } from "../bdv/tiles-xml.ts";
import { compareTileNames, foreignTileName, isOwnName, parseTileName, type TileName } from "./tile-name.ts";

/** The groups that a file names, in the order of a folder's listing, so that either way leads to the same image. */
export function namesByXml({ groups }: TilesXml): TileName[] {
  return groups.map(nameOf).sort(compareTileNames);
}

/** A folder of tiles with the XML file that describes them. */
export function withXml(folder: TilesFolder, { key }: TilesXml): TilesFolder {
  return key === undefined ? folder : { ...folder, openedThrough: { store: folder.store, key } };
}

/** What the group's name says and, where it does not, the file. */
function nameOf({ name, setup }: TilesXml["groups"][number], index: number): TileName {
  const parsed = parseTileName(name) ?? foreignTileName(name, setup?.id ?? index);
  if (setup === undefined) return parsed;
  const value = (attribute: string) => setup.attributes.get(attribute) ?? "";
  const [side, angle] = [value("illumination"), value("angle")];
  const channel = value("channel").replace(/\s*nm$/, "") || undefined;
  // A channel's number is no laser line, which the name may contain.
  const isNumbered = /^\d{1,2}$/.test(channel ?? "");
  return {
    ...parsed,
    channel: isNumbered || isOwnName(name) ? (parsed.channel ?? channel) : (channel ?? parsed.channel),
    side: parsed.side ?? (side === "Left" || side === "Right" ? side : undefined),
    rotation: parsed.rotation ?? (angle !== "" && Number.isFinite(Number(angle)) ? Number(angle) : undefined),
    setup,
  };
}
