import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { TileView } from "../../../src/acquisition/tile-view.ts";
import type { PixelArray, Zyx } from "../../../src/shapes.ts";
import { viewBytes } from "../../../src/zarr/pixel-bytes.ts";

/** A committed file that tifffile wrote, see `make_fixtures.py` beside it. */
export function tiffFixture(name: string): Uint8Array {
  return new Uint8Array(readFileSync(fileURLToPath(new URL(`../../fixtures/stacks/${name}`, import.meta.url))));
}

/** The planes in these files: plane z is 30000 + 100 z + 10 y + x. */
export function fixturePixels(): Uint16Array {
  return Uint16Array.from({ length: 6 * 5 * 7 }, (_, n) => {
    const [z, y, x] = [Math.floor(n / 35), Math.floor(n / 7) % 5, n % 7];
    return 30000 + 100 * z + 10 * y + x;
  });
}

/** A RAW file. */
export function rawStack([z, y, x]: Zyx, pixel: (index: number) => number): Uint8Array {
  return viewBytes(Uint16Array.from({ length: z * y * x }, (_, n) => pixel(n)));
}

/** A `_meta.txt` of a stack with 2 planes of 3 rows and 4 columns, with other values by key. */
export function metaOfStack(values: Readonly<Record<string, string>> = {}, isFinished = true): Uint8Array {
  const entry = (key: string, usual: string) => `[${key}] ${values[key] ?? usual}`;
  const lines = [
    "[Metadata for file] D:/data/stack.raw",
    ...["", "[CFG] ", `[Laser] ${values.laser ?? "561 nm"}`, "[Zoom] 5x", "[Pixelsize in um] 1.5"],
    ...[entry("Shutter", "Right"), "", "[POSITION] ", entry("x_pos", "-7.5"), entry("y_pos", "250.25")],
    ...["[z_start] -100", "[z_end] -95", "[z_stepsize] 5", entry("z_planes", "2"), entry("rot", "0")],
    ...["", "[CAMERA PARAMETERS] ", entry("x_pixels", "3"), entry("y_pixels", "4"), ""],
    ...(isFinished ? ["[===================== END OF ACQUISITION ======================] "] : []),
  ];
  return new TextEncoder().encode(lines.join("\n"));
}

/** All pixels of a view at full resolution. */
export function wholeOf({ levels }: TileView): Promise<PixelArray> {
  return levels[0]!.read({ start: [0, 0, 0], stop: levels[0]!.shapeZyx });
}
