import { IsoluxError } from "../errors.ts";
import { formatShape, type Zyx } from "../shapes.ts";
import type { TileView } from "./tile-view.ts";

/**
 * Checks that views can lie in one mosaic: equal rows and columns, pixel types and pixel sizes. What most of them have
 * counts as right, so that the message names the odd one. Stacks may have fewer planes than others.
 * @param where the acquisition, for messages
 * @throws IsoluxError `invalid`
 */
export function checkUniform(views: readonly TileView[], where: string): void {
  check(views, "shape", where, ({ levels }) => formatShape(levels[0]!.shapeZyx.slice(1)));
  check(views, "pixel type", where, ({ levels }) => levels[0]!.type);
  const sizes: Zyx[] = [];
  check(views, "pixel size", where, ({ pixelSizeUmZyx }) => {
    const known = sizes.find((size) => areClose(size, pixelSizeUmZyx));
    if (known === undefined) sizes.push(pixelSizeUmZyx);
    return `${formatShape(known ?? pixelSizeUmZyx)} µm`;
  });
}

/** Writers round the same size differently. */
function areClose(a: Zyx, b: Zyx): boolean {
  return a.every((size, axis) => Math.abs(size - b[axis]!) <= 1e-3 * size);
}

function check(views: readonly TileView[], what: string, where: string, describe: (view: TileView) => string): void {
  const described = views.map(describe);
  const counts = new Map<string, number>();
  for (const text of described) counts.set(text, (counts.get(text) ?? 0) + 1);
  if (counts.size === 1) return;
  const most = Math.max(...counts.values());
  const usual = described.find((text) => counts.get(text) === most)!;
  const odd = described.findIndex((text) => text !== usual);
  throw new IsoluxError({
    kind: "invalid",
    what: `A tile of the acquisition has another ${what} than the others`,
    where: `${where}/${views[odd]!.name}`,
    found: described[odd]!,
    expected: usual,
    advice: "If its acquisition was aborted, move it to another folder",
  });
}
