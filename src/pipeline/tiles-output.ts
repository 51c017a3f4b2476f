/** Outputs in the layout of tiles: a folder with a group for each tile and channel, as the microscope wrote them. */
import type { StoredImage, TileImage, TilesFolder } from "../acquisition/acquisition.ts";
import { readGroup } from "../ngff/group.ts";
import type { FileBeside, OutputImage, OutputTemplate } from "./output-template.ts";

/**
 * The output for tiles that are images of their own: the same groups under the same names, with what the microscope
 * wrote beside their folder.
 * @param name what the output is called
 * @param inForm what the output makes of a tile's image
 */
export async function tilesOutput(
  tiles: readonly TileImage[],
  name: string,
  inForm: (image: StoredImage) => OutputImage,
  note: (text: string) => void,
): Promise<OutputTemplate> {
  const images: OutputImage[] = [];
  const beside: FileBeside[] = [];
  for (const [index, tile] of tiles.entries()) {
    const image = await tile.open();
    images.push({ ...inForm(image), key: tile.name, source: { kind: "tile", index } });
    const { store, key } = tile.folder;
    const meta = await store.get(`${key}_${tile.name}_meta.txt`);
    if (meta !== undefined) beside.push({ name: `${name}_${tile.name}_meta.txt`, bytes: meta });
  }
  const { folder } = tiles[0]!;
  const { zarrFormat } = images[0]!;
  const xml = await redirectedFile(folder, name, images, note);
  return {
    images,
    folder: { zarrFormat, attributes: (await readGroup(folder.store, folder.key))?.attributes ?? {} },
    beside: xml === undefined ? beside : [...beside, xml],
  };
}

/** BigStitcher's file about the tiles, where there is one, pointing to the new ones. */
async function redirectedFile(
  folder: TilesFolder,
  name: string,
  images: readonly OutputImage[],
  note: (text: string) => void,
): Promise<FileBeside | undefined> {
  const { findTilesXml } = await import("../acquisition/bdv/find-tiles-xml.ts");
  const { redirectXml } = await import("../acquisition/bdv/zarr-loader.ts");
  const xml = await findTilesXml(folder, note);
  if (xml === undefined) return undefined;
  if (images[0]!.zarrFormat === 3)
    note("BigStitcher may be unable to read OME-Zarr 0.5: its XML file is written nevertheless.");
  const missing = xml.groups.filter((group) => !images.some((image) => image.key === group.name));
  if (missing.length > 0) {
    const names = missing.map((group) => group.name).join(", ");
    note(`The XML file of BigStitcher names tiles that are not in the output: ${names}`);
  }
  return { name: `${name}.xml`, bytes: new TextEncoder().encode(redirectXml(xml, name)) };
}
