/**
 * Reads what `OME/METADATA.ome.xml` says of the images of a folder of series. Such a file describes every plane, a million
 * of them in large acquisitions: it is read in pieces, and of an image only the first planes are kept.
 * @see https://docs.openmicroscopy.org/ome-model/latest/
 */
import { tooLarge } from "../../limits.ts";
import { joinKey, type ReadableStore } from "../../zarr/store.ts";
import { parseXml } from "../bdv/xml.ts";
import { readOmeImages } from "../listed/ome-xml.ts";

/** An image of the document. */
type SeriesImage = ReturnType<typeof readOmeImages>[number] & {
  /** Whether the positions of planes become smaller along z. */
  readonly runsDown: boolean;
};

/** Bytes that are read at a time. */
const usualPiece = 4 * 2 ** 20;
/** Metadata without planes are small; with them, this many bytes would describe ten million. */
const mostBytes = 2 ** 31;
/** Of what is left without planes. */
const mostLetters = 2 ** 25;

/**
 * The images of the document at `key`, in its order; `undefined` where there is none, or where it describes none.
 * @throws IsoluxError `corrupt` where it is no XML or too large, `storage`
 */
export async function readSeriesImages(
  store: ReadableStore,
  key: string,
  pieceBytes = usualPiece,
): Promise<SeriesImage[] | undefined> {
  const where = joinKey(store.location, key);
  const text = await readWithoutPlanes(store, key, pieceBytes);
  if (text === undefined) return undefined;
  const document = parseXml(text, where);
  const images = readOmeImages(document, where);
  const elements = (document.first("OME")?.all("Image") ?? []).filter((image) => image.first("Pixels") !== undefined);
  const depths = elements.map((image) => {
    const at = (number: string) =>
      image
        .first("Pixels")!
        .all("Plane")
        .find((plane) => plane.attribute("TheZ") === number)
        ?.attribute("PositionZ");
    return [Number(at("0") ?? Number.NaN), Number(at("1") ?? Number.NaN)] as const;
  });
  return images.length === 0
    ? undefined
    : images.map((image, index) => ({ ...image, runsDown: depths[index]![1] < depths[index]![0] }));
}

/** The document without its planes, but for the first two of each image at the first time point in the first channel. */
async function readWithoutPlanes(store: ReadableStore, key: string, pieceBytes: number): Promise<string | undefined> {
  const decoder = new TextDecoder();
  let kept = "";
  let rest = "";
  for (let offset = 0; ; offset += pieceBytes) {
    const bytes = await store.getRange(key, { kind: "slice", offset, length: pieceBytes });
    if (bytes === undefined) return undefined;
    rest += decoder.decode(bytes, { stream: bytes.length === pieceBytes });
    const isEnd = bytes.length < pieceBytes;
    const { text, from } = withoutPlanes(rest, isEnd);
    kept += text;
    rest = rest.slice(from);
    if (offset > mostBytes || kept.length > mostLetters || rest.length > mostLetters) {
      throw tooLarge("The metadata of the series are too large", joinKey(store.location, key), mostLetters);
    }
    if (isEnd) return kept + rest;
  }
}

const isFirst = /\bTheC="0"/;
const isAtOnce = /\bTheT="0"/;
const isOfTop = /\bTheZ="[01]"/;

/** What is kept of a text, and where that which belongs to a later piece begins. */
function withoutPlanes(text: string, isEnd: boolean): { readonly text: string; readonly from: number } {
  const kept: string[] = [];
  let at = 0;
  for (;;) {
    const plane = text.indexOf("<Plane", at);
    if (plane < 0) break;
    const end = endOfPlane(text, plane);
    if (end < 0) return { text: kept.join("") + text.slice(at, plane), from: plane };
    const element = text.slice(plane, end);
    const isKept = isFirst.test(element) && isAtOnce.test(element) && isOfTop.test(element);
    kept.push(text.slice(at, plane), ...(isKept || !/^<Plane[\s/>]/.test(element) ? [element] : []));
    at = end;
  }
  // A word that the next piece may complete
  const safe = isEnd ? text.length : Math.max(at, text.length - "<Plane".length);
  return { text: kept.join("") + text.slice(at, safe), from: safe };
}

/** The end of the element that begins at `start`; -1 where it is not in the text. */
function endOfPlane(text: string, start: number): number {
  const end = text.indexOf(">", start);
  if (end < 0 || text[end - 1] === "/" || !/^<Plane[\s>]/.test(text.slice(start, start + 7)))
    return end < 0 ? -1 : end + 1;
  const close = "</Plane>";
  const closing = text.indexOf(close, end);
  return closing < 0 ? -1 : closing + close.length;
}
