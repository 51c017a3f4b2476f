/** What an XML file of BigStitcher says of groups of tiles, as far as their names say less. */
import type { TilesFolder } from "../acquisition.ts";
import type { TilesXml } from "../bdv/zarr-loader.ts";
import { compareTileNames, foreignTileName, isOwnName, parseTileName, type TileName } from "./tile-name.ts";

/** The groups that a file names, in the order in which a folder's listing would give them: either way leads to the same image. */
export function namesByXml({ groups }: TilesXml): TileName[] {
  return groups.map(nameOf).sort(compareTileNames);
}

/** A folder of tiles with the file that tells of them. */
export function withXml(folder: TilesFolder, { key }: TilesXml): TilesFolder {
  return key === undefined ? folder : { ...folder, openedThrough: { store: folder.store, key } };
}

/** What the group's name tells and, where it does not, the file. */
function nameOf({ name, setup }: TilesXml["groups"][number], index: number): TileName {
  const parsed = parseTileName(name) ?? foreignTileName(name, setup?.id ?? index);
  if (setup === undefined) return parsed;
  const value = (attribute: string) => setup.attributes.get(attribute) ?? "";
  const [side, angle] = [value("illumination"), value("angle")];
  const channel = value("channel").replace(/\s*nm$/, "") || undefined;
  // A channel's number is no laser line, which the name may tell.
  const isNumbered = /^\d{1,2}$/.test(channel ?? "");
  return {
    ...parsed,
    channel: isNumbered || isOwnName(name) ? (parsed.channel ?? channel) : (channel ?? parsed.channel),
    side: parsed.side ?? (side === "Left" || side === "Right" ? side : undefined),
    rotation: parsed.rotation ?? (angle !== "" && Number.isFinite(Number(angle)) ? Number(angle) : undefined),
    setup,
  };
}
