/** The tiles over the picture: their edges and numbers; those that count as empty are hatched. */

import type { Finding } from "isolux";
import type { RefObject } from "preact";
import type { TileFacts } from "../engine/messages.ts";
import * as state from "../state.ts";

/** Tiles smaller than this on the screen have no number. */
const numberedPx = 34;
/** More than this many are drawn as one path. */
const mostNumbers = 400;

export function TileMap({ canvas }: { readonly canvas: RefObject<HTMLCanvasElement | null> }) {
  const [image, view] = [state.image.value, state.view.value];
  const element = canvas.current;
  void state.pictureSize.value;
  if (image === undefined || element === null || !image.hasTileTable || !state.showsTiles.value) return null;
  const ratio = element.width / Math.max(1, element.clientWidth);
  const scale = view.scale / ratio;
  const [left, top] = [element.clientWidth / 2 - view.x * scale, element.clientHeight / 2 - view.y * scale];
  const shown = image.tiles.filter((tile) => isVisible(tile, scale, [left, top], element));
  const findings = findingsOf();
  const path = (tiles: readonly TileFacts[]) =>
    tiles.map(({ start, stop }) => `M${start[2]} ${start[1]}H${stop[2]}V${stop[1]}H${start[2]}Z`).join("");
  const empty = shown.filter(({ number }) => state.emptyTiles.value.has(number));
  const hasNumbers =
    shown.length <= mostNumbers && shown.every(({ start, stop }) => (stop[2] - start[2]) * scale > numberedPx);
  return (
    <svg class={state.result.value === undefined ? "tiles" : "tiles faint"} aria-hidden="true">
      <defs>
        <pattern
          id="hatch"
          width="8"
          height="8"
          patternUnits="userSpaceOnUse"
          patternTransform={`scale(${1 / scale}) rotate(45)`}
        >
          <rect width="2" height="8" class="hatch" />
        </pattern>
      </defs>
      <g transform={`translate(${left} ${top}) scale(${scale})`}>
        <path d={path(shown)} class="edges" vector-effect="non-scaling-stroke" />
        <path d={path(empty)} fill="url(#hatch)" class="empty" vector-effect="non-scaling-stroke" />
      </g>
      {hasNumbers &&
        shown.map(({ number, start }) => (
          <text key={number} x={left + start[2] * scale + 6} y={top + start[1] * scale + 16}>
            {number}
            {findings.has(number) && <tspan class="why"> {findings.get(number)}</tspan>}
          </text>
        ))}
    </svg>
  );
}

function isVisible(
  { start, stop }: TileFacts,
  scale: number,
  [left, top]: readonly [number, number],
  element: HTMLCanvasElement,
): boolean {
  const [x0, x1] = [left + start[2] * scale, left + stop[2] * scale];
  const [y0, y1] = [top + start[1] * scale, top + stop[1] * scale];
  return x1 > 0 && y1 > 0 && x0 < element.clientWidth && y0 < element.clientHeight;
}

/** In a word why a tile is not clean, by its number, once the tiles were looked at. */
function findingsOf(): ReadonlyMap<number, string> {
  const own = state.found.value?.channels.find(({ label }) => label === state.label.value);
  return new Map(own?.tiles.map(({ tileNumber, finding }) => [tileNumber, wordOf(finding)]));
}

function wordOf(finding: Finding): string {
  switch (finding.kind) {
    case "clean":
      return "empty";
    case "structure":
      return "sample";
    case "uneven":
      return "stray light";
    case "no common shape":
      return "";
    default:
      return finding.kind;
  }
}
