/** Stands for libraries of formats that the page does not open or write: HDF5, TIFF, and the old codecs of Blosc. */
import { IsoluxError } from "isolux";

function refuse(): never {
  throw new IsoluxError({
    kind: "unsupported",
    what: "This format is not read in a browser",
    advice: "Use the command line, or convert the image to OME-Zarr with isolux convert",
  });
}

export const ready = undefined;
export const fromCustomClient = refuse;
export const addDecoder = refuse;
export class BaseDecoder {}
export default { fromConfig: refuse };
