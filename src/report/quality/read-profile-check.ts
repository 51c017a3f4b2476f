/** Reads what a verdict looks at in a source, and corrects it in memory as a run would. */
import type { Acquisition } from "../../acquisition/acquisition.ts";
import { type BackgroundChoice, backgroundToSubtract } from "../../correct/background.ts";
import { type CorrectionField, correctionField } from "../../correct/field.ts";
import { correctRectangle } from "../../correct/kernel.ts";
import type { ChannelProfile } from "../../pipeline/channel-profile.ts";
import { profileAtField } from "../../pipeline/profile-at-field.ts";
import type { PlaneReceiver, Rectangle } from "../../sample/plane-stack.ts";
import { gatherOverlaps } from "../../sample/read-overlaps.ts";
import { type ReadHooks, readPlanes } from "../../sample/read-planes.ts";
import { allocatePixels, type PixelType, type Yx } from "../../shapes.ts";
import { BinnedPlanes } from "./binned-planes.ts";
import type { CheckPlan } from "./plan-check.ts";
import { type CheckedPixels, Divided } from "./read-check.ts";

/** The same pixels as they were taken and corrected. */
export interface BothPixels {
  readonly before: CheckedPixels;
  readonly after: CheckedPixels;
}

/**
 * Reads a channel's planes and overlaps once, and corrects them by its profiles: rounded and cut off as pixels are.
 * @param profiles of the channel, one or one for each side of the light sheet
 * @throws IsoluxError as `readPlanes`, and `invalid` where a flat-field is not positive everywhere
 */
export async function readProfileCheck(
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
  const both = new Corrected(
    reads.map(({ tileNumber }) => corrections.get(tileNumber)),
    fieldYx,
    type,
    before.receiver,
    after.receiver,
  );
  const { index } = profiles[0]!.target.channel;
  await readPlanes(acquisition, index, { level, fieldYx, planes: reads, warnings: [] }, both, hooks);
  return { before: before.pixels, after: after.pixels };

  function emptyCheck() {
    const binned = new BinnedPlanes(type, planes.length, fieldYx);
    const { receiver, patches } = gatherOverlaps(overlaps, type);
    return { receiver: new Divided(planes.length, binned, receiver), pixels: { planes: binned, patches } };
  }
}

/** What corrects a tile. */
interface TileCorrection {
  readonly field: CorrectionField;
  readonly gain: number;
}

/** By number of the tile; tiles that no profile is for stay as they are. */
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

/** Gives planes to one receiver as they are, and to another corrected. */
class Corrected implements PlaneReceiver {
  private readonly corrections: readonly (TileCorrection | undefined)[];
  private readonly columns: number;
  private readonly type: PixelType;
  private readonly before: PlaneReceiver;
  private readonly after: PlaneReceiver;

  constructor(
    corrections: readonly (TileCorrection | undefined)[],
    fieldYx: Yx,
    type: PixelType,
    before: PlaneReceiver,
    after: PlaneReceiver,
  ) {
    this.corrections = corrections;
    this.columns = fieldYx[1];
    this.type = type;
    this.before = before;
    this.after = after;
  }

  async put(n: number, y: number, x: number, piece: Rectangle): Promise<void> {
    await this.before.put(n, y, x, piece);
    await this.after.put(n, y, x, this.correct(n, y, x, piece));
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
