/**
 * OME-TIFF: images with positions in one file or in several, described in each of them, in one of them, or in a file
 * beside them.
 * @see https://docs.openmicroscopy.org/ome-model/latest/ome-tiff/specification.html
 */
import { IsoluxError } from "../../errors.ts";
import { formatCount } from "../../quantities.ts";
import { formatShape } from "../../shapes.ts";
import { joinKey, keyName, type ReadableStore } from "../../zarr/store.ts";
import { parseXml, readXmlText, type XmlElement } from "../bdv/xml.ts";
import { OpenedFiles } from "../pages/plane-files.ts";
import type { PlaneSource } from "../pages/plane-source.ts";
import { isOmeXml } from "../pages/stack-axes.ts";
import { descriptionOf } from "../pages/tiff-page.ts";
import type { TiffPlanes } from "../pages/tiff-planes.ts";
import { type OmeChannel, type OmeImage, readOmeImages } from "./ome-xml.ts";
import type { PlacedStack } from "./placed-stacks.ts";
import type { FoundStacks } from "./tile-folders.ts";

/** An image with the file that describes it. */
interface DescribedImage {
  readonly image: OmeImage;
  readonly file: string;
}

/** A folder of files, and those of them that are open. */
interface DescribedFolder {
  readonly store: ReadableStore;
  readonly folder: string;
  readonly files: OpenedFiles;
}

/** What the first page of a TIFF file says; empty where it is none. */
export async function describedBy(files: OpenedFiles, key: string): Promise<string> {
  const source = await files.open(key);
  return "firstPage" in source ? await descriptionOf((source as TiffPlanes).firstPage) : "";
}

/**
 * The stacks of the images that files describe, a stack for each channel. Files that another one names are not opened.
 * @param names of the files in a folder
 * @param describedByFirst what the first of them says
 * @throws IsoluxError `not-found` where a file is missing, `invalid` where nothing says where several images lie
 */
export async function readOmeTiff(
  store: ReadableStore,
  folder: string,
  names: readonly string[],
  describedByFirst: string,
): Promise<FoundStacks> {
  const files = new OpenedFiles(store, keptOpen(describedByFirst));
  const images: DescribedImage[] = [];
  const documents = new Set<string>();
  const named = new Set<string>();
  for await (const { file, xml, describer } of descriptions({ store, folder, files }, names, named)) {
    if (describer !== file) documents.add(joinKey(folder, describer));
    if (xml === undefined || (describer !== file && named.has(describer))) continue;
    named.add(describer);
    const found = readOmeImages(xml, joinKey(store.location, folder, describer));
    for (const image of found) {
      images.push({ image: withExistingFiles(image, describer, names, found.length), file: describer });
      for (const { pages, laterTimes } of image.channels) {
        for (const page of [pages, ...laterTimes].flat()) named.add(page.file ?? describer);
      }
    }
  }
  checkPlaced(images, joinKey(store.location, folder));
  await checkShapes({ store, folder, files }, images);
  return { stacks: images.flatMap((image) => stacksOf(image, folder)), documents: [...documents], files };
}

/** The most files that stay open once their descriptions were read, as planes follow, and of how much text together. */
const mostKept = 4096;
const mostKeptText = 2 ** 25;
const keptOpen = (text: string) => Math.max(readAtOnce, Math.min(mostKept, Math.floor(mostKeptText / text.length)));

/** Files whose descriptions are read at a time, after the first, which may name all others. */
const readAtOnce = 16;

/** The descriptions of files that no description has named before. */
async function* descriptions(
  place: DescribedFolder,
  names: readonly string[],
  named: ReadonlySet<string>,
): AsyncGenerator<{ readonly file: string } & Awaited<ReturnType<typeof readXml>>> {
  for (let n = 0; n < names.length; n += n === 0 ? 1 : readAtOnce) {
    const some = names.slice(n, n === 0 ? 1 : n + readAtOnce).filter((file) => !named.has(file));
    const read = await Promise.all(some.map(async (file) => ({ file, ...(await readXml(place, file)) })));
    for (const one of read) if (!named.has(one.file)) yield one;
  }
}

