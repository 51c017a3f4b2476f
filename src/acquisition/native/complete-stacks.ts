/** Which stacks of an acquisition were aborted, and which merely lack planes that the microscope was asked for. */
import { formatCount } from "../../quantities.ts";
import type { Note } from "../tile-view.ts";
import type { MetaBlock } from "./meta.ts";
import { nameSome, type TileName } from "./tile-name.ts";

/** A stack with what its metadata say. */
export interface AcquiredStack {
  readonly name: TileName;
  /** Planes that are stored. */
  readonly depth: number;
  readonly meta: MetaBlock | undefined;
}

/** Metadata that count otherwise differ by more. */
const mostLostPlanes = 3;

/**
 * The stacks that are complete enough to be corrected. Those that end before others and before they should were aborted,
 * unless their metadata have an end: the microscope's software can lose the last planes of a stack that it finished. Such
 * stacks are kept as they are, with a note.
 * @param isEndNeeded whether a stack without an end of its metadata was aborted, where others have one
 */
export function completeStacks<Stack extends AcquiredStack>(
  stacks: readonly Stack[],
  note: Note,
  { isEndNeeded = false } = {},
): readonly Stack[] {
  const depth = Math.max(...stacks.map((stack) => stack.depth));
  const isUnfinished = ({ meta }: Stack) => meta?.isFinished === false;
  const tellsEnds = isEndNeeded && !stacks.every(isUnfinished);
  const isAborted = (stack: Stack) => {
    const endsEarly = stack.depth < depth && stack.depth < askedDepth(stack);
    return (endsEarly && stack.meta?.isFinished !== true) || (tellsEnds && isUnfinished(stack));
  };
  const aborted = stacks.filter(isAborted);
  if (aborted.length > 0) note(`Skipped, because their acquisition was aborted: ${nameSome(aborted)}`, "warning");
  const kept = stacks.filter((stack) => !aborted.includes(stack));
  tellLostPlanes(kept, note);
  return kept;
}

function tellLostPlanes(stacks: readonly AcquiredStack[], note: Note): void {
  const lost = stacks.map((stack) => (stack.meta?.isFinished === true ? askedDepth(stack) - stack.depth : 0));
  const short = stacks.filter((_, index) => lost[index]! > 0);
  const most = Math.max(0, ...lost);
  // Where all lack many, the metadata count otherwise
  if (short.length === 0 || (short.length === stacks.length && most > mostLostPlanes)) return;
  const named = short.slice(0, 4).map((stack) => `${stack.name.name} (${stack.depth} of ${askedDepth(stack)})`);
  note(
    `${formatCount(short.length, "stack")} of ${stacks.length} end${short.length === 1 ? "s" : ""} before the planes that the ` +
      `microscope was asked for: ${named.join(", ")}${short.length > 4 ? ", ..." : ""}; corrected as far as they go`,
    "warning",
  );
}

function askedDepth({ meta }: AcquiredStack): number {
  return meta?.find("POSITION", "z_planes") === undefined ? 0 : meta.planeCount;
}
