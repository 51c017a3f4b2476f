// Draws the diagrams of the pages: `node docs/images/diagrams.mjs` writes them beside this file.
import { writeFileSync } from "node:fs";

const ink = "#1f2937";
const [blue, orange, grey, green] = ["#2563eb", "#c2570c", "#6b7280", "#15803d"];

/** The light across a tile, from 0 to 1: mean about 1, dimmer at the edges. */
const light = (x) => 1.12 - 1.5 * (x - 0.5) ** 2;
/** Cells on a background, in counts of light. */
const sample = (x) => 200 + [0.2, 0.5, 0.82].reduce((sum, at) => sum + 260 * Math.exp(-(((x - at) / 0.035) ** 2)), 0);

/** A curve over a box whose y axis goes from 0 to `most`. */
function curve(valueAt, { x, y, width, height, most }, colour, dash = "") {
  const points = Array.from({ length: 161 }, (_, n) => {
    const at = n / 160;
    return `${(x + at * width).toFixed(1)},${(y + height - (valueAt(at) / most) * height).toFixed(1)}`;
  });
  const dashed = dash === "" ? "" : ` stroke-dasharray="${dash}"`;
  return `<polyline points="${points.join(" ")}" fill="none" stroke="${colour}" stroke-width="2"${dashed}/>`;
}

function axes({ x, y, width, height }, title) {
  return [
    `<path d="M${x} ${y}V${y + height}H${x + width}" fill="none" stroke="${grey}"/>`,
    text(x + width / 2, y - 10, title, ink, "middle"),
    text(x + width / 2, y + height + 18, "along a row of the tile", grey, "middle"),
  ].join("\n");
}

function text(x, y, words, colour = ink, anchor = "start") {
  return `<text x="${x}" y="${y}" fill="${colour}" text-anchor="${anchor}">${words}</text>`;
}

function picture(width, height, title, parts) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" font-family="sans-serif" font-size="13">
<title>${title}</title>
<rect width="${width}" height="${height}" fill="#ffffff"/>
${parts.join("\n")}
</svg>
`;
}

/** What the camera shows, and what is left of it after correction. */
function profileTerms() {
  const before = { x: 20, y: 34, width: 300, height: 190, most: 640 };
  const after = { ...before, x: 440 };
  const baseline = after.y + after.height * (1 - 200 / after.most);
  return picture(780, 300, "Dark-field, flat-field and baseline along a row of a tile", [
    axes(before, "as the camera shows it"),
    curve((x) => 100 + light(x) * sample(x), before, ink),
    curve((x) => 100 + light(x) * 200, before, orange, "6 4"),
    curve(() => 100, before, blue, "2 3"),
    text(before.x + 6, before.y + before.height - 12, "dark-field: counts without light", blue),
    text(before.x + 70, before.y + before.height - 64, "flat-field: how the light varies", orange),
    `<path d="M345 129h50m-9-6l9 6l-9 6" fill="none" stroke="${ink}" stroke-width="2"/>`,
    text(370, 112, "(I - D) / F", ink, "middle"),
    axes(after, "corrected"),
    curve(sample, after, ink),
    `<path d="M${after.x} ${baseline}h${after.width}" stroke="${green}" stroke-width="2" stroke-dasharray="6 4"/>`,
    text(after.x + 6, baseline + 18, "baseline: background that remains;", green),
    text(after.x + 6, baseline + 36, "--background subtract takes it away", green),
    text(20, 284, "The three bright cells are equally bright: only the corrected row shows it.", grey),
  ]);
}

/** Why tiles differ where they overlap. */
function overlap() {
  const tile = (x, name) =>
    [
      `<rect x="${x}" y="30" width="300" height="110" fill="url(#light)" stroke="${ink}"/>`,
      text(x + 150, 24, `tile ${name}`, ink, "middle"),
    ].join("\n");
  const box = (x) => ({ x, y: 170, width: 300, height: 90, most: 1.3 });
  return picture(600, 320, "Two tiles that overlap: the same tissue seen through two parts of the field", [
    `<defs><radialGradient id="light" cx="50%" cy="50%" r="62%"><stop offset="0" stop-color="#e5e7eb" stop-opacity="0.95"/><stop offset="1" stop-color="#374151" stop-opacity="0.9"/></radialGradient></defs>`,
    tile(20, "A"),
    tile(260, "B"),
    `<rect x="260" y="30" width="60" height="230" fill="${orange}" fill-opacity="0.25" stroke="${orange}"/>`,
    curve(light, box(20), blue),
    curve(light, box(260), green),
    text(30, 252, "light in A", blue),
    text(550, 252, "light in B", green, "end"),
    text(290, 282, "overlap: the same tissue, through two parts of the field.", orange, "middle"),
    text(290, 302, "With a true profile A and B agree; without one their difference is the seam.", grey, "middle"),
  ]);
}

for (const [name, svg] of Object.entries({ "profile-terms": profileTerms(), overlap: overlap() })) {
  writeFileSync(new URL(`${name}.svg`, import.meta.url), svg);
}
