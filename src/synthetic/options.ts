/** The options of a synthetic acquisition, its light sheet among them, with defaults for a small and quick one. */
import { IsoluxError } from "../errors.ts";
import { elementCount, formatShape, type PixelType, type Yx, type Zyx } from "../shapes.ts";
import type { Codec } from "../zarr/metadata/metadata.ts";

/** One channel of the scene. Brightnesses are counts where the flat-field is 1. */
export interface SyntheticChannel {
  readonly label: string;
  readonly wavelengthId: string;
  /** RGB as six hexadecimal digits. */
  readonly color: string;
  /** Light in the whole field, also where there is no sample, in planes without any sample. */
  readonly background: number;
  /** Smooth light of the tissue, on top of the background. */
  readonly autofluorescence: number;
  /** Light of a labelled cell or fibre at its brightest, on top of the tissue. */
  readonly labelled: number;
}

/**
 * What the sample is: `organ`, a body of the shape of a brain; `filled`, tissue in all tiles to their edges; `shell`, a
 * hollow body; `vessels`, thin tubes through the body and nothing else; `small`, a body in a corner of an else empty
 * volume; `left halves`, tissue in the left half of every tile; `grown`, an organ with the look of tissue, for pictures.
 */
export type SampleKind = "organ" | "filled" | "shell" | "vessels" | "small" | "left halves" | "grown";

/** The options of a synthetic acquisition; see {@link syntheticDefaults}. */
export interface SyntheticOptions extends Imperfections {
  /** Rows and columns of the grid of tiles. */
  readonly gridYx: Yx;
  /** Places of the grid, as row and column, where no tile was taken: a ragged grid. */
  readonly absentYx: readonly Yx[];
  /** Tiles without sample: those of the grid's four corners, or the places named. */
  readonly emptyTiles: "corners" | readonly Yx[];
  /** Planes without sample at either end of the stack. */
  readonly emptyPlanesPerEnd: number;
  readonly tileShapeYx: Yx;
  /** Fraction of a tile that its neighbour shows too; steps are rounded to whole pixels. */
  readonly overlap: number;
  readonly planes: number;
  readonly channels: readonly SyntheticChannel[];
  /** Size of a pixel in µm. */
  readonly pixelSizeZyx: Zyx;
  readonly pixelType: PixelType;
  /** How much brighter the background is amid the sample, which scatters light: 1 doubles it. */
  readonly scatter: number;
  /** Fraction of the light that is lost from the first plane to the last, as the sample and its medium bleach. */
  readonly bleaching: number;
  /** Fraction of the boxes of 3 planes and 8 x 8 pixels that contain a bright speck, in empty tiles and planes too. */
  readonly debris: number;
  /** Light that reaches the camera past the light sheet: a glow from one edge of the tiles at these places. */
  readonly strayLight: { readonly placesYx: readonly Yx[]; readonly brightness: number };
  /**
   * How bright the light of single tiles is: the standard deviation of its logarithm, or each tile's in their order.
   */
  readonly tileGains: number | readonly number[];
  /** How far the darkest pixel of the flat-field lies below the brightest: 0.3 is 30 %. */
  readonly vignetting: number;
  /** The dark-field's range over the field, in counts. */
  readonly darkfield: number;
  /** A constant that the camera adds everywhere, in counts. */
  readonly cameraOffset: number;
  /** Photon noise: counts are photo-electrons. Without it, no noise at all. */
  readonly noise: boolean;
  /** Standard deviation of the camera's read noise, in counts. */
  readonly readNoise: number;
  /** Chunks of every level, as planes, rows and columns. */
  readonly chunkShapeZyx: Zyx;
  readonly levelCount: number;
  readonly codec: Codec;
  /** Whether to write the tables of tiles. Without them an image reads as a single tile. */
  readonly tables: boolean;
  readonly imageName: string;
  readonly seed: number;
}

/** Options that are off by default. */
interface Imperfections {
  /** Default: `organ`. */
  readonly sample?: SampleKind;
  /** Fraction of the boxes, of three planes and the size of a large cell, in which a shadow begins. Default: 0. */
  readonly shadows?: number;
  /** The largest error of a tile's stage position, in whole pixels along either axis. Default: 0. */
  readonly jitterPx?: number;
  /** The light sheet that makes the flat-field. Default: a smooth, lopsided bowl. */
  readonly sheet?: LightSheet;
  /** Whether the right half of the grid is lit from the right, by a light path of its own. Default: no. */
  readonly twoSides?: boolean;
  /** Specks of dust on the camera's glass. Default: 0. */
  readonly dust?: number;
  /** Contrast of interference fringes: 0.02 makes the flat-field 2 % brighter and darker. Default: 0. */
  readonly fringes?: number;
  /** Standard deviation of the camera's offset from pixel to pixel, the same in all planes, in counts. Default: 0. */
  readonly offsetSpread?: number;
  /** Standard deviation of a camera column's offset, different in every plane, in counts. Default: 0. */
  readonly columnNoise?: number;
  /** The counts at which the camera saturates. Default: where the type of pixels ends. */
  readonly saturation?: number;
}

/** A green channel and a red one, as bright as a 16-bit camera shows them. */
const defaultChannels: readonly SyntheticChannel[] = [
  { label: "MBP", wavelengthId: "488", color: "4FC3F7", background: 240, autofluorescence: 500, labelled: 1500 },
  { label: "Lectin", wavelengthId: "561", color: "F06292", background: 180, autofluorescence: 350, labelled: 2200 },
];

