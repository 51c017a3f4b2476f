/** Shows profiles: as figures and a map on the terminal, or as an HTML page. */

import { basename, dirname, resolve } from "node:path";
import { IsoluxError } from "../../errors.ts";
import { FilePlace } from "../../pipeline/places/file-place.ts";
import { shellWord } from "../../plain-text.ts";
import type { ProfileKind } from "../../profile/formats/profile-files.ts";
import { formatNumber } from "../../quantities.ts";
import { profilePage, type ShownProfile } from "../../report/page/profile-page.ts";
import { rangeOf, shrinkField } from "../../report/picture/image.ts";
import { type FlatfieldMeasures, measureFlatfield } from "../../report/plane-measures.ts";
import type { Yx } from "../../shapes.ts";
import { DirectoryStore } from "../../zarr/disk/directory-store-node.ts";
import { placeOf, readOne } from "./profile-input.ts";

/** A request to show profiles. */
interface ShowRequest {
  readonly input: string;
  /** The format of the input; recognised by default. */
  readonly from?: ProfileKind;
  readonly channels: readonly string[];
  /** An HTML file to write. */
  readonly output?: string;
  readonly overwrite: boolean;
}

/** The figures of a profile. */
interface ProfileLook {
  readonly channel?: string;
  readonly files: readonly string[];
  readonly shapeYx: Yx;
  readonly flatfield: FlatfieldMeasures;
  readonly darkfield: { readonly min: number; readonly max: number };
  /** In counts. */
  readonly baseline: number;
  /** The flat-field, reduced to a few rows and columns. */
  readonly map: { readonly shapeYx: Yx; readonly values: readonly number[] };
  readonly notes: readonly string[];
}

/** Profiles that were shown, and the page that was written. */
export interface ShowSummary {
  readonly input: string;
  readonly profiles: readonly ProfileLook[];
  readonly output?: string;
}

/** Columns and rows of the map on the terminal, whose characters are twice as high as wide. */
const [mapColumns, mapRows] = [40, 14];

/** Reads profiles and draws them. @throws IsoluxError `output` where the page is there already, and as the readers */
export async function showProfile(request: ShowRequest): Promise<ShowSummary> {
  const { input, from, channels, output, overwrite } = request;
  const page = output === undefined ? undefined : resolve(output);
  const store = page === undefined ? undefined : new DirectoryStore(dirname(page));
  const written =
    store && page && (await FilePlace.find({ store, key: basename(page) }, overwrite, () => isThere(page)));
  const place = placeOf(input);
  const shown: ShownProfile[] = [];
  for (const channel of channels.length === 0 ? [undefined] : channels) {
    const { files, given } = await readOne(place, from, channel);
    const names = files.second === undefined ? [files.main] : [files.main, files.second];
    shown.push({ channel, files: names, given });
  }
  if (written && output) {
    const words = [input, ...(channels.length === 0 ? [] : ["--channel", channels.join(",")]), "--output", output];
    const command = `isolux profile show ${words.map(shellWord).join(" ")}`;
    await written.put(new TextEncoder().encode(profilePage(basename(resolve(input)), shown, command)));
  }
  return { input, profiles: shown.map(lookAt), output: page };
}

function isThere(where: string): IsoluxError {
  const advice = "Give --overwrite to replace it, or another output";
  return new IsoluxError({ kind: "output", what: "The file already exists", where, advice });
}

function lookAt({ channel, files, given: { profile, notes, warnings = [] } }: ShownProfile): ProfileLook {
  const { shapeYx, flatfield, darkfield, baseline } = profile;
  const [min, max] = rangeOf(darkfield);
  const factor = Math.max(shapeYx[1] / mapColumns, shapeYx[0] / mapRows / 2, 1);
  const small = shrinkField(flatfield, shapeYx, Math.ceil(Math.max(...shapeYx) / factor));
  return {
    channel,
    files,
    shapeYx,
    flatfield: measureFlatfield(flatfield, shapeYx),
    darkfield: { min, max },
    baseline,
    map: { shapeYx: small.shapeYx, values: [...small.values] },
    notes: [...notes, ...warnings],
  };
}

/** The text on profiles. */
export function showText({ profiles, output }: ShowSummary): string {
  return profiles.map(lookText).join("\n") + (output === undefined ? "" : `\nPage written: ${output}\n`);
}

function lookText({ channel, files, shapeYx, flatfield, darkfield, baseline, map, notes }: ProfileLook): string {
  const { min, max, depth, roughnessRatio } = flatfield;
  const name = channel === undefined ? files.join(", ") : `${channel}: ${files.join(", ")}`;
  const lines = notes.map((note) => `  ${note}\n`).join("");
  return `${name}
${blockMap(map)}  flat-field  ${formatNumber(min)} - ${formatNumber(max)}, depth ${(100 * depth).toFixed(1)} % (${shapeYx.join(" x ")} px)
  along x     ${line(map, "x")}
  along y     ${line(map, "y")}
  roughness   ${formatNumber(roughnessRatio)} times that of smooth light
  dark-field  ${formatNumber(darkfield.min)} - ${formatNumber(darkfield.max)}
  baseline    ${formatNumber(baseline)}
${lines}`;
}

const shades = " ░▒▓█";

/** The map with two rows per line, brighter pixels as fuller characters. */
function blockMap({ shapeYx: [rows, columns], values }: ProfileLook["map"]): string {
  const [least, most] = rangeOf(values);
  let text = "";
  for (let y = 0; y < rows; y += 2) {
    text += "  ";
    for (let x = 0; x < columns; x++) {
      const below = y + 1 < rows ? values[(y + 1) * columns + x]! : values[y * columns + x]!;
      const share = ((values[y * columns + x]! + below) / 2 - least) / (most - least || 1);
      text += shades[Math.min(shades.length - 1, Math.floor(share * shades.length))];
    }
    text += "\n";
  }
  return text;
}

/** Five values along the line through the centre. */
function line({ shapeYx: [rows, columns], values }: ProfileLook["map"], axis: "x" | "y"): string {
  const length = axis === "x" ? columns : rows;
  const at = (share: number) => Math.min(length - 1, Math.round(share * (length - 1)));
  const value = (i: number) =>
    axis === "x" ? values[(rows >> 1) * columns + i]! : values[i * columns + (columns >> 1)]!;
  return [0, 0.25, 0.5, 0.75, 1].map((share) => formatNumber(value(at(share)))).join("  ");
}
