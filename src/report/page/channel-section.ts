/** What a report shows of one channel. */

import { type FieldImage, rangeOf } from "../picture/field-image.ts";
import { verdictWord } from "../quality/verdict-words.ts";
import { compareFigure } from "./compare-figure.ts";
import type { DrawnChannel } from "./drawn-channel.ts";
import { fieldFigure } from "./field-figure.ts";
import { figuresTable } from "./figures-table.ts";
import { gainFigures } from "./gain-map.ts";
import { html, type Markup } from "./markup.ts";
import { planesTable } from "./planes-table.ts";
import { profileFigures } from "./profile-figures.ts";
import { seamFigures } from "./seam-figures.ts";

/** Draws a channel. @param isOnly whether there is no other, so that the verdict on the image is that on it */
export function channelSection(channel: DrawnChannel, isOnly: boolean): Markup {
  const { quality, id } = channel;
  return html`<section aria-labelledby="${id}">
<h2 id="${id}">${quality.label}</h2>
${isOnly ? html`` : html`<div class="verdict ${quality.verdict.kind}"><p><strong>${verdictWord(quality.verdict.kind)}.</strong> ${quality.verdict.reason}</p></div>`}
${figuresTable(quality)}
<h3>Before and after</h3>
${compareFigure({ ...channel, label: quality.label, id: `${id}-picture` })}
${profileFigures(channel)}
${meanFigures(channel)}
${seamFigures(channel)}
${gainFigures(channel)}
${planesTable(channel)}
</section>`;
}

function meanFigures({ meanBefore, meanAfter, quality }: DrawnChannel): Markup {
  const [before, after] = [relative(meanBefore), relative(meanAfter)];
  const range = rangeOf([...before.values, ...after.values]);
  const caption = (which: string) =>
    `${which}: the mean of ${quality.planes.length} planes of tiles, over its own mean. Both maps have the same colours.`;
  return html`<h3>The field on average</h3><div class="figures">
${fieldFigure({ title: "Before", caption: caption("As it was taken"), image: before, range, contours: false })}
${fieldFigure({ title: "After", caption: caption("Corrected"), image: after, range, contours: false })}
</div>`;
}

function relative({ values, shapeYx }: FieldImage): FieldImage {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length || 1;
  return { shapeYx, values: values.map((value) => value / mean) };
}
