/** The pixel size of saved planes, by the microscope's metadata. */

import type { Zyx } from "../shapes.ts";
import type { MetaBlock } from "./native/meta.ts";

/**
 * The size in µm of a pixel as it was saved, or `undefined` where the metadata lack it. They give that of the camera;
 * where saved planes have fewer rows and columns than the camera by a whole factor, pixels were binned. A single plane
 * without a z step counts as 1 µm thick.
 */
export function savedPixelSize(block: MetaBlock, [planes, ...savedYx]: Zyx): Zyx | undefined {
  const has = (section: string, key: string) => block.find(section, key) !== undefined;
  if (!has("CFG", "Pixelsize in um") || !has("POSITION", "z_stepsize")) return undefined;
  const isShapeKnown = has("CAMERA PARAMETERS", "x_pixels") && has("CAMERA PARAMETERS", "y_pixels");
  const binningYx = isShapeKnown ? block.planeShapeYx.map((extent, axis) => binning(extent, savedYx[axis]!)) : [1, 1];
  const isSinglePlane = planes === 1 && Number(block.find("POSITION", "z_stepsize")) === 0;
  return [isSinglePlane ? 1 : block.zStepUm, block.pixelSizeUm * binningYx[0]!, block.pixelSizeUm * binningYx[1]!];
}

/** The factor of binning, which drops incomplete bins at the edge. */
function binning(ofCamera: number, saved: number): number {
  const factor = Math.floor(ofCamera / saved);
  return factor >= 1 && Math.floor(ofCamera / factor) === saved ? factor : 1;
}
