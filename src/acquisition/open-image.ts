/** Opens an OME-Zarr image of a web server, in a browser or elsewhere. */
import { type HttpSettings, openHttp } from "../zarr/remote/http-store.ts";
import type { MosaicImage } from "./acquisition.ts";
import { openMosaic } from "./open-mosaic.ts";

/**
 * Opens an OME-Zarr image over HTTP. Its metadata and table of tiles are read; pixels are not.
 *
 * In a browser the server must allow the page to read from it (CORS), with the header `range` where chunks lie in
 * shards.
 * @param address begins with `https://` or `http://`
 * @param settings headers of every request, such as `authorization`, and timeouts and retries
 * @throws IsoluxError for everything that prevents reading it
 */
export async function openImage(address: string, settings: HttpSettings = {}): Promise<MosaicImage> {
  const { store, key } = openHttp(address, settings);
  return await openMosaic(store, key);
}
