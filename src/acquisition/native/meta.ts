import { IsoluxError } from "../../errors.ts";
import type { Yx, Zyx } from "../../shapes.ts";
import type { IlluminationSide } from "../../tiles/tile.ts";
import type { Instrument } from "../acquisition.ts";
import type { TileView } from "../tile-view.ts";

/** What a block says, by section and key, as the file spells them; the section before the first heading is `""`. */
type MetaSections = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** The section about what the microscope's software did to planes before it stored them. */
export const processing = "IMAGE PROCESSORS";
/** Sections about this acquisition; others are about the microscope. */
const ofAcquisition: ReadonlySet<string> = new Set([
  ...["", "CFG", "POSITION", "ETL PARAMETERS", "GALVO PARAMETERS", "CAMERA PARAMETERS", "TIMING INFORMATION"],
]);

/**
 * What a `_meta.txt` says of one view. Each value is checked when it is asked for.
 * All getters throw an IsoluxError: `corrupt` where the key is missing or its value is not of its kind, `invalid` where
 * it cannot be.
 */
export class MetaBlock {
  /** The file, and the block's number where there are several. */
  readonly where: string;
  readonly sections: MetaSections;
  /** Whether the view was acquired to its end: an aborted one lacks the closing lines. */
  readonly isFinished: boolean;
  readonly #plain: MetaSections;

  constructor(where: string, sections: MetaSections, isEnded: boolean) {
    this.where = where;
    this.sections = sections;
    this.#plain = plainlySpelled(sections);
    // Before the closing line came into use, the times showed it.
    this.isFinished = isEnded || this.find("TIMING INFORMATION", "Stopped stack") !== undefined;
  }

  /**
   * A value as it stands, or `undefined` where there is none. Older versions spell keys with underscores; files that hold
   * a few keys only have no headings.
   */
  find(section: string, key: string): string | undefined {
    const own = this.#plain.get(plain(section)) ?? this.#plain.get("");
    return own?.get(plain(key));
  }

  /** Whether it says where the stage was. */
  get isPlaced(): boolean {
    const has = (key: string) => this.find("POSITION", key) !== undefined;
    return this.sections.has("POSITION") || (has("x_pos") && has("y_pos"));
  }

  /** Everything by key; of a key in several sections, the first. */
  get all(): Readonly<Record<string, string>> {
    const entries = [...this.sections.values()].flatMap((section) => [...section]);
    return Object.fromEntries(entries.reverse());
  }

  /** The path, on the microscope's computer, of the image that is described. */
  get describedFile(): string {
    return this.#text("", "Metadata for file");
  }

  /** The laser as the microscope calls it, such as `488 nm`. */
  get laser(): string {
    return this.#text("CFG", "Laser");
  }

  /** The laser line alone, such as `488`; `undefined` where none is noted. */
  get channel(): string | undefined {
    return this.find("CFG", "Laser")?.replace(/\s*nm$/, "") || undefined;
  }

  /** The laser's intensity in percent. */
  get intensityPercent(): number {
    return this.#number("CFG", "Intensity (%)");
  }

  /** The magnification, such as `5x` or `4x Olympus`. */
  get zoom(): string {
    return this.#text("CFG", "Zoom");
  }

  /** Size of a pixel of the camera in µm, without binning. */
  get pixelSizeUm(): number {
    return this.#positive("CFG", "Pixelsize in um");
  }

  /** The emission filter, in free words. */
  get filter(): string {
    return this.#text("CFG", "Filter");
  }

  /** The side of the light sheet; `undefined` where the shutter lets both through. */
  get side(): IlluminationSide | undefined {
    const shutter = this.#text("CFG", "Shutter");
    return shutter === "Left" || shutter === "Right" ? shutter : undefined;
  }

  /** Where the stage was at the first plane, in µm. */
  get stageUmZyx(): Zyx {
    return [this.#zStart(), this.#number("POSITION", "y_pos"), this.#number("POSITION", "x_pos")];
  }

  /** Snapshots have a position of their own along z; files of a few keys may have none. */
  #zStart(): number {
    const key = this.find("POSITION", "z_start") === undefined ? "z_pos" : "z_start";
    return this.find("POSITION", key) === undefined ? 0 : this.#number("POSITION", key);
  }

  /** Where the stage was, along z, after the last plane, in µm; before the start where it ran downward. */
  get zEndUm(): number {
    return this.#number("POSITION", "z_end");
  }

