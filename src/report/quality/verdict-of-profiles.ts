/** The verdict at the end of a run: on known profiles, without reading the output again. */
import type { Acquisition } from "../../acquisition/acquisition.ts";
import { type BackgroundChoice, backgroundToSubtract, type CorrectionField } from "../../correct/field.ts";
import { correctionField, correctRectangle } from "../../correct/kernel.ts";
import type { RunHooks } from "../../parameters/run-events.ts";
import type { ChannelVerdict, VerdictSummary } from "../../parameters/verdict-summary.ts";
import { type ChannelProfile, profileAtField } from "../../pipeline/profiles/channel-profile.ts";
import type { VerdictSubject } from "../../pipeline/threads/platform.ts";
import { formatPercent } from "../../quantities.ts";
import { shareNotCorrected } from "../../sample/light-in-gaps.ts";
import type { PlaneReceiver, Rectangle } from "../../sample/plane-stack.ts";
import { gatherOverlaps, leaveUnusableOut } from "../../sample/read-overlaps.ts";
import { type ReadHooks, readPlanes } from "../../sample/read-planes.ts";
import { allocatePixels, elementCount, type PixelType, type Yx } from "../../shapes.ts";
import { meanOf } from "../../statistics.ts";
import { type AssessedChannel, assessChannel } from "./assess-channel.ts";
import { verdictOfImage } from "./decide-verdict.ts";
import { type CheckPlan, planQuickCheck } from "./plan-check.ts";
import { BinnedPlanes } from "./planes.ts";
import type { ChannelQuality, PairVotes, VerdictKind } from "./quality-report.ts";
import { type CheckedPixels, Divided } from "./read-check.ts";
import { limits } from "./verdict-evidence.ts";

/** A verdict on a channel with its name. */
interface AssessedProfile extends AssessedChannel {
  readonly label: string;
}

/**
 * Assesses profiles by the overlaps and planes of their source, corrected in memory. Reads a coarse level, which takes
 * seconds.
 * @throws IsoluxError as reading does
 */
export async function verdictOfProfiles(subject: VerdictSubject, hooks: RunHooks): Promise<VerdictSummary> {
  const { profiles } = subject;
  const assessed: AssessedProfile[] = [];
  for (const index of new Set(profiles.map(({ target }) => target.channel.index))) {
    const ofChannel = profiles.filter(({ target }) => target.channel.index === index);
    assessed.push(await assessProfile(subject, ofChannel, hooks));
  }
  const channels = assessed.map((channel) => channelVerdict(channel, assessed.length === 1));
  const { kind, confidence, certainty, reason } = verdictOfImage(assessed);
  return { kind, confidence, certainty, reason, text: channels.map(({ text }) => text).join(" "), channels };
}

async function assessProfile(
  { acquisition, background, seed, clipped, missing = 0 }: VerdictSubject,
  profiles: readonly ChannelProfile[],
  { report, signal }: RunHooks,
): Promise<AssessedProfile> {
  const { index: channel, label } = profiles[0]!.target.channel;
  report({ kind: "stage", text: `Checking the profile of ${label}` });
  const plan = planQuickCheck(acquisition, seed);
  const onChunk = (done: number, total: number) => report({ kind: "progress", stage: "Checking", done, total });
  const share = clipped?.get(label);
  // A background that was subtracted on purpose does not count against the profile, unless the sample was set to 0 with
  // it.
  const isWhole = (share?.low ?? 0) <= limits.zeroed;
  const taken = isWhole ? "keep" : background;
  const pixels = await readProfileCheck(acquisition, profiles, taken, plan, { signal, onChunk });
  const { tiles } = acquisition;
  const leftOut = 1 - (1 - missing) * (1 - (await shareNotCorrected(acquisition, channel)));
  const assessed = assessChannel({ channel, plan, tiles, leftOut, ...pixels, seed, clipped: share });
  return { ...assessed, label };
}

