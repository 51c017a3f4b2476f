/**
 * Isolux: flat-field correction for tiled light-sheet microscopy. This module runs anywhere, browsers included; what
 * needs folders and threads is in `isolux/node`.
 *
 * @example
 * import { fitBasic, correctPlane } from "isolux";
 * const profile = await fitBasic({ pixels, planeCount, shapeYx });
 * correctPlane(plane, profile);
 */
