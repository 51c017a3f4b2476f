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
export const { DirectoryStore, readModel, resampleProfile } = await built("node.js");
/** @type {typeof import("../src/kernels/load-kernels.ts")} */
export const { loadKernels } = await built("kernels/load-kernels.js");
/** @type {typeof import("../src/kernels/kernel-source-node.ts")} */
export const { useNodeKernels } = await built("kernels/kernel-source-node.js");
/** @type {typeof import("../src/kernels/kernel-memory.ts")} */
export const { KernelMemory } = await built("kernels/kernel-memory.js");
/** @type {typeof import("../src/zarr/array.ts")} */
export const { openArray } = await built("zarr/array.js");
/** @type {typeof import("../src/zarr/read-box.ts")} */
export const { readBox } = await built("zarr/read-box.js");
/** @type {typeof import("../src/zarr/codecs/codec.ts")} */
export const { decodeBytes, encodeBytes } = await built("zarr/codecs/codec.js");
/** @type {typeof import("../src/zarr/metadata-v2.ts")} */
export const { serializeArrayMetadata } = await built("zarr/metadata-v2.js");
/** @type {typeof import("../src/profile/npy.ts")} */
export const { encodeNpy } = await built("profile/npy.js");
/** @type {typeof import("../src/synthetic/truth.ts")} */
export const { saveProfiles, saveTruth, truthOf } = await built("synthetic/truth.js");
/** @type {typeof import("../src/synthetic/measured-profile.ts")} */
export const { measureProfiles } = await built("synthetic/measured-profile.js");
/** @type {typeof import("../src/synthetic/write-acquisition.ts")} */
export const { writeSyntheticAcquisition } = await built("synthetic/write-acquisition.js");
/** @type {typeof import("../src/synthetic/options.ts")} */
export const { completeOptions } = await built("synthetic/options.js");
/** @type {typeof import("../src/synthetic/layout.ts")} */
export const { layOutTiles } = await built("synthetic/layout.js");
/** @type {typeof import("../src/synthetic/camera.ts")} */
export const { SyntheticCamera } = await built("synthetic/camera.js");
/** @type {typeof import("../src/synthetic/scene.ts")} */
export const { ScenePainter, sceneOf } = await built("synthetic/scene.js");
/** @type {typeof import("../src/profile/npz.ts")} */
export const { encodeNpz } = await built("profile/npz.js");
/** @type {typeof import("../src/report/profile-error.ts")} */
export const { flatfieldError } = await built("report/profile-error.js");
