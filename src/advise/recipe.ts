/** Ways to a profile that are tried against each other. */
import type { BasicParameters } from "../estimate/basic/parameters.ts";

/** What a profile is made from. */
export type Origin =
  | { readonly kind: "none" }
  | { readonly kind: "given" }
  | { readonly kind: "empty"; readonly cameraOffset: number }
  | { readonly kind: "basic"; readonly parameters: BasicParameters; readonly cameraOffset: number };

/** A way to a profile: what it is made from, and whether overlaps refine it. */
export interface Recipe {
  readonly origin: Origin;
  readonly refined: boolean;
}
