/** Finds profiles whose dark-field is brighter than a part of the image: a correction would set that part to 0. */
import { IsoluxError } from "../errors.ts";
import { targetName } from "../pipeline/profiles/channel-profile.ts";
import type { Profile } from "../profile/profile.ts";
import { formatShare } from "../quantities.ts";
import { flagLimits } from "../report/quality/raise-flags.ts";
import type { PlaneStack } from "../sample/plane-stack.ts";
import { elementCount } from "../shapes.ts";
import { measured, type Subject } from "./subject.ts";

/** The size in pixels of the squares that are averaged, as noise around 0 is no content. */
const squarePx = 8;
/** A square is below a dark-field if its mean is lower by this many of its standard errors, and by this many counts. */
const below = { standardErrors: 3, counts: 2 } as const;

/** Whether a choice of Isolux would remove a part of the image of one of the subjects. */
export async function losesImage(
  subjects: readonly Subject[],
  profiles: readonly (Profile | undefined)[],
): Promise<boolean> {
  for (const [index, subject] of subjects.entries()) {
    if ((await lostShare(subject, profiles[index])) > flagLimits.zeroedByChoice) return true;
  }
  return false;
}

/**
 * Refuses a choice of Isolux that would remove a part of the image.
 * @param cameraOffset as it was given, in counts
 * @throws IsoluxError `estimation` where the profiles' dark-fields are brighter than much of the image
 */
export async function refuseZeroing(
  subjects: readonly Subject[],
  profiles: readonly (Profile | undefined)[],
  cameraOffset?: number,
): Promise<void> {
  for (const [index, subject] of subjects.entries()) {
    const lost = await lostShare(subject, profiles[index]);
    if (lost <= flagLimits.zeroedByChoice) continue;
    throw new IsoluxError({
      kind: "estimation",
      what: "The profile that fits best would set a part of the image to 0",
      where: `channel ${targetName(subject.target)}`,
      found: `${formatShare(lost)} of the image below the dark-field`,
      expected: `at most ${formatShare(flagLimits.zeroedByChoice)}`,
      advice: `Name a source of the profile (--models-folder, --fov-list), or ${offsetAdvice(cameraOffset)}`,
    });
  }
}

function offsetAdvice(given: number | undefined): string {
  if (given === undefined) return "give the camera's offset (--camera-offset)";
  return given === 0
    ? "give no --camera-offset, so that it is looked for"
    : `give a smaller --camera-offset than ${given}, or none`;
}

/**
 * Refuses a camera offset that was given and is brighter than much of the image: it cannot be the camera's.
 * @throws IsoluxError `invalid` with what could be the offset at most
 */
export async function refuseOffset(subjects: readonly Subject[], cameraOffset: number | undefined): Promise<void> {
  if (cameraOffset === undefined) return;
  for (const subject of subjects) {
    const shown = measured(subject);
    const lost = await shareBelow(shown, new Float32Array(elementCount(subject.fieldYx)).fill(cameraOffset));
    if (lost <= flagLimits.zeroedByChoice) continue;
    throw new IsoluxError({
      kind: "invalid",
      what: "The camera offset is above what the image shows",
      where: `channel ${targetName(subject.target)}`,
      found: `${formatShare(lost)} of the image below ${cameraOffset} counts, which a correction sets to 0`,
      expected: `at most ${formatShare(flagLimits.zeroedByChoice)}`,
      advice: "Give a smaller --camera-offset, or none",
    });
  }
}

async function lostShare(subject: Subject, profile: Profile | undefined): Promise<number> {
  return profile === undefined ? 0 : shareBelow(measured(subject), profile.darkfield);
}

/** The fraction of the squares of planes whose mean is below a dark-field; squares of zeros lose nothing. */
async function shareBelow(stack: PlaneStack, darkfield: Float32Array): Promise<number> {
  const [rows, columns] = stack.shapeYx;
  const [down, across] = [Math.floor(rows / squarePx), Math.floor(columns / squarePx)];
  let count = 0;
  for (let n = 0; n < stack.planeCount; n++) {
    const plane = await stack.read(n, n + 1, 0, rows);
    for (let square = 0; square < down * across; square++) {
      const first = Math.floor(square / across) * squarePx * columns + (square % across) * squarePx;
      if (isLost(plane, darkfield, first, columns)) count++;
    }
  }
  return count / Math.max(1, stack.planeCount * down * across);
}

/** @param first index of the first pixel of the square */
function isLost(plane: ArrayLike<number>, darkfield: Float32Array, first: number, columns: number): boolean {
  const pixels = squarePx ** 2;
  let [shown, lacking, squares] = [0, 0, 0];
  for (let row = 0; row < squarePx; row++) {
    for (let i = first + row * columns; i < first + row * columns + squarePx; i++) {
      const lack = darkfield[i]! - plane[i]!;
      shown += plane[i]!;
      lacking += lack;
      squares += lack ** 2;
    }
  }
  const mean = lacking / pixels;
  const standardError = Math.sqrt(Math.max(0, squares / pixels - mean ** 2) / pixels);
  return shown > 0 && mean > below.counts && mean > below.standardErrors * standardError;
}
