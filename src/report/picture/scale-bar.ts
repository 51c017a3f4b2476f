/** A scale bar: how long it is, as a share of the picture's width, and what stands at it. */
export interface ScaleBar {
  readonly share: number;
  readonly label: string;
}

/** No bar is longer than this share of the picture: it is to be seen, not to be in the way. */
const longest = 0.25;

/**
 * The longest round bar (1, 2 or 5 times a power of ten) that does not take more than a quarter of a picture.
 * @param widthUm what the picture shows from left to right, in µm
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
