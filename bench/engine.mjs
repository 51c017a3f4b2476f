// @ts-check
/** What the bench takes from the built Isolux, with its types. */
import { fileURLToPath } from "node:url";

/** The repository. */
export const root = fileURLToPath(new URL("..", import.meta.url));
/** The command line, as users start it. */
export const isoluxMain = `${root}dist/cli/main.js`;

/** @param {string} path */
const built = (path) => import(new URL(`../dist/${path}`, import.meta.url).href);

/** @type {typeof import("../src/node.ts")} */
export const { DirectoryStore } = await built("node.js");
/** @type {typeof import("../src/zarr/array.ts")} */
export const { openArray, readBox } = await built("zarr/array.js");
/** @type {typeof import("../src/zarr/metadata-v2.ts")} */
export const { serializeArrayMetadata } = await built("zarr/metadata-v2.js");
/** @type {typeof import("../src/profile/npy.ts")} */
export const { encodeNpy } = await built("profile/npy.js");
/** @type {typeof import("../src/synthetic/truth.ts")} */
export const { saveProfiles } = await built("synthetic/truth.js");
/** @type {typeof import("../src/synthetic/measured-profile.ts")} */
export const { measureProfiles } = await built("synthetic/measured-profile.js");
/** @type {typeof import("../src/synthetic/write-acquisition.ts")} */
export const { writeSyntheticAcquisition } = await built("synthetic/write-acquisition.js");
