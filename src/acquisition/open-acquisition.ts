import type { ReadableStore } from "../zarr/store.ts";
import { joinKey } from "../zarr/store.ts";
import type { Acquisition, MosaicImage } from "./acquisition.ts";
import { mosaicOfViews } from "./mosaic-of-views.ts";
import { isNativeOmeZarr, openNativeOmeZarr } from "./native/native-omezarr.ts";
import { isProxy, openProxy } from "./native/proxy.ts";
import { openMosaic } from "./open-mosaic.ts";

/** An acquisition with what it was read from: a mosaic can be mirrored, of tiles a mosaic is made. */
export type OpenedAcquisition =
  | { readonly kind: "mosaic"; readonly acquisition: MosaicImage }
  | { readonly kind: "tiles"; readonly acquisition: Acquisition };

/** How an acquisition may reach beyond its store, and tell what it found. */
export interface OpenOptions {
  /** A store that begins at the folder of that absolute path. */
  readonly openFolder?: (path: string) => ReadableStore;
  /** Told what a user should know of. */
  readonly note?: (text: string) => void;
}

/**
 * Opens what lies at `key`: a mosaic, the tiles of a mesoSPIM acquisition as the microscope wrote them, or a proxy that
 * stands for these.
 * @throws IsoluxError for everything that keeps it from being read
 */
export async function openAcquisition(
  store: ReadableStore,
  key: string,
  options: OpenOptions = {},
): Promise<OpenedAcquisition> {
  const { note = () => undefined } = options;
  if (await isProxy(store, key)) return tiles(store, key, await openProxy(store, key, options));
  if (await isNativeOmeZarr(store, key)) return tiles(store, key, await openNativeOmeZarr(store, key, note));
  return { kind: "mosaic", acquisition: await openMosaic(store, key) };
}

function tiles(store: ReadableStore, key: string, views: Parameters<typeof mosaicOfViews>[0]): OpenedAcquisition {
  return { kind: "tiles", acquisition: mosaicOfViews(views, { store, key, location: joinKey(store.location, key) }) };
}