const lineWords: Readonly<Record<VerdictKind, string>> = {
  improved: "better",
  "no-gain": "no measurable gain",
  worse: "worse than the source",
};

/**
 * The verdict on a channel in one line: the word, the seams, and the error of the profile.
 * @param isOnly whether there is no other channel, so that its name is omitted
 */
export function verdictLine(
  { label, verdict, votes, errors }: Pick<ChannelQuality, "label" | "verdict" | "votes" | "errors">,
  isOnly = true,
): string {
  const { kind, confidence, reason, basis } = verdict;
  const head = `Verdict${isOnly ? "" : ` on ${label}`}: ${lineWords[kind]}, ${confidence} confidence.`;
  if (basis === "pixels") return `${head} ${reason}`;
  if (basis !== "overlaps" || votes === undefined) {
    return `${head} No tiles overlap, so nothing shows the same place twice and the error of the profile is not known. ${reason}`;
  }
  const { betterCount, count } = votes.arithmetic;
  const { shading } = votes;
  const units = count === shading.pairCount ? "pairs" : "comparisons";
  const [before, after] = [shading.before, shading.after].map((share) => formatPercent(share));
  const seen = `Seams ${before} -> ${after}, better in ${betterCount} of ${count} ${units}`;
  const why = kind === "improved" ? "" : ` ${reason}`;
  return `${head} ${seen}; ${profileText(errors?.profile)}.${why}`;
}

function profileText(error: { readonly value: number; readonly low: number; readonly high: number } | undefined) {
  if (error === undefined) return "how far the profile is off is not known";
  const [value, low, high] = [error.value, error.low, error.high].map((share) => (100 * share).toPrecision(2));
  return `the profile is off by about ${Number(value)} % (${Number(low)}-${Number(high)} %)`;
}

function channelVerdict(channel: AssessedProfile, isOnly: boolean): ChannelVerdict {
  const { label, verdict, votes, light } = channel;
  const { kind, confidence, certainty, reason } = verdict;
  const errors = light?.errors;
  const text = verdictLine({ label, verdict, votes, errors }, isOnly);
  return {
    ...{ label, kind, confidence, certainty, reason, text },
    ...(votes && { seams: seamsOf(votes) }),
    ...(errors && { profileError: errors.profile }),
  };
}

function seamsOf({ arithmetic, shading }: PairVotes): NonNullable<ChannelVerdict["seams"]> {
  const { betterCount, count } = arithmetic;
  const { before, after, pairCount } = shading;
  return { before, after, betterCount, count, ofPairs: count === pairCount };
}

// Reads the pixels of a source for a verdict, and corrects them in memory as a run would.

/** The same pixels, uncorrected and corrected. */
interface BothPixels {
  readonly before: CheckedPixels;
  readonly after: CheckedPixels;
}

/**
 * Reads a channel's planes and overlaps once, and corrects them by its profiles: rounded and clipped as pixels are.
 * @param profiles of the channel, one or one for each side of the light sheet
 * @throws IsoluxError as `readPlanes`, and `invalid` where a flat-field is not positive everywhere
 */
