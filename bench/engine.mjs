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
export const { DirectoryStore, openImage, readModel, resampleProfile } = await built("node.js");
/** @type {typeof import("../src/kernels/load-kernels.ts")} */
export const { loadKernels } = await built("kernels/load-kernels.js");
/** @type {typeof import("../src/kernels/kernel-source-node.ts")} */
export const { useNodeKernels } = await built("kernels/kernel-source-node.js");
/** @type {typeof import("../src/kernels/kernel-memory.ts")} */
export const { KernelMemory } = await built("kernels/kernel-memory.js");
/** @type {typeof import("../src/zarr/array.ts")} */
export const { openArray, ZarrArray } = await built("zarr/array.js");
/** @type {typeof import("../src/zarr/shards/shard-writer.ts")} */
export const { ShardWriter } = await built("zarr/shards/shard-writer.js");
/** @type {typeof import("../src/zarr/metadata/document.ts")} */
export const { writeArrayMetadata } = await built("zarr/metadata/document.js");
/** @type {typeof import("../src/zarr/box.ts")} */
export const { readBox } = await built("zarr/box.js");
/** @type {typeof import("../src/zarr/codecs/codec.ts")} */
export const { decodeBytes, encodeBytes } = await built("zarr/codecs/codec.js");
/** @type {typeof import("../src/zarr/metadata/version-2.ts")} */
export const { serializeArrayMetadata } = await built("zarr/metadata/version-2.js");
/** @type {typeof import("../src/profile/npy.ts")} */
export const { encodeNpy } = await built("profile/npy.js");
/** @type {typeof import("../src/synthetic/truth.ts")} */
export const { measureProfiles, saveProfiles, saveTruth } = await built("synthetic/truth.js");
/** @type {typeof import("../src/synthetic/write-acquisition.ts")} */
export const { truthOf, writeSyntheticAcquisition } = await built("synthetic/write-acquisition.js");
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
/** @type {typeof import("../src/report/plane-measures.ts")} */
export const { flatfieldError } = await built("report/plane-measures.js");