  /** Whether the stage moved towards smaller z. */
  get runsDown(): boolean {
    const [start, end] = [Number(this.find("POSITION", "z_start")), Number(this.find("POSITION", "z_end"))];
    return end < start;
  }

  /** The distance between planes in µm, whichever way the stage moved. */
  get zStepUm(): number {
    const step = Math.abs(this.#number("POSITION", "z_stepsize"));
    if (step > 0) return step;
    throw this.#fault("invalid", "POSITION", "z_stepsize", "a number other than 0");
  }

  /** How many planes were asked for. */
  get planeCount(): number {
    return this.#positive("POSITION", "z_planes");
  }

  /** The sample's rotation in degrees. */
  get rotation(): number {
    return this.#number("POSITION", "rot");
  }

  /** The names of what the microscope's software did to planes before it stored them, in its order. */
  get processors(): string[] {
    const numbered = [...(this.#plain.get(plain(processing)) ?? [])].flatMap(([key, name]) => {
      const number = /^processor (\d+)$/.exec(key)?.[1];
      return number === undefined || name === "" ? [] : [{ number: Number(number), name }];
    });
    return numbered.sort((a, b) => a.number - b.number).map(({ name }) => name);
  }

  /** The factor of binning by the software, of several processors the product; `undefined` where it did not bin. */
  get binning(): number | undefined {
    if (!this.processors.some((name) => isSameProcessor(name, "Binning"))) return undefined;
    const told = [...(this.#plain.get(plain(processing)) ?? [])].filter(([key]) => /^bin factor( \(\d+\))?$/.test(key));
    const factor = told.reduce((product, [, value]) => product * Number(value), 1);
    return told.length > 0 && Number.isSafeInteger(factor) && factor > 0 ? factor : undefined;
  }

  /** What the configuration tells of the microscope, its objective and its software's processors, by section. */
  get instrument(): Instrument {
    const stated = [...this.sections].filter(([name, entries]) => !ofAcquisition.has(name) && entries.size > 0);
    return Object.fromEntries(stated.map(([name, entries]) => [name, Object.fromEntries(entries)]));
  }

  /** The rows and columns of a saved plane, without binning: the microscope turns the camera's image by 90 degrees. */
  get planeShapeYx(): Yx {
    return [this.#positive("CAMERA PARAMETERS", "x_pixels"), this.#positive("CAMERA PARAMETERS", "y_pixels")];
  }

  #text(section: string, key: string): string {
    const text = this.find(section, key);
    if (text !== undefined) return text;
    const under = section === "" ? "" : ` under [${section}]`;
    throw new IsoluxError({
      kind: "corrupt",
      what: `The metadata of the acquisition lack [${key}]${under}`,
      where: this.where,
    });
  }

  #number(section: string, key: string): number {
    const text = this.#text(section, key);
    const value = Number(text);
    if (text !== "" && Number.isFinite(value)) return value;
    throw this.#fault("corrupt", section, key, "a number");
  }

  #positive(section: string, key: string): number {
    const value = this.#number(section, key);
    if (value > 0) return value;
    throw this.#fault("invalid", section, key, "a number above 0");
  }

  #fault(kind: "corrupt" | "invalid", section: string, key: string, expected: string): IsoluxError {
    return new IsoluxError({
      kind,
      what: `The metadata of the acquisition have an unusable [${key}]`,
      where: this.where,
      found: JSON.stringify(this.find(section, key)),
      expected,
    });
  }
}

/** What a view tells of the microscope and of what its software did to the pixels. */
export function processedBy(block: MetaBlock | undefined): Pick<TileView, "processors" | "instrument"> {
  if (block === undefined) return {};
  const { processors, instrument } = block;
  return {
    ...(processors.length > 0 && { processors }),
    ...(Object.keys(instrument).length > 0 && { instrument }),
  };
}

/** Of keys that are spelled alike the first counts. */
function plainlySpelled(sections: MetaSections): MetaSections {
  const spelled = new Map<string, Map<string, string>>();
  for (const [section, entries] of sections) {
    const own = spelled.get(plain(section)) ?? new Map<string, string>();
    spelled.set(plain(section), own);
    for (const [key, value] of entries) if (!own.has(plain(key))) own.set(plain(key), value);
  }
  return spelled;
}

/** Whether two names of processors differ in their spelling only. */
export function isSameProcessor(one: string, other: string): boolean {
  const letters = (name: string) => name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
  return letters(one) === letters(other);
}

function plain(key: string): string {
  return key.toLowerCase().replaceAll("_", " ").trim();
}
