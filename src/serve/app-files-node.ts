/** The files of the page in the browser, which a server gives beside its images. */

import { readdirSync, readFileSync } from "node:fs";
import { extname } from "node:path";

/** A file as it is sent. */
interface AppFile {
  readonly bytes: Uint8Array;
  readonly type: string;
}

/** The page's files and what it may do: its own scripts and threads, images of any address. */
export const appPolicy =
  "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; connect-src *; " +
  "img-src 'self' data: blob:; frame-ancestors 'none'";

const types: Readonly<Record<string, string>> = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".wasm": "application/wasm",
};

/** Built beside the programs and the library. Bundlers would take a literal address for a file of theirs. */
const [appName, here] = ["app", import.meta.url];
const folder = new URL(`../${appName}/`, here);
let names: ReadonlySet<string> | undefined;

/** A file of the page by its name; `undefined` where there is none. Names are looked up, and never made into paths. */
export function appFile(name: string): AppFile | undefined {
  names ??= new Set(readdirSync(folder, { recursive: true, encoding: "utf8" }).map((one) => one.replaceAll("\\", "/")));
  const type = types[extname(name)];
  if (type === undefined || !names.has(name)) return undefined;
  return { bytes: readFileSync(new URL(name, folder)), type };
}
