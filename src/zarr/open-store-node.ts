/** Opens the store of a location that a user names, such as `/data/a.zarr` or `s3://bucket/a.zarr`. */

import { basename, dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { IsoluxError } from "../errors.ts";
import { DirectoryStore } from "./disk/directory-store-node.ts";
import { type HttpStore, openHttp } from "./remote/http-store.ts";
import type { RemoteSettings } from "./remote/remote-client.ts";
import { readS3Access } from "./remote/s3-credentials-node.ts";
import type { S3Store } from "./remote/s3-store.ts";
import { protocolOf } from "./store.ts";

/** A folder: its key in the store of the folder above it, so that siblings are accessible; empty for a store's root. */
type OpenedStore =
  | { readonly kind: "directory"; readonly store: DirectoryStore; readonly key: string }
  | { readonly kind: "http"; readonly store: HttpStore; readonly key: string }
  | { readonly kind: "s3"; readonly store: S3Store; readonly key: string };

/**
 * The store and key of a location: a path, a `file://`, `http(s)://` or `s3://bucket/key` address. Nothing is read
 * except, for S3, the credentials.
 * @throws IsoluxError `usage` for an invalid address, `unsupported` for one of another protocol
 */
export async function openStore(location: string, settings: Partial<RemoteSettings> = {}): Promise<OpenedStore> {
  const protocol = protocolOf(location);
  switch (protocol) {
    case undefined:
      return openFolder(location);
    case "file":
      return openFolder(pathOf(location));
    case "http":
    case "https":
      return { kind: "http", ...openHttp(location, settings) };
    case "s3":
      return await openS3(location, settings);
    default:
      throw new IsoluxError({
        kind: "unsupported",
        what: "Isolux cannot read from addresses of this kind",
        found: `${protocol}://`,
        expected: "a path, or an address that begins with https://, http:// or s3://",
      });
  }
}

function openFolder(path: string): OpenedStore {
  const full = resolve(path);
  return { kind: "directory", store: new DirectoryStore(dirname(full)), key: basename(full) };
}

function pathOf(address: string): string {
  try {
    return fileURLToPath(address);
  } catch (cause) {
    throw new IsoluxError({ kind: "usage", what: "This is not the address of a file", where: address, cause });
  }
}

async function openS3(location: string, settings: Partial<RemoteSettings>): Promise<OpenedStore> {
  const [bucket, ...parts] = location.slice("s3://".length).replace(/\/+$/, "").split("/");
  // Signatures and XML are loaded only when needed, as every thread of a run opens its stores
  const { S3Store } = await import("./remote/s3-store.ts");
  const store = new S3Store(bucket ?? "", parts.slice(0, -1).join("/"), { ...(await readS3Access()), ...settings });
  return { kind: "s3", store, key: parts.at(-1) ?? "" };
}
