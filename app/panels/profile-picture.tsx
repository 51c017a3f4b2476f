/** A flat-field in colours, with its range. */
import { useEffect, useRef } from "preact/hooks";
import type { DrawnProfile } from "../engine/messages.ts";

/** A map of colours whose steps look alike, dark to light: viridis at eight places. */
const colours = ["440154", "46327e", "365c8d", "277f8e", "1fa187", "4ac16d", "a0da39", "fde725"].map((text) =>
  [0, 2, 4].map((at) => Number.parseInt(text.slice(at, at + 2), 16)),
);
const sidePx = 160;

export function ProfilePicture({ profiles }: { readonly profiles: readonly DrawnProfile[] }) {
  return (
    <div class="profiles">
      {profiles.map((profile) => (
        <OneProfile key={profile.side ?? ""} profile={profile} />
      ))}
    </div>
  );
}

function OneProfile({ profile }: { readonly profile: DrawnProfile }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { side, shapeYx, flatfield } = profile;
  const small = shrunk(flatfield, shapeYx);
  const least = small.values.reduce((low, value) => Math.min(low, value), Number.POSITIVE_INFINITY);
  const most = small.values.reduce((high, value) => Math.max(high, value), Number.NEGATIVE_INFINITY);
  useEffect(() => paint(canvas.current!, small, least, most));
  return (
    <figure>
      <canvas
        ref={canvas}
        role="img"
        aria-label={`Flat-field${side === undefined ? "" : `, ${side}`}: ${least.toFixed(2)} to ${most.toFixed(2)}`}
      />
      <span class="scale" aria-hidden="true" />
      <figcaption>
        <span>{most.toFixed(3)}</span>
        <strong>{side ?? "Flat-field"}</strong>
        <span>{least.toFixed(3)}</span>
      </figcaption>
    </figure>
  );
}

interface Small {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
}

function shrunk(values: Float32Array, [rows, columns]: readonly [number, number]): Small {
  const factor = Math.max(1, Math.ceil(Math.max(rows, columns) / sidePx));
  const [height, width] = [Math.floor(rows / factor), Math.floor(columns / factor)];
  const at = (i: number) => Math.floor(i / width) * factor * columns + (i % width) * factor;
  return {
    rows: height,
    columns: width,
    values: Float32Array.from({ length: height * width }, (_, i) => values[at(i)]!),
  };
}

function paint(canvas: HTMLCanvasElement, { rows, columns, values }: Small, least: number, most: number): void {
  canvas.width = columns;
  canvas.height = rows;
  const picture = new ImageData(columns, rows);
  for (const [index, value] of values.entries()) {
    const place = ((value - least) / (most - least || 1)) * (colours.length - 1);
    const [low, high] = [colours[Math.floor(place)]!, colours[Math.ceil(place)]!];
    for (let part = 0; part < 3; part++) {
      picture.data[4 * index + part] = low[part]! + (high[part]! - low[part]!) * (place % 1);
    }
    picture.data[4 * index + 3] = 255;
  }
  canvas.getContext("2d")!.putImageData(picture, 0, 0);
}
