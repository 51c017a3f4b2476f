import type { Zyx } from "../../shapes.ts";
import type { TiffDirectory } from "./tiff-directories.ts";
import { descriptionOf, resolutionOf } from "./tiff-page.ts";

/**
 * The size of a pixel in µm by the tags of a stack's first page, as ImageJ and the microscope write them, or `undefined`
 * where they do not tell.
 */
export async function tiffPixelSize(page: TiffDirectory): Promise<Zyx | undefined> {
  const description = await descriptionOf(page);
  const resolution = await resolutionOf(page);
  // Between quotes in JSON, after an equals sign in ImageJ's lines.
  const spacing = Number(/\bspacing"?\s*[=:]\s*([\d.eE+-]+)/.exec(description)?.[1]);
  const isInMicrometres = /\bunit"?\s*[=:]\s*"?(um|microns?|µm|\\u00B5m)\b/.test(description);
  if (resolution === undefined || !isInMicrometres || !(spacing > 0)) return undefined;
  return [spacing, 1 / resolution[0], 1 / resolution[1]];
}
