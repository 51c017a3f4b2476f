/** From what users call a place to the store that holds it. */

import { basename, dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { IsoluxError } from "../errors.ts";
import { protocolOf } from "./address.ts";
import { DirectoryStore } from "./directory-store.ts";
import { type HttpSettings, HttpStore } from "./http-store.ts";
import type { RemoteSettings } from "./remote/remote-client.ts";
import { readS3Access } from "./s3-credentials-node.ts";
import type { S3Store } from "./s3-store.ts";

/** A folder: its key in the store of the folder above it, so that siblings can be reached; empty for a store's root. */
export type OpenedStore =
  | { readonly kind: "directory"; readonly store: DirectoryStore; readonly key: string }
  | { readonly kind: "http"; readonly store: HttpStore; readonly key: string }
  | { readonly kind: "s3"; readonly store: S3Store; readonly key: string };

/**
 * The store and key of a location: a path, a `file://`, `http(s)://` or `s3://bucket/key` address. Nothing is read but,
 * for S3, the credentials.
 * @throws IsoluxError `usage` for an address that cannot be, `unsupported` for one of another protocol
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
      return openHttp(location, settings);
    case "s3":
      return await openS3(location, settings);
    default:
      throw new IsoluxError({
        kind: "unsupported",
        what: "Isolux does not read from places of this kind",
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

function openHttp(address: string, settings: HttpSettings): OpenedStore {
  const [, root, path, query] = /^([^/]+:\/\/[^/?#]*)([^?#]*)(\?[^#]*)?/.exec(address) ?? [];
  const parts = (path ?? "").split("/").filter((part) => part !== "");
  const key = decodedName(parts.at(-1) ?? "", address);
  const above = [root, ...parts.slice(0, -1)].join("/");
  return { kind: "http", store: new HttpStore(`${above}${query ?? ""}`, settings), key };
}

/** The name that an address writes percent-encoded. */
function decodedName(name: string, address: string): string {
  try {
    return decodeURIComponent(name);
  } catch (cause) {
    const where = address.replace(/\?.*/s, "");
    throw new IsoluxError({ kind: "usage", what: "The address has a percent sign that encodes nothing", where, cause });
  }
}

async function openS3(location: string, settings: Partial<RemoteSettings>): Promise<OpenedStore> {
  const [bucket, ...parts] = location.slice("s3://".length).replace(/\/+$/, "").split("/");
  // Signatures and XML are loaded where they are needed: every thread of a run opens its stores
  const { S3Store } = await import("./s3-store.ts");
  const store = new S3Store(bucket ?? "", parts.slice(0, -1).join("/"), { ...(await readS3Access()), ...settings });
  return { kind: "s3", store, key: parts.at(-1) ?? "" };
}
