/** Outputs in the layout of tiles: a folder with a group for each tile and channel, as the microscope wrote them. */
import type { StoredFolder, StoredImage, TileImage } from "../acquisition/acquisition.ts";
import type { RedirectedXml } from "../acquisition/bdv/zarr-loader.ts";
import { IsoluxError } from "../errors.ts";
import { readGroup } from "../ngff/group.ts";
import { joinKey } from "../zarr/store.ts";
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
  const xml = await stitchingFile(folder, name, images, note);
  return {
    images,
    folder: { zarrFormat, attributes: (await readGroup(folder.store, folder.key))?.attributes ?? {} },
    beside: xml === undefined ? beside : [...beside, xml],
  };
}

/** BigStitcher's file about the tiles, where there is one, pointing to the new ones. */
async function stitchingFile(
  { store, key }: StoredFolder,
  name: string,
  images: readonly OutputImage[],
  note: (text: string) => void,
): Promise<FileBeside | undefined> {
  const bytes = await store.get(`${key}.xml`);
  if (bytes === undefined) return undefined;
  if (images[0]!.zarrFormat === 3)
    note("BigStitcher may be unable to read OME-Zarr 0.5: its XML file is written nevertheless.");
  const where = joinKey(store.location, `${key}.xml`);
  const xml = await redirected(new TextDecoder().decode(bytes), name, where);
  if (xml === undefined) {
    note(`The file ${where} is not one of BigStitcher about these tiles: it is left out.`);
    return undefined;
  }
  const missing = xml.groups.filter((group) => !images.some((image) => image.key === group));
  if (missing.length > 0)
    note(`The XML file of BigStitcher names tiles that are not in the output: ${missing.join(", ")}`);
  return { name: `${name}.xml`, bytes: new TextEncoder().encode(xml.text) };
}

/** A file that cannot be read is no reason not to correct the tiles. */
async function redirected(text: string, name: string, where: string): Promise<RedirectedXml | undefined> {
  const { redirectXml } = await import("../acquisition/bdv/zarr-loader.ts");
  try {
    return redirectXml(text, name, where);
  } catch (error) {
    if (error instanceof IsoluxError) return undefined;
    throw error;
  }
}