/** The description that holds for a file: its own, or that of the file that it names. */
async function readXml(
  { store, folder, files }: DescribedFolder,
  file: string,
): Promise<{ readonly xml: XmlElement | undefined; readonly describer: string }> {
  const where = joinKey(store.location, folder, file);
  const description = await describedBy(files, joinKey(folder, file));
  if (!isOmeXml(description)) return { xml: undefined, describer: file };
  const xml = parseXml(description, where);
  const master = xml.first("OME", "BinaryOnly")?.attribute("MetadataFile");
  if (master === undefined) return { xml, describer: file };
  const name = keyName(master.replaceAll("\\", "/"));
  const key = joinKey(folder, name);
  const text = /\.tiff?$/i.test(name) ? await describedBy(files, key) : await readXmlText(store, key);
  if (text !== undefined && isOmeXml(text))
    return { xml: parseXml(text, joinKey(store.location, key)), describer: name };
  throw new IsoluxError({
    kind: "not-found",
    what: "The file that describes an OME-TIFF is not there",
    where,
    expected: name,
    advice: "Put it beside the other files",
  });
}

/** A file of one image that was renamed is named by its old name in it. */
function withExistingFiles(image: OmeImage, describer: string, names: readonly string[], images: number): OmeImage {
  const files = new Set(image.channels.flatMap(({ pages }) => pages.map(({ file }) => file)));
  const [only] = files;
  const isRenamed = images === 1 && files.size === 1 && only !== undefined && !names.includes(only);
  if (!isRenamed) return image;
  const own = (pages: OmeChannel["pages"]) => pages.map(({ page }) => ({ file: describer, page }));
  const channels = image.channels.map(({ name, pages, laterTimes }) => {
    return { name, pages: own(pages), laterTimes: laterTimes.map(own) };
  });
  return { ...image, channels };
}

function checkPlaced(images: readonly DescribedImage[], where: string): void {
  const unplaced = images.find(({ image: { positionUm } }) => positionUm.x === undefined || positionUm.y === undefined);
  if (images.length <= 1 || unplaced === undefined) return;
  throw new IsoluxError({
    kind: "not-found",
    what: "The position of a tile is not known: its OME-XML has no positions",
    where: joinKey(where, unplaced.file),
    found: `${formatCount(images.length, "image")}, ${unplaced.image.name} without PositionX and PositionY`,
    advice:
      "List the files with their positions in a tiles.csv beside them (file, x, y in µm), or give --pattern with the fields " +
      "{row} and {col} if their names have them, and --overlap",
  });
}

/** The first image of each file must have the rows and columns that are said of it. */
async function checkShapes({ folder, files }: DescribedFolder, images: readonly DescribedImage[]): Promise<void> {
  const [first] = images;
  if (first === undefined) return;
  const key = joinKey(folder, first.image.channels[0]?.pages[0]?.file ?? first.file);
  const source: PlaneSource = await files.open(key);
  if (formatShape(source.shapeYx) === formatShape(first.image.shapeYx)) return;
  throw new IsoluxError({
    kind: "corrupt",
    what: "The pages of an OME-TIFF are not as large as its OME-XML says",
    where: source.location,
    found: formatShape(source.shapeYx),
    expected: formatShape(first.image.shapeYx),
  });
}

/** The images that a file describes, in its order, each as a stack for each channel; none where it is no OME-TIFF. */
export async function imagesOfFile(store: ReadableStore, key: string): Promise<PlacedStack[][]> {
  const description = await describedBy(new OpenedFiles(store), key);
  if (!isOmeXml(description)) return [];
  const where = joinKey(store.location, key);
  const file = keyName(key);
  const folder = key.slice(0, Math.max(0, key.length - file.length - 1));
  return readOmeImages(parseXml(description, where), where).map((image) => stacksOf({ image, file }, folder));
}

function stacksOf({ image, file }: DescribedImage, folder: string): PlacedStack[] {
  const { positionUm } = image;
  const place = { kind: "um" as const, yx: [positionUm.y ?? 0, positionUm.x ?? 0] as const, z: positionUm.z ?? 0 };
  const keyed = (pages: OmeChannel["pages"]) =>
    pages.map((one) => ({ key: joinKey(folder, one.file ?? file), page: one.page }));
  return image.channels.map(({ name, pages, laterTimes }, channel): PlacedStack => {
    const channelName = name ?? (image.channels.length > 1 ? `channel_${channel + 1}` : undefined);
    return {
      name: image.name === "" ? file : image.name,
      files: { kind: "pages", pages: keyed(pages), laterTimes: laterTimes.map(keyed) },
      place,
      ...(channelName !== undefined && { channel: channelName }),
      pixelSizeUm: image.pixelSizeUm,
    };
  });
}
