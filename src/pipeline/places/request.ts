/** The parameters of a correction together with the places that they name. */
import type { ChannelSetting } from "../../ngff/channel-settings.ts";
import type { Advice } from "../../parameters/advice.ts";
import type { ProfileSource } from "../../parameters/profile-source.ts";
import type { CorrectParameters } from "../../parameters/schema.ts";
import type { Location, OutputPlace, SourceLocation } from "./location.ts";

/** Where a correction reads and writes. */
export interface CorrectPlaces {
  readonly source: SourceLocation;
  /** The source again, if it may be erased. */
  readonly erasable?: Location;
  readonly output: OutputPlace;
  /** The folder of given profiles. */
  readonly models?: Location;
  /** The folder to save estimated profiles in. */
  readonly save?: Location;
}

/** A request for a correction. */
export interface CorrectRequest {
  readonly places: CorrectPlaces;
  readonly parameters: CorrectParameters;
  readonly profileSource: ProfileSource;
  /** Names and display settings of channels, where a file of them is given. */
  readonly channelSettings?: readonly ChannelSetting[];
  /** How the way to the profiles was chosen, where the user left that to Isolux. */
  readonly advice?: Advice;
  /** Whether an earlier report may be replaced even where an earlier image may not. */
  readonly replacesReport?: boolean;
}

/** A request that may leave the way to the profiles open. */
export interface OpenRequest {
  /** What was asked for. */
  readonly request: CorrectRequest;
  /** Present where the way is open. */
  readonly choice?: {
    /** Chooses a way, which may take a minute. */
    readonly make: () => Promise<Advice>;
    /** The request with a way that was chosen. */
    readonly apply: (advice: Advice) => Promise<CorrectRequest>;
  };
}

/** The request with the way that was chosen; `undefined` where it is open and nothing was. */
export async function chosenRequest(
  { request, choice }: OpenRequest,
  advice: Advice | undefined,
): Promise<CorrectRequest | undefined> {
  if (choice === undefined) return request;
  return advice && (await choice.apply(advice));
}