async function readProfileCheck(
  acquisition: Acquisition,
  profiles: readonly ChannelProfile[],
  choice: BackgroundChoice,
  { level, fieldYx, overlaps, planes }: CheckPlan,
  hooks: ReadHooks,
): Promise<BothPixels> {
  const { type } = acquisition;
  const reads = [...planes, ...(overlaps.pairs.length > 0 ? overlaps.reads : [])];
  const [before, after] = [emptyCheck(), emptyCheck()];
  const corrections = correctionsOf(profiles, choice, fieldYx);
  const raised = raiseToBrightness(profiles, fieldYx);
  const sources = reads.map(() => raised);
  const results = reads.map(({ tileNumber }) => corrections.get(tileNumber) ?? raised);
  const uncorrected = new Corrected(sources, fieldYx, type, before.receiver);
  const corrected = new Corrected(results, fieldYx, type, after.receiver);
  const both: PlaneReceiver = {
    async put(...piece) {
      await uncorrected.put(...piece);
      await corrected.put(...piece);
    },
  };
  const { index } = profiles[0]!.target.channel;
  await readPlanes(acquisition, index, { level, fieldYx, planes: reads, warnings: [] }, both, hooks);
  leaveUnusableOut(before.pixels.patches, after.pixels.patches);
  return { before: before.pixels, after: after.pixels };

  function emptyCheck() {
    const binned = new BinnedPlanes(type, planes.length, fieldYx);
    const { receiver, patches } = gatherOverlaps(overlaps, type);
    return { receiver: new Divided(planes.length, binned, receiver), pixels: { planes: binned, patches } };
  }
}

/** The correction of a tile. */
interface TileCorrection {
  readonly field: CorrectionField;
  readonly gain: number;
}

/** By number of the tile; tiles without a profile stay as they are. */
function correctionsOf(profiles: readonly ChannelProfile[], choice: BackgroundChoice, fieldYx: Yx) {
  return new Map(
    profiles.flatMap((own): [number, TileCorrection][] => {
      const background = backgroundToSubtract(own.profile, own.baselineMeaning, choice);
      const field = correctionField(profileAtField(own, fieldYx), background);
      const gains = new Map(own.gains?.used ? own.gains.tiles.map(({ tile, gain }) => [tile, gain]) : []);
      return own.target.tiles.map(({ number }) => [number, { field, gain: gains.get(number) ?? 1 }]);
    }),
  );
}

/**
 * Where pixels without light lie below 0, as after a background was subtracted, by dark-fields below 0: what makes them 0,
 * as they are in a corrected image, so that shares are those of brightness.
 */
function raiseToBrightness(profiles: readonly ChannelProfile[], fieldYx: Yx): TileCorrection | undefined {
  const darkness = Math.min(...profiles.map(({ profile: { darkfield } }) => Math.round(meanOf(darkfield))));
  if (!(darkness < 0)) return undefined;
  const size = elementCount(fieldYx);
  const flatfield = new Float32Array(size).fill(1);
  const darkfield = new Float32Array(size).fill(darkness);
  return { field: correctionField({ shapeYx: fieldYx, flatfield, darkfield, baseline: 0 }, 0), gain: 1 };
}

/** Passes planes on corrected, each by a correction of its own; those without one as they are. */
class Corrected implements PlaneReceiver {
  private readonly corrections: readonly (TileCorrection | undefined)[];
  private readonly columns: number;
  private readonly type: PixelType;
  private readonly target: PlaneReceiver;

  constructor(
    corrections: readonly (TileCorrection | undefined)[],
    fieldYx: Yx,
    type: PixelType,
    target: PlaneReceiver,
  ) {
    this.corrections = corrections;
    this.columns = fieldYx[1];
    this.type = type;
    this.target = target;
  }

  async put(n: number, y: number, x: number, piece: Rectangle): Promise<void> {
    await this.target.put(n, y, x, this.correct(n, y, x, piece));
  }

  private correct(n: number, y: number, x: number, piece: Rectangle): Rectangle {
    const correction = this.corrections[n];
    if (correction === undefined) return piece;
    const { rows, columns } = piece;
    const pixels = allocatePixels(this.type, rows * columns);
    for (let row = 0; row < rows; row++) {
      const from = piece.offset + row * piece.stride;
      pixels.set(piece.pixels.subarray(from, from + columns), row * columns);
    }
    const profileStart = y * this.columns + x;
    const whole = { rows, columns, start: 0, stride: columns, profileStart, profileStride: this.columns };
    correctRectangle(pixels, { ...whole, gain: correction.gain }, correction.field, new Float64Array(2));
    return { pixels, offset: 0, stride: columns, rows, columns };
  }
}
