/** A correction as it was asked for, with the places that it means. */
import type { ChannelSetting } from "../ngff/channel-settings.ts";
import type { Advice } from "../parameters/advice.ts";
import type { ProfileSource } from "../parameters/profile-source.ts";
import type { CorrectParameters } from "../parameters/schema.ts";
import type { Location, OutputPlace, SourceLocation } from "./location.ts";

/** Where a correction reads and writes. */
export interface CorrectPlaces {
  readonly source: SourceLocation;
  /** The source once more, where it can be erased. */
  readonly erasable?: Location;
  readonly output: OutputPlace;
  /** The folder of given profiles. */
  readonly models?: Location;
  /** The folder in which estimated profiles are kept. */
  readonly save?: Location;
}

/** A correction as it was asked for. */
export interface CorrectRequest {
  readonly places: CorrectPlaces;
  readonly parameters: CorrectParameters;
  readonly profileSource: ProfileSource;
  /** Names and looks of channels, where there is a file of them. */
  readonly channelSettings?: readonly ChannelSetting[];
  /** How the way to the profiles was chosen, where that was left to Isolux. */
  readonly advice?: Advice;
  /** Whether an earlier report gives way even where an earlier image does not. */
  readonly replacesReport?: boolean;
}
