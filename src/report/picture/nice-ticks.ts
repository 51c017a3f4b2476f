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
