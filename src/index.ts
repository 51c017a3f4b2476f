/**
 * Isolux: flat-field correction for tiled light-sheet microscopy. This module runs anywhere, also in browsers; what
 * needs folders and threads is in `isolux/node`. It works on pixels with WebAssembly: in a browser {@link loadKernels}
 * must be called before {@link correctPlane}.
 *
 * @example
 * import { basicDefaults, correctPlane, fitBasic, openImage, profileOfFit, readSample } from "isolux";
 *
 * const image = await openImage("https://host/sample.zarr/raw_image");
 * const fit = await fitBasic(await readSample(image, 0, { planeCount: 100 }), basicDefaults);
 * correctPlane(plane, profileOfFit(fit));
 */
import type { MosaicImage } from "./acquisition/acquisition.ts";
import { openMosaic } from "./acquisition/open-mosaic.ts";
import { type HttpSettings, openHttp } from "./zarr/remote/http-store.ts";

export type { Acquisition, MosaicImage } from "./acquisition/acquisition.ts";
export type { PixelLevel } from "./acquisition/level.ts";
export { openMosaic } from "./acquisition/open-mosaic.ts";
export { type CorrectPlaneOptions, correctPlane } from "./correct/kernel.ts";
export {
  type EmptyRegions,
  type EmptyRegionsOfChannel,
  type EmptySearch,
  findEmptyRegions,
  type TileEmptiness,
} from "./empty/find-empty-regions.ts";
export type { PlaneStatistics, StatisticsRequest } from "./empty/plane-statistics.ts";
export { type ChannelView, type EmptyProposal, proposeEmptyRegions } from "./empty/propose.ts";
export { type Finding, type PlaneScore, scoreTiles, type TileScore, type TileScores } from "./empty/score-tiles.ts";
export { type Fault, type FaultKind, IsoluxError } from "./errors.ts";
export {
  type BasicFit,
  type BasicFitOptions,
  fitBasic,
  profileOfFit,
} from "./estimate/basic/fit.ts";
export type { FitThreads, HelperPost, HelperThread } from "./estimate/basic/fit-team.ts";
export type { ImageStack } from "./estimate/basic/parameters.ts";
export { type BasicParameters, basicDefaults } from "./estimate/basic/parameters.ts";
export { type EmptyEstimate, estimateEmpty } from "./estimate/empty/empty.ts";
export { estimateOffset, type OffsetEstimate } from "./estimate/offset/estimate-offset.ts";
export { correctPatches, type Shading } from "./estimate/refine/overlap-data.ts";
export { type Refinement, type RefineOptions, refineProfile } from "./estimate/refine/refine.ts";
export type { RefinementReport } from "./estimate/refine/refinement-report.ts";
export { type BasicTuning, type TuningTrial, tuneBasic } from "./estimate/refine/tune-basic.ts";
export type { MemoryEstimation, StoredSource } from "./in-memory.ts";
export { type KernelModule, type KernelSource, loadKernels, setKernelSource } from "./kernels/load-kernels.ts";
export type { Advice, CandidateScore, FlagKind, LearningPoint, QualityFlag } from "./parameters/advice.ts";
export { shellWord } from "./plain-text.ts";
export { readModel } from "./profile/formats/find-profile.ts";
export { decodeProfile, encodeProfile, type GivenProfile } from "./profile/npz-profile.ts";
export type { BaselineMeaning, Profile, ProfileAlignment } from "./profile/profile.ts";
export { resampleProfile } from "./profile/resample.ts";
export {
  type FlatfieldMeasures,
  measureFlatfield,
  measurePlanes,
  type PlaneMeasures,
} from "./report/plane-measures.ts";
export type {
  AppliedProfile,
  Change,
  ChannelQuality,
  QualityReport,
  Verdict,
  VerdictBasis,
  VerdictKind,
} from "./report/quality/quality-report.ts";
export {
  type PairSeams,
  reportSeams,
  type SeamComparison,
  type SeamFigures,
  type SeamReport,
} from "./report/seams.ts";
export { type OverlapPlan, type OverlapRequest, planOverlaps } from "./sample/plan-overlaps.ts";
export type { PlaneStack } from "./sample/plane-stack.ts";
export { MemoryStack } from "./sample/plane-stack.ts";
export { type OverlapPatch, readOverlaps } from "./sample/read-overlaps.ts";
export { type ReadSampleRequest, readSample } from "./sample/read-planes.ts";
export type { CorrectedStore } from "./serve/corrected-store.ts";
export {
  type ChannelProfiles,
  type CorrectedStoreOptions,
  correctedStore,
  type StoredModels,
} from "./serve/open-corrected.ts";
export type { BoxZyx, Czyx, PixelArray, PixelType, Yx, Zyx } from "./shapes.ts";
export type { Tile } from "./tiles/tile.ts";
export { MemoryStore } from "./zarr/memory-store.ts";
export { type HttpSettings, HttpStore } from "./zarr/remote/http-store.ts";
export type { ByteRange, ObjectFacts, ReadableStore, ReadOptions, StoreEntry, WritableStore } from "./zarr/store.ts";

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

// What a page calls when its user asks for it, and loads only then.

/** Whole estimations in memory: what `isolux estimate` does, without a disk or threads. */
export const estimateInMemory: typeof import("./in-memory.ts").estimateInMemory = async (...call) =>
  (await import("./in-memory.ts")).estimateInMemory(...call);

/** The verdict on profiles that lie in a store, and these at the tiles' full resolution. */
export const assessModels: typeof import("./in-memory.ts").assessModels = async (...call) =>
  (await import("./in-memory.ts")).assessModels(...call);

/** The report on a correction that is not written. */
export const reportInMemory: typeof import("./in-memory.ts").reportInMemory = async (...call) =>
  (await import("./in-memory.ts")).reportInMemory(...call);

/** Writes a synthetic acquisition with known shading, as an example. */
export const writeSyntheticAcquisition: typeof import("./synthetic/write-acquisition.ts").writeSyntheticAcquisition =
  async (...call) => (await import("./synthetic/write-acquisition.ts")).writeSyntheticAcquisition(...call);
