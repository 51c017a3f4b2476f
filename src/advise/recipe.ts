/** Ways to a profile that are tried against each other. */
import type { BasicParameters } from "../estimate/basic/parameters.ts";

/** What a profile is made from. */
export type Origin =
  | { readonly kind: "none" }
  | { readonly kind: "given" }
  /** Even light, which overlaps alone correct. */
  | { readonly kind: "even"; readonly cameraOffset: number }
  | { readonly kind: "empty"; readonly cameraOffset: number }
  | { readonly kind: "basic"; readonly parameters: BasicParameters; readonly cameraOffset: number };

/** A way to a profile: what it is made from, and whether overlaps refine it. */
export interface Recipe {
  readonly origin: Origin;
  readonly refined: boolean;
}

/** What there is to choose from. */
export interface Choices {
  readonly hasGiven: boolean;
  /** Camera offsets to try with regions without sample; none where there are no such regions. */
  readonly emptyOffsets: readonly number[];
  /** What every fit of BaSiC has in common. */
  readonly basic: BasicParameters;
  /** Counts that were told to be no light; 0 where nothing was told. */
  readonly cameraOffset: number;
}

/**
 * The candidates, the simplest and most careful first: no correction, what was measured, what overlaps alone tell, what
 * was taken without sample, and what BaSiC makes of tissue, without a dark-field before with one.
 */
export function candidatesOf({ hasGiven, emptyOffsets, basic, cameraOffset }: Choices): Recipe[] {
  const empty = emptyOffsets.map((offset): Origin => ({ kind: "empty", cameraOffset: offset }));
  const fits = [false, true].flatMap((getDarkfield) =>
    [false, true].map((sortIntensity): Origin => {
      return { kind: "basic", parameters: { ...basic, getDarkfield, sortIntensity }, cameraOffset };
    }),
  );
  const plain: Origin[] = [{ kind: "none" }, ...(hasGiven ? [{ kind: "given" } as const] : []), ...empty];
  const refined: Origin[] = [{ kind: "even", cameraOffset }, ...empty, ...fits];
  return [
    ...plain.map((origin): Recipe => ({ origin, refined: false })),
    ...refined.map((origin): Recipe => ({ origin, refined: true })),
  ];
}
