// Records commands as an animated SVG: what they print is run for real, the seconds between lines are not.
import { spawnSync } from "node:child_process";
import { symlinkSync } from "node:fs";
import { join } from "node:path";

const rows = 27;
const columns = 88;
const [lineHeight, letterWidth, margin] = [18, 7.83, 14];

/** The commands of a first run, on the image of a demonstration. */
const steps = [
  ["inspect", "demo.zarr/raw_image"],
  ["estimate", "demo.zarr/raw_image", "--fov-list", "1,3,7,9", "--output", "profiles"],
  ["correct", "demo.zarr/raw_image", "--models-folder", "profiles", "--output", "corrected"],
  ["check", "demo.zarr/raw_image", "corrected"],
];

/** The recording, as the text of an SVG; profiles and images go to `scratch`. */
export function recordTerminal(isolux, demo, scratch) {
  symlinkSync(join(demo, "demo.zarr"), join(scratch, "demo.zarr"));
  const lines = [];
  let seconds = 0.5;
  for (const [at, words] of steps.entries()) {
    if (at > 0) lines.push({ text: "", at: seconds, isCommand: false });
    lines.push({ text: `$ isolux ${words.join(" ")}`, at: seconds, isCommand: true });
    seconds += 1.2;
    for (const text of outputOf(isolux, words, scratch)) {
      lines.push({ text, at: seconds, isCommand: false });
      seconds += 0.12;
    }
    seconds += 2.5;
  }
  return drawn(lines, seconds + 1);
}

/** What a command prints on a terminal of that width, started in a folder with a link to the demonstration. */
function outputOf(isolux, words, scratch) {
  const asTerminal = `Object.assign(process.stdout, { isTTY: true, columns: ${columns} })`;
  const { stdout, stderr, status } = spawnSync(process.execPath, [isolux, ...words], {
    encoding: "utf8",
    cwd: scratch,
    env: { ...process.env, NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(asTerminal)}` },
  });
  if (status !== 0) throw new Error(`isolux ${words.join(" ")} ended with ${status}: ${stderr}`);
  // Commands that were broken for the length of the folder's name are one line again.
  return stdout
    .replaceAll(`${scratch}/`, "")
    .replaceAll(/ \\\n */g, " ")
    .trimEnd()
    .split("\n");
}

/** Lines appear one after the other; the text moves up once the window is full. */
function drawn(lines, seconds) {
  const [width, height] = [Math.round(columns * letterWidth + 2 * margin), rows * lineHeight + 2 * margin];
  const percent = (at) => ((100 * at) / seconds).toFixed(2);
  const scroll = lines
    .map(({ at }, index) => [at, Math.max(0, index + 1 - rows) * lineHeight])
    .filter(([, up]) => up > 0)
    .map(([at, up]) => `${percent(at)}%{transform:translateY(-${up}px)}`);
  const appear = lines.map(
    ({ at }, i) => `@keyframes l${i}{0%,${percent(at - 0.01)}%{opacity:0}${percent(at)}%{opacity:1}}`,
  );
  const texts = lines.map(({ text, isCommand }, i) => {
    const y = margin + (i + 0.75) * lineHeight;
    const style = `animation:l${i} ${seconds}s step-end infinite`;
    return `<text x="${margin}" y="${y}"${isCommand ? ' class="c"' : ""} style="${style}">${escaped(text)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="Isolux in a terminal: inspect, estimate, correct and check an image">
<style>text{font:13px "DejaVu Sans Mono",Menlo,Consolas,monospace;fill:#d7dce2;white-space:pre}.c{fill:#7fd1b9;font-weight:bold}
#s{animation:s ${seconds}s step-end infinite}@keyframes s{0%{transform:none}${scroll.join("")}}
${appear.join("\n")}
@media (prefers-reduced-motion:reduce){*{animation:none!important}}</style>
<clipPath id="w"><rect x="0" y="${margin}" width="${width}" height="${height - 2 * margin}"/></clipPath>
<rect width="${width}" height="${height}" rx="8" fill="#14181d"/>
<g clip-path="url(#w)"><g id="s">
${texts.join("\n")}
</g></g></svg>
`;
}

function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