/** A small acquisition of 3 x 3 tiles with empty corners, written in milliseconds. */
export const syntheticDefaults: SyntheticOptions = {
  gridYx: [3, 3],
  absentYx: [],
  emptyTiles: "corners",
  emptyPlanesPerEnd: 1,
  tileShapeYx: [24, 20],
  overlap: 0.1,
  planes: 6,
  channels: defaultChannels,
  pixelSizeZyx: [5, 1.1, 1.1],
  pixelType: "uint16",
  scatter: 1,
  bleaching: 0,
  debris: 0,
  strayLight: { placesYx: [], brightness: 0 },
  tileGains: 0,
  vignetting: 0.3,
  darkfield: 4,
  cameraOffset: 0,
  noise: true,
  readNoise: 1.5,
  chunkShapeZyx: [4, 32, 32],
  levelCount: 2,
  codec: { kind: "blosc", inner: "lz4", level: 5, shuffle: "byte", blockBytes: 0 },
  tables: true,
  imageName: "raw_image",
  seed: 0,
};

/**
 * The given options completed by the defaults. For uint8 the default channels are a tenth as bright.
 * @throws IsoluxError `usage` for options that describe no acquisition
 */
export function completeOptions(given: Partial<SyntheticOptions>): SyntheticOptions {
  const options = { ...syntheticDefaults, ...given };
  const channels =
    given.channels === undefined && options.pixelType === "uint8" ? options.channels.map(tenth) : options.channels;
  const completed = { ...options, channels };
  checkOptions(completed);
  return completed;
}

function tenth(channel: SyntheticChannel): SyntheticChannel {
  const { background, autofluorescence, labelled } = channel;
  return {
    ...channel,
    background: background / 10,
    autofluorescence: autofluorescence / 10,
    labelled: labelled / 10,
  };
}

function checkOptions(options: SyntheticOptions): void {
  const counts: readonly (readonly [string, readonly number[]])[] = [
    ["gridYx", options.gridYx],
    ["tileShapeYx", options.tileShapeYx],
    ["planes", [options.planes]],
    ["levelCount", [options.levelCount]],
    ["chunkShapeZyx", options.chunkShapeZyx],
    ["channels", [options.channels.length]],
  ];
  for (const [name, values] of counts) {
    if (!values.every((value) => Number.isInteger(value) && value > 0)) {
      throw refused(name, formatShape(values), "positive whole numbers");
    }
  }
  const { overlap, vignetting, emptyPlanesPerEnd, bleaching, debris } = options;
  if (!(overlap >= 0 && overlap < 1)) throw refused("overlap", String(overlap), "0 or more and below 1");
  if (!(vignetting >= 0 && vignetting < 1)) throw refused("vignetting", String(vignetting), "0 or more and below 1");
  if (!(bleaching >= 0 && bleaching < 1)) throw refused("bleaching", String(bleaching), "0 or more and below 1");
  if (!(debris >= 0 && debris <= 1)) throw refused("debris", String(debris), "0 to 1");
  if (!(Number.isInteger(emptyPlanesPerEnd) && emptyPlanesPerEnd >= 0)) {
    throw refused("emptyPlanesPerEnd", String(emptyPlanesPerEnd), "a whole number");
  }
  checkImperfections(options);
  if (options.absentYx.length >= elementCount(options.gridYx)) {
    throw refused("absentYx", `${options.absentYx.length} places`, "at least one tile left in the grid");
  }
}

function checkImperfections(options: Imperfections): void {
  const { shadows = 0, fringes = 0, jitterPx = 0, dust = 0, sheet } = options;
  if (!(shadows >= 0 && shadows <= 1)) throw refused("shadows", String(shadows), "0 to 1");
  if (!(fringes >= 0 && fringes < 1)) throw refused("fringes", String(fringes), "0 or more and below 1");
  for (const [name, value] of [
    ["jitterPx", jitterPx],
    ["dust", dust],
  ] as const) {
    if (!(Number.isInteger(value) && value >= 0)) throw refused(name, String(value), "a whole number");
  }
  if (sheet === undefined) return;
  const { rayleigh, sweep, height, cornerLoss } = sheet;
  const isSheet = rayleigh > 0 && sweep >= 0 && sweep <= 1 && height > 0 && cornerLoss >= 0 && cornerLoss < 1;
  if (!isSheet) {
    const expected = "lengths above 0, a sweep from 0 to 1, and a corner loss of 0 or more and below 1";
    throw refused("sheet", JSON.stringify(sheet), expected);
  }
}

function refused(where: string, found: string, expected: string): IsoluxError {
  return new IsoluxError({
    kind: "usage",
    what: "A synthetic acquisition cannot be made with these options",
    where,
    found,
    expected,
  });
}

/**
 * The flat-field of a light sheet and a detection objective together: the light at the waist and away from it, the
 * height of the sheet, and the light that the objective loses towards the corners.
 *
 * Lengths are in half fields: the field spans -1 to 1 along both axes. The light travels along the columns, from the
 * left or from the right.
 */

/** A light sheet and its detection objective. */
export interface LightSheet {
  /** Rayleigh length: at this distance from its waist the sheet is √2 times as thick, and as many times as faint. */
  readonly rayleigh: number;
  /** How far the waist is swept along with the camera's rows: 0 where it stands still, 1 where it is everywhere. */
  readonly sweep: number;
  /** Distance above and below its middle at which the sheet has 1/e² of its light. */
  readonly height: number;
  /** Part of the light that the objective loses in the corners, by the fourth power of the cosine. */
  readonly cornerLoss: number;
  /** How much farther along the light the waist is in the last plane than in the first. */
  readonly drift: number;
}
