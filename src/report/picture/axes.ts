/** Round numbers for axes and scale bars. */

/** Round values within a range, about `wanted` of them: steps are 1, 2 or 5 times a power of ten. */
export function niceTicks(least: number, most: number, wanted: number): number[] {
  const rough = (most - least) / Math.max(1, wanted);
  if (!(rough > 0) || !Number.isFinite(rough)) return Number.isFinite(least) ? [least] : [];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((digit) => digit * power).find((candidate) => candidate >= rough * 0.999)!;
  const first = Math.ceil(least / step - 1e-9);
  const last = Math.floor(most / step + 1e-9);
  const decimals = Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toFixed(decimals)));
}

/** A scale bar: its length as a fraction of the image's width, and its label. */
export interface ScaleBar {
  readonly share: number;
  readonly label: string;
}

/** The largest length of a bar, as a fraction of the image's width. */
const longest = 0.25;

/**
 * The longest round bar (1, 2 or 5 times a power of ten) of at most a quarter of an image's width.
 * @param widthUm the width of the image in µm
 * @returns `undefined` where that is not known
 */
export function scaleBar(widthUm: number): ScaleBar | undefined {
  if (!(widthUm > 0) || !Number.isFinite(widthUm)) return undefined;
  const most = longest * widthUm;
  const power = 10 ** Math.floor(Math.log10(most) + 1e-9);
  const digit = [5, 2, 1].find((candidate) => candidate * power <= most * (1 + 1e-9)) ?? 1;
  return { share: (digit * power) / widthUm, label: formatLength(digit * power) };
}

/** A length with about three figures in the unit that suits it: `850 µm`, `1.2 mm`. */
export function formatLength(um: number): string {
  const [value, unit] = um >= 1000 ? [um / 1000, "mm"] : um >= 1 ? [um, "µm"] : [um * 1000, "nm"];
  return `${Number(value.toPrecision(3))} ${unit}`;
}
