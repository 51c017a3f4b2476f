/** What the page and its engine, which works in a thread, say to each other. */
import type { EmptyRegions, PixelType, Zyx } from "isolux";

/** Where an image is: at an address, in a folder that the user gave, or made as an example. */
export type Source =
  | { readonly kind: "address"; readonly address: string }
  | { readonly kind: "folder"; readonly handle: FileSystemDirectoryHandle }
  | { readonly kind: "files"; readonly name: string; readonly files: readonly (readonly [path: string, file: File])[] }
  | { readonly kind: "example" };

/** A tile as it is drawn: its box in the mosaic, in pixels of the full resolution. */
export interface TileFacts {
  readonly number: number;
  readonly start: Zyx;
  readonly stop: Zyx;
  /** Of each channel, where it is known. */
  readonly sides: readonly (string | undefined)[];
}

/** An image that is open. */
export interface ImageFacts {
  readonly name: string;
  /** As the command line takes it, where it has an address. */
  readonly address?: string;
  readonly type: PixelType;
  readonly channels: readonly {
    readonly label: string;
    readonly color?: string;
    readonly window?: readonly [number, number];
  }[];
  readonly levels: readonly { readonly shapeZyx: Zyx; readonly factorsZyx: Zyx }[];
  readonly tiles: readonly TileFacts[];
  readonly hasTileTable: boolean;
  /** Of the pixels of the full resolution. */
  readonly bytes: number;
  readonly pixelSizeUmZyx: Zyx;
  readonly notes: readonly string[];
}

/** A rectangle of a plane, in pixels of a level. */
export interface PlaneBox {
  readonly channel: number;
  readonly level: number;
  readonly z: number;
  readonly startYx: readonly [number, number];
  readonly stopYx: readonly [number, number];
}

/** A profile as the page draws it: for tiles of one side, or of all. */
export interface DrawnProfile {
  readonly side?: string;
  readonly shapeYx: readonly [number, number];
  readonly flatfield: Float32Array<ArrayBuffer>;
  readonly darkfield: Float32Array<ArrayBuffer>;
}

/** The verdict on a profile in the page's few words. */
export interface VerdictFacts {
  readonly kind: "improved" | "no-gain" | "worse";
  readonly confidence: string;
  readonly text: string;
  readonly seams?: {
    readonly before: number;
    readonly after: number;
    readonly betterCount: number;
    readonly count: number;
  };
  readonly profileError?: { readonly value: number; readonly low: number; readonly high: number };
}

/** The profiles of a channel, as they are drawn and as they are saved. */
export interface ChannelResult {
  readonly profiles: readonly DrawnProfile[];
  readonly verdict: VerdictFacts;
  /** `profiles.npz` by its path in a models folder. */
  readonly files: readonly (readonly [path: string, bytes: Uint8Array<ArrayBuffer>])[];
  /** The options of `isolux estimate` that make the same; none where the profile was given. */
  readonly options?: string;
  readonly warnings: readonly string[];
}

/** What the engine does. */
export interface Engine {
  open(source: Source): Promise<ImageFacts>;
  /** Counts, rows after rows. */
  readPlane(box: PlaneBox): Promise<Float32Array<ArrayBuffer>>;
  findEmpty(channels: readonly string[]): Promise<EmptyRegions>;
  /** @param given parameters of `isolux estimate` by their keys */
  estimate(channel: string, given: Readonly<Record<string, unknown>>): Promise<ChannelResult>;
  /** Takes a profile from a file of the user's. */
  useFile(channel: string, bytes: Uint8Array<ArrayBuffer>): Promise<ChannelResult>;
  /**
   * Writes the image, corrected by the profiles of all channels that have one, as an OME-Zarr into a folder.
   * @returns its name there
   */
  write(folder: FileSystemDirectoryHandle, name: string): Promise<string>;
  /** Writes small files into a folder, where none is replaced. */
  save(
    folder: FileSystemDirectoryHandle,
    files: readonly (readonly [path: string, content: BlobPart])[],
  ): Promise<void>;
  /** The report on the correction of all channels that have a profile, as a page. */
  report(command: string): Promise<string>;
  /** A plane of a tile, corrected by the kernel, to hold the picture against. */
  correctedTile(channel: string, tile: number, z: number): Promise<Float32Array<ArrayBuffer>>;
}

/** How far work is; `share` from 0 to 1 where that is known. */
export interface Progress {
  readonly text: string;
  readonly share?: number;
}

/** What a call has beside its arguments. */
interface Call {
  readonly signal: AbortSignal;
  readonly tell: (progress: Progress) => void;
}

/** The engine as its thread serves it. */
export type ServedEngine = {
  readonly [Name in keyof Engine]: (call: Call, ...args: Parameters<Engine[Name]>) => ReturnType<Engine[Name]>;
};

/** What it does for an image that is shown already. */
export type Work = Exclude<keyof Engine, "open" | "readPlane">;

export type ToEngine =
  | { readonly id: number; readonly kind: "call"; readonly name: keyof Engine; readonly arguments: readonly unknown[] }
  | { readonly id: number; readonly kind: "stop" };

export type FromEngine =
  | { readonly id: number; readonly kind: "result"; readonly value: unknown }
  | { readonly id: number; readonly kind: "failed"; readonly message: string; readonly fault: string }
  | { readonly id: number; readonly kind: "progress"; readonly progress: Progress };
