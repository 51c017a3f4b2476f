/** Computes all figures of a channel before and after its correction, with the verdict. */
import { MemoryStack } from "../../sample/plane-stack.ts";
import { elementCount } from "../../shapes.ts";
import type { FieldImage } from "../picture/image.ts";
import { measureFlatfield, measurePlanes, type PlaneMeasures } from "../plane-measures.ts";
import { reportSeams } from "../seams.ts";
import { type AssessedPixels, assessChannel } from "./assess-channel.ts";
import { assessFlatness } from "./changes.ts";
import { type BinnedPlanes, type FieldBlocks, meanShare } from "./planes.ts";
import type { AppliedProfile, ChannelQuality } from "./quality-report.ts";
import type { RecoveredProfile } from "./recover-correction.ts";

/** A channel of both images, with what is known of its correction. */
interface ChannelPixels extends AssessedPixels {
  readonly label: string;
  /** Profiles that are known; without any, one is recovered from the pixels. */
  readonly profiles: readonly AppliedProfile[];
  /** Full-resolution planes per plane of the level. */
  readonly factorZ: number;
}

/** The figures of a channel, and the profile recovered from its pixels. */
export interface MeasuredChannel {
  readonly quality: ChannelQuality;
  readonly recovered?: RecoveredProfile;
  /** The mean over all planes, in blocks. */
  readonly meanBefore: FieldImage;
  readonly meanAfter: FieldImage;
}

/** Compares a channel before and after its correction. */
export async function measureChannel(pixels: ChannelPixels): Promise<MeasuredChannel> {
  const { label, plan, before, after, seed, factorZ } = pixels;
  const { verdict, votes, light, edges, defects, gains, gain, correlation, recovered, ...assessed } =
    assessChannel(pixels);
  const { blocks, isUnchanged } = assessed;
  const flatnessChange = assessed.flatnessChange ?? assessFlatness(blocks.before, blocks.after, gain, seed);
  const quality: ChannelQuality = {
    label,
    verdict,
    seams: reportSeams(plan.overlaps, before.patches, after.patches),
    ...(votes && { overlapChange: votes.geometric, votes }),
    ...(light && { errors: light.errors, lightVariation: light.variation }),
    defects,
    gains,
    ...(edges && { edgeChange: edges.change, gridStrength: edges.strength }),
    flatnessChange,
    before: await measuresOf(before.planes, 0, 0),
    after: await measuresOf(after.planes, defects.zeroed, defects.cutOff),
    zeroedShare: defects.zeroed,
    clippedHighShare: defects.cutOff,
    gain,
    correlation,
    profiles: profilesOf(pixels, isUnchanged ? undefined : recovered),
    planes: plan.planes.map(({ tileNumber, plane }) => ({ tile: tileNumber, plane: plane * factorZ })),
  };
  const means = { meanBefore: meanField(blocks.before), meanAfter: meanField(blocks.after) };
  return { quality, recovered, ...means };
}

/** The mean of all planes. */
function meanField({ planeCount, shapeYx, means }: FieldBlocks): FieldImage {
  const size = elementCount(shapeYx);
  const values = new Float32Array(size);
  for (let i = 0; i < means.length; i++) values[i % size]! += means[i]! / planeCount;
  return { shapeYx, values };
}

async function measuresOf(planes: BinnedPlanes, low: number, high: number): Promise<PlaneMeasures> {
  const stack = new MemoryStack("float32", planes.planeCount, planes.shapeYx, planes.pixels);
  const measures = await measurePlanes(stack);
  const saturatedShare = meanShare(planes.saturatedShares);
  return { ...measures, saturatedShare, clippedLowShare: low, clippedHighShare: high };
}

/** A recovered profile is used where one profile explains nearly all changes of the pixels. */
const leastExplained = 0.98;

function profilesOf({ profiles }: ChannelPixels, recovered: RecoveredProfile | undefined): readonly AppliedProfile[] {
  if (profiles.length > 0 || recovered === undefined || recovered.explained < leastExplained) return profiles;
  return [{ origin: "recovered", measures: measureFlatfield(recovered.flatfield, recovered.shapeYx) }];
}
