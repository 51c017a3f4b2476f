/** What a microscope's software did to pixels before it stored them, and whether there is light left to correct. */
import { IsoluxError } from "../errors.ts";
import type { Acquisition } from "./acquisition.ts";
import { isSameProcessor } from "./native/meta.ts";
import type { Note } from "./tile-view.ts";

/** Processors that keep each pixel's share of the light, by the names that mesoSPIM-control gives them. */
const harmless = ["Identity", "Binning", "GaussianBlur"];

/** Those of the processors after which a flat-field has no meaning, or may have none. */
export function harmfulProcessors(processors: readonly string[]): string[] {
  return [...new Set(processors)].filter((name) => !harmless.some((known) => isSameProcessor(name, known)));
}

/** Says what was done to the pixels. */
export function noteProcessing(processors: readonly string[], note: Note): void {
  const harmful = harmfulProcessors(processors);
  if (harmful.length > 0) {
    note(
      `The microscope processed the pixels before it stored them (${harmful.join(", ")}): their illumination can no longer be ` +
        "estimated reliably",
      "warning",
    );
  } else if (processors.some((name) => isSameProcessor(name, "GaussianBlur")))
    note("The microscope blurred the pixels before it stored them");
}

/** Where the microscope changed pixels, no profile is to be chosen unasked. @throws IsoluxError `unsupported` */
export function refuseProcessed({ location, processors = [] }: Acquisition): void {
  const harmful = harmfulProcessors(processors);
  if (harmful.length === 0) return;
  throw new IsoluxError({
    kind: "unsupported",
    what: "The microscope processed the pixels before it stored them, so no flat-field is estimated from them by default",
    where: location,
    found: harmful.join(", "),
    expected: "pixels as the camera gave them",
    advice:
      "Give --models-folder with a profile of unprocessed planes, or name a method to correct anyway: --solver fast for BaSiC",
  });
}
