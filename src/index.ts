/**
 * Isolux: flat-field correction for tiled light-sheet microscopy. This module runs anywhere, browsers included; what
 * needs folders and threads is in `isolux/node`.
 *
 * @example
 * import { basicDefaults, correctPlane, fitBasic, profileOfFit } from "isolux";
 *
 * const fit = await fitBasic({ pixels, planeCount, shapeYx }, basicDefaults);
 * correctPlane(plane, profileOfFit(fit));
 */
export type { Acquisition, MosaicImage } from "./acquisition/acquisition.ts";
export { openMosaic } from "./acquisition/open-mosaic.ts";
export { type CorrectPlaneOptions, correctPlane } from "./correct/correct-plane.ts";
export {
  type EmptyRegions,
  type EmptyRegionsOfChannel,
  type EmptySearch,
  findEmptyRegions,
  type TileEmptiness,
} from "./empty/find-empty-regions.ts";
export type { LookRequest } from "./empty/plan-looks.ts";
export type { PlaneLook } from "./empty/plane-look.ts";
export { type ChannelView, type EmptyProposal, proposeEmptyRegions } from "./empty/propose.ts";
export { type Finding, type PlaneScore, scoreTiles, type TileScore, type TileScores } from "./empty/score-tiles.ts";
export { type Fault, type FaultKind, IsoluxError } from "./errors.ts";
export {
  type BasicFit,
  type BasicFitOptions,
  fitBasic,
} from "./estimate/basic/fit.ts";
export type { FitThreads, HelperPost, HelperThread } from "./estimate/basic/fit-team.ts";
export type { ImageStack } from "./estimate/basic/image-stack.ts";
export { type BasicParameters, basicDefaults } from "./estimate/basic/parameters.ts";
export { profileOfFit } from "./estimate/basic/profile-of-fit.ts";
export { correctPatches, type Shading } from "./estimate/correct-patches.ts";
export { type EmptyEstimate, estimateEmpty } from "./estimate/empty.ts";
export { estimateOffset, type OffsetEstimate } from "./estimate/offset/estimate-offset.ts";
export { type Refinement, type RefinementReport, type RefineOptions, refineProfile } from "./estimate/refine/refine.ts";
export { type BasicTuning, type TuningTrial, tuneBasic } from "./estimate/refine/tune-basic.ts";
export type { Advice, CandidateScore, LearningPoint } from "./parameters/advice.ts";
export type { FlagKind, QualityFlag } from "./parameters/quality-flag.ts";
export { readModel } from "./profile/models-folder.ts";
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
} from "./report/seam-report.ts";
export { MemoryStack } from "./sample/memory-stack.ts";
export { type OverlapPlan, type OverlapRequest, planOverlaps } from "./sample/plan-overlaps.ts";
export type { PlaneStack } from "./sample/plane-stack.ts";
export { type OverlapPatch, readOverlaps } from "./sample/read-overlaps.ts";
export type { BoxZyx, Czyx, PixelArray, PixelType, Yx, Zyx } from "./shapes.ts";
export type { Tile } from "./tiles/tile.ts";
export { MemoryStore } from "./zarr/memory-store.ts";
export type { ReadableStore, WritableStore } from "./zarr/store.ts";
