/** Formats numbers, bytes, times and ranges for people. */

/** Bytes with three figures and a decimal unit: `12.3 GB`. */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${formatNumber(value)} ${units[unit]}`;
}

/** An upper bound of bytes: like {@link formatBytes}, but rounded up. */
export function formatBound(bytes: number): string {
  if (!(bytes >= 1000)) return formatBytes(bytes);
  const step = 10 ** (Math.floor(Math.log10(bytes)) - 2);
  return formatBytes(Math.ceil(bytes / step) * step);
}

/** Seconds in one or two units: `0.4 s`, `45 s`, `3 min 20 s`, `2 h 05 min`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${twoDigits(whole % 60)} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} min`;
}

/** A number with about three figures, never in powers of ten: `0.0312`, `1.23`, `45.6`, `1234`. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 99.95 || Number.isInteger(value)) return value.toFixed(0);
  const decimals = size >= 9.995 ? 1 : size >= 0.9995 ? 2 : 3;
  return value.toFixed(decimals);
}

/** A fraction in per cent with two decimals; `missing` where there is none. */
export function formatPercent(share: number | undefined, missing = ""): string {
  return share === undefined || !Number.isFinite(share) ? missing : `${(100 * share).toFixed(2)} %`;
}

/** A fraction in per cent; one that is not quite 0 is not shown as 0. */
export function formatShare(share: number): string {
  if (share > 0 && share < 0.0001) return "< 0.01 %";
  return `${(100 * share).toFixed(share === 0 ? 0 : 2)} %`;
}

/** Whole numbers in order, with runs combined: `1-4, 7`. */
export function formatRanges(numbers: readonly number[], separator = ", "): string {
  const runs: [number, number][] = [];
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last !== undefined && number === last[1] + 1) last[1] = number;
    else runs.push([number, number]);
  }
  return runs.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`)).join(separator);
}

/** A number with its noun: `1 tile`, `9 tiles`. @param many the noun for other numbers than 1 */
export function formatCount(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
