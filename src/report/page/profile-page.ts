/** Profiles in HTML: maps, lines through the centre and figures; and a page of its own for them. */
import type { GivenProfile } from "../../profile/npz-profile.ts";
import { formatNumber } from "../../quantities.ts";
import { boxShape, formatShape, type Yx } from "../../shapes.ts";
import type { Tile } from "../../tiles/tile.ts";
import { version } from "../../version.ts";
import { type FieldImage, rangeOf, shrinkField } from "../picture/image.ts";
import { measureFlatfield } from "../plane-measures.ts";
import { fieldFigure, lineChart } from "./charts.ts";
import type { DrawnChannel, DrawnProfile } from "./drawn-channel.ts";
import { commandText, html, type Markup, page } from "./markup.ts";

/** A profile and the names of its files. */
export interface ShownProfile {
  /** Its channel, where it was chosen from several. */
  readonly channel?: string;
  readonly files: readonly string[];
  readonly given: GivenProfile;
}

/** The largest size of drawn profiles, in pixels along either axis. */
const profilePx = 256;

/** Returns the page. @param command the command that makes the same */
export function profilePage(title: string, profiles: readonly ShownProfile[], command: string): string {
  const body = html`<header><p class="kicker">Isolux · illumination profile</p><h1>${title}</h1></header>
<main>${profiles.map(profileSection)}
<section><h2>How to repeat it</h2>${commandText(command)}</section></main>
<footer><p>Isolux ${version}. Colours: viridis, by N. Smith and S. van der Walt (CC0), polynomials by M. Zucker (CC0). This page needs no network.</p></footer>`;
  return page(title, body);
}

function profileSection({ channel, files, given }: ShownProfile): Markup {
  const { profile, baselineMeaning, field, notes } = given;
  const { shapeYx } = profile;
  const measures = measureFlatfield(profile.flatfield, shapeYx);
  const drawn = {
    origin: "known" as const,
    flatfield: shrinkField(profile.flatfield, shapeYx, profilePx),
    offset: shrinkField(profile.darkfield, shapeYx, profilePx),
  };
  return html`<section><h2>${channel ?? files[0]}</h2>
${profilePictures(drawn)}
<dl><dt>Files</dt><dd>${files.join(", ")}</dd>
<dt>Shape</dt><dd>${formatShape(shapeYx)} px${field === undefined ? "" : `, for tiles of ${formatShape(field.shapeYx)} px`}</dd>
<dt>Flat-field</dt><dd>${formatNumber(measures.min)} to ${formatNumber(measures.max)}; depth ${(100 * measures.depth).toFixed(1)} %; roughness ${measures.roughnessRatio.toFixed(1)} times that of smooth light</dd>
<dt>Baseline</dt><dd>${formatNumber(profile.baseline)} counts, ${baselineMeaning === "offset" ? "an offset" : "the brightness of the background"}</dd></dl>
${notes.length === 0 ? html`` : html`<ul class="flags">${notes.map((note) => html`<li>${note}</li>`)}</ul>`}</section>`;
}

/** The profiles of a channel, with their figures. */
export function profileFigures({ profiles, quality, tiles, pixelSizeUmYx }: DrawnChannel): Markup {
  if (profiles.length === 0) return html``;
  const field = `The field is ${fieldText(tiles, pixelSizeUmYx)}.`;
  return html`<h3>More on the profile</h3>${profiles.map((profile, index) => {
    const measures = quality.profiles[index]?.measures;
    const rough =
      measures === undefined
        ? field
        : `${field} Depth ${(100 * measures.depth).toFixed(0)} %, roughness ${measures.roughnessRatio.toFixed(1)} times that of smooth light.`;
    return html`<p>${rough}</p><div class="figures">${moreOfProfile(profile)}</div>`;
  })}`;
}

/** The flat-fields of a channel as maps. */
export function flatfieldFigures({ profiles, quality }: DrawnChannel): Markup {
  if (profiles.length === 0) return html``;
  return html`<div class="figures">${profiles.map((profile) => flatfieldFigure(profile, quality.label))}</div>`;
}

function flatfieldFigure({ side, origin, flatfield }: DrawnProfile, label?: string): Markup {
  const from = origin === "known" ? "The profile that was used." : "Recovered from the pixels before and after.";
  const title = ["Flat-field", label, side].filter((word) => word !== undefined).join(", ");
  const caption = `${from} Light of the field, mean 1; isolux lines join points of equal light.`;
  return fieldFigure({ title, caption, image: flatfield, contours: true });
}

/** The size of the fields: `2048 x 2048 px (y, x), 10.6 mm x 10.6 mm`. */
function fieldText([first]: readonly Tile[], [sizeY, sizeX]: Yx): string {
  if (first === undefined) return "not known";
  const [, rows, columns] = boxShape(first.box);
  return `${rows} x ${columns} px (y, x), ${formatLength(rows * sizeY)} x ${formatLength(columns * sizeX)}`;
}

/** The maps and lines of a profile. */
function profilePictures(profile: DrawnProfile): Markup {
  return html`<div class="figures">${flatfieldFigure(profile)}${moreOfProfile(profile)}</div>`;
}

/** Lines through the flat-field of a profile, and its dark-field: a map, or where it is even a sentence, which comes last. */
function moreOfProfile({ side, origin, flatfield, offset }: DrawnProfile): Markup {
  const of = side === undefined ? "" : `, ${side}`;
  const [least, most] = rangeOf(flatfield.values);
  const margin = 0.05 * (most - least || 1);
  const lines = centreLines(flatfield);
  const isDark = origin === "known";
  return html`<figure>${lineChart(
    {
      title: `Flat-field${of} along the row and the column through its centre`,
      xLabel: "place in the field, %",
      yLabel: "flat-field",
      xRange: [0, 100],
      yRange: [least - margin, most + margin],
    },
    [
      { name: "along x", values: lines.alongX, look: "second" },
      { name: "along y", values: lines.alongY, look: "first" },
    ],
  )}<figcaption><strong>Through the centre${of}.</strong> The flat-field along its middle row (x) and its middle column (y).</figcaption></figure>
${offsetFigure(`${isDark ? "Dark-field" : "Offset"}${of}`, isDark, offset)}`;
}

/** An offset that is the same everywhere is given as a number, not as a map. */
function offsetFigure(title: string, isDark: boolean, image: FieldImage): Markup {
  const [least, most] = rangeOf(image.values);
  if (least === most) return html`<p><strong>${title}:</strong> ${formatNumber(least)} counts everywhere.</p>`;
  const caption = isDark
    ? "Counts without light, subtracted before the division."
    : "Counts subtracted before the division, including a background.";
  return fieldFigure({ title, caption, image, unit: "counts", contours: false });
}

function centreLines({ values, shapeYx: [rows, columns] }: FieldImage): { alongX: Float32Array; alongY: Float32Array } {
  const [row, column] = [Math.floor(rows / 2), Math.floor(columns / 2)];
  return {
    alongX: values.slice(row * columns, (row + 1) * columns),
    alongY: Float32Array.from({ length: rows }, (_, y) => values[y * columns + column]!),
  };
}

/** A length with about three figures in the unit that suits it: `850 µm`, `1.2 mm`. */
export function formatLength(um: number): string {
  const [value, unit] = um >= 1000 ? [um / 1000, "mm"] : um >= 1 ? [um, "µm"] : [um * 1000, "nm"];
  return `${Number(value.toPrecision(3))} ${unit}`;
}
