/** A page that shows profiles: maps, lines and figures in one self-contained HTML file. */
import type { GivenProfile } from "../../profile/npz-profile.ts";
import { formatNumber } from "../../quantities.ts";
import { formatShape } from "../../shapes.ts";
import { version } from "../../version.ts";
import { shrinkField } from "../picture/image.ts";
import { measureFlatfield } from "../plane-measures.ts";
import { commandText, html, type Markup } from "./markup.ts";
import { profilePictures } from "./profile-figures.ts";
import { page } from "./style.ts";

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
