/** What the page shows, as signals: set by actions, read by all parts. */
import { computed, signal } from "@preact/signals";
import type { EmptyRegions } from "isolux";
import type { ChannelResult, ImageFacts } from "./engine/messages.ts";
import type { View } from "./picture/painter.ts";

/** The open image. */
export const image = signal<ImageFacts | undefined>(undefined);
export const channel = signal(0);
/** The plane that is shown, of the full resolution. */
export const z = signal(0);
/** Counts that are black and white; found from the plane until the user sets them. */
export const grey = signal<readonly [number, number]>([0, 1]);
export const isGreySet = signal(false);
export const view = signal<View>({ x: 0, y: 0, scale: 1 });
/** Whether all of the mosaic is shown, however large the picture becomes: until the user moves it. */
export const showsAll = signal(true);
/** Width and height of the picture, in pixels of the page. */
export const pictureSize = signal<readonly [number, number]>([0, 0]);
/** The line between before and after, as a share of the picture's width. */
export const split = signal(0.5);
export const showsTiles = signal(true);

/** Tiles that the user takes for empty, by number; planes before the first and after the second number. */
export const emptyTiles = signal<ReadonlySet<number>>(new Set());
export const emptyPlanes = signal<readonly [number, number] | undefined>(undefined);
export const found = signal<EmptyRegions | undefined>(undefined);
/** What the camera shows without light, in counts, as the user typed it; empty where it is not known. */
export const offset = signal("");

/** Where a profile comes from: empty tiles, the choice of Isolux, BaSiC, or a file of the user's. */
export type Way = "empty" | "choose" | "basic" | "file";
/** Profiles by channel label. */
export const results = signal<ReadonlyMap<string, ChannelResult & { readonly way: Way }>>(new Map());

/** Where the image of a server of this machine lies, for commands. */
export const source = signal<string | undefined>(undefined);
/** What was written or saved last, as a sentence. */
export const written = signal<string | undefined>(undefined);

/** Work that is going on. */
export interface Busy {
  readonly text: string;
  readonly share?: number;
  readonly stop?: () => void;
}
export const busy = signal<Busy | undefined>(undefined);
/** What went wrong, as a sentence. */
export const trouble = signal<string | undefined>(undefined);

/** The image as commands name it: where it lies, its address, or the name of its folder. */
export const imagePlace = computed(() => source.value ?? image.value?.address ?? image.value?.name ?? "IMAGE");
export const label = computed(() => image.value?.channels[channel.value]?.label ?? "");
export const result = computed(() => results.value.get(label.value));
/** Whether anything is marked as empty. */
export const hasEmpty = computed(() => emptyTiles.value.size > 0 || emptyPlanes.value !== undefined);
export const depth = computed(() => image.value?.levels[0]?.shapeZyx[0] ?? 0);
