/** Describes advice in sentences. */
import { IsoluxError } from "../errors.ts";
import type { Advice } from "../parameters/advice.ts";
import { formatCount } from "../quantities.ts";

/** What was chosen, by how much it is better, how certain that is, and whether more planes would help. */
export function adviceLines(advice: Advice): string[] {
  return [choiceLine(advice), certaintyLine(advice), ...(advice.isWide ? [planesLine(advice)] : [])];
}

function choiceLine({ candidates, chosen, heldOut, basis, withheld, besideGains = false }: Advice): string {
  const { name, source } = candidates[chosen]!;
  if (source === "none" && withheld) {
    return `Chosen: no correction, as ${withheld.name} does not make the image better. ${withheld.reason}`;
  }
  const raw = percent(candidates[0]!.figure);
  const what = basis === "overlaps" ? "neighbouring tiles differ by" : "the mean of unseen planes is uneven by";
  const where = basis === "overlaps" ? " in held-out overlaps" : "";
  if (source === "none") return `Chosen: no correction; ${what} ${raw}, and no correction makes that clearly smaller.`;
  const less = besideGains ? ", less what their brightness explains (--gains tile evens it out)" : "";
  return `Chosen: ${name}; ${what} ${percent(heldOut)}${where}, ${raw} without correction${less}.`;
}

function certaintyLine({
  basis,
  scoredBy,
  certainty,
  candidates,
  chosen,
  runnerUp,
  foldCount,
  withheld,
}: Advice): string {
  if (basis === "planes") {
    const rest = "there are no overlaps, and sample that prefers a part of the field looks like shading";
    if (scoredBy === 0 || foldCount === 0) return `Confidence: a guess, because there are too few planes; ${rest}.`;
    return `Confidence: low (better in ${share(certainty)} of resamplings at most); scored on ${formatCount(scoredBy, "plane")}: ${rest}.`;
  }
  const pairs = `${formatCount(scoredBy, "pair")} of tiles in ${formatCount(foldCount, "fold")}`;
  const next = runnerUp && candidates[runnerUp.candidate]!;
  const than = next && `, better than ${next.name} (${percent(next.figure)}) in ${share(runnerUp.certainty)}`;
  const careful =
    runnerUp !== undefined && runnerUp.certainty < 0.5 ? " No clear winner: the more careful choice was taken" : "";
  if (candidates[chosen]!.source === "none" && withheld) return `Confidence: ${pairs}, and the verdict on it.`;
  if (candidates[chosen]!.source === "none") {
    return `Confidence: ${pairs}; no candidate is clearly better${next ? ` (next: ${next.name}, ${percent(next.figure)})` : ""}.`;
  }
  return `Confidence: ${pairs}; better than none in ${share(certainty)} of resamplings${than ?? ""}.${careful && `${careful}.`}`;
}

function planesLine({ learning, morePlanesHelp, candidates, chosen }: Advice): string {
  if (learning.length === 0) {
    const { source } = candidates[chosen]!;
    return source === "basic" || source === "empty"
      ? "More planes: unknown from so few."
      : "More planes: no effect on this choice.";
  }
  const curve = learning.map(({ planeCount, figure }) => `${percent(figure)} from ${planeCount}`).join(", ");
  const verdict = {
    yes: "would help, give a larger --n-zplanes",
    no: "would not help",
    "all-used": "would help, but the image has no more",
    unknown: "unknown",
  }[morePlanesHelp];
  return `More planes: ${verdict} (${curve}).`;
}

function percent(figure: number): string {
  return `${(100 * figure).toPrecision(3)} %`;
}

/** Resampling never gives full certainty. */
function share(certainty: number): string {
  return certainty > 0.99 ? "over 99 %" : `${Math.round(100 * certainty)} %`;
}

/** The error of a run with `auto` where nothing is better than no correction. */
export function noBetter({ candidates, heldOut, basis, gainSpread, withheld }: Advice, where: string): IsoluxError {
  if (withheld) {
    return new IsoluxError({
      kind: "no-gain",
      what: "The best profile that was found does not make the image better: nothing was written",
      where,
      found: `${withheld.name}. ${withheld.reason.replace(/\.$/, "")}`,
      advice:
        "Use the source, or name a source of the profile: --models-folder, --fov-list, or --get-darkfield for BaSiC",
    });
  }
  const corrections = candidates.slice(1).filter(({ figure }) => Number.isFinite(figure));
  const best = Math.min(...corrections.map(({ figure }) => figure));
  const what = basis === "overlaps" ? "neighbouring tiles differ by" : "the mean of the planes is uneven by";
  const count = formatCount(corrections.length, "correction");
  const tried = corrections.length > 0 ? `, ${percent(best)} with the best of ${count}` : "";
  const gains =
    gainSpread !== undefined
      ? `Tiles differ in brightness by at least ${percent(gainSpread)}, which no profile changes: ` +
        "--start even --refine auto --gains tile evens them out. "
      : "";
  return new IsoluxError({
    kind: "no-gain",
    what: "No correction improves the image: nothing was written",
    where,
    found: `${what} ${percent(heldOut)} as they are${tried}`,
    advice:
      `${gains}To correct it anyway, name a source of the profile: ` +
      "--models-folder, --fov-list, or --get-darkfield for BaSiC",
  });
}
