import { decodePng, isPng } from "../../acquisition/pages/png.ts";
import { IsoluxError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import { isSameShape } from "../../shapes.ts";
import { decodeNpy } from "../npy.ts";
import { checkPixels, type RawImage } from "../validate.ts";
import { decodeMat } from "./mat.ts";
import { decodeTiff, isTiff } from "./tiff.ts";

/**
 * All images of a TIFF, PNG, `.npy` or `.mat` file; its content decides, not its name. `where` names it in messages.
 * @param mostPixels images of more are refused, before any of them takes memory
 * @throws IsoluxError `unsupported` for other files, and as the readers of these
 */
export async function decodeImageFile(
  bytes: Uint8Array,
  where: string,
  mostPixels: number = limits.pagePixels,
): Promise<readonly RawImage[]> {
  if (isTiff(bytes)) return decodeTiff(bytes, where, mostPixels);
  if (isPng(bytes)) return [decodePng(bytes, where, (pixels) => checkPixels(pixels, mostPixels, where))];
  if (bytes[0] === 0x93) return [numbersOf(bytes, where)];
  const start = new TextDecoder("latin1").decode(bytes.subarray(0, 128));
  if (/^MATLAB|(IM|MI)$/.test(start)) return [decodeMat(bytes, where, mostPixels)];
  throw new IsoluxError({
    kind: "unsupported",
    what: "The file is not one that profiles are read from",
    where,
    found: bytes.length === 0 ? "an empty file" : start.startsWith("PK") ? "a zip archive" : "another format",
    expected: "a .npz, .npy, .mat, TIFF or PNG file",
  });
}

/** The one image of a file, or what its pages or colours have in common. @throws IsoluxError `invalid` where they differ */
export function onlyImage(images: readonly RawImage[], where: string): RawImage {
  const [first, ...others] = images;
  const isSame = ({ shape, data }: RawImage) =>
    isSameShape(shape, first!.shape) && data.every((value, at) => value === first!.data[at]);
  if (first !== undefined && others.every(isSame)) return first;
  throw new IsoluxError({
    kind: "invalid",
    what: "The file does not hold one image",
    where,
    found: `${images.length} (pages or colours)`,
    expected: "one page of one value a pixel",
    advice: "Save one page, or their mean (NumPy: pages.mean(axis=0)), as a separate file",
  });
}

function numbersOf(bytes: Uint8Array, where: string): RawImage {
  const array = decodeNpy(bytes, where);
  if (array.kind === "numbers") return array;
  throw new IsoluxError({
    kind: "invalid",
    what: "The array holds text",
    where,
    found: array.dtype,
    expected: "numbers",
  });
}
