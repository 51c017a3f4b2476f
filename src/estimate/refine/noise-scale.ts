/** How far two views of one place are apart for other reasons than shading, by how bright it is. */
import type { ModelledPair, NoiseScale } from "./overlap-model.ts";
import type { LitPlace } from "./pair-figure.ts";

/** Brightnesses are divided into so many parts of equally many pixels, each with a distance of its own. */
const partCount = 12;
/** About so many pixels are looked at. */
const sampleSize = 4_000;
/** What is looked up is tabulated at so many brightnesses. */
const tableLength = 256;
/** The standard deviation of a normal distribution over its median absolute value. */
const deviationPerMedian = 1.4826;

/** Measures the distances that a fit leaves. @param sidesOf gives light and dark of both places of a pair */
export function measureNoise(
  pairs: readonly ModelledPair[],
  sidesOf: (pair: ModelledPair) => readonly [LitPlace, LitPlace],
): NoiseScale {
  const samples = samplesOf(pairs, sidesOf).sort((a, b) => a.brightness - b.brightness);
  if (samples.length === 0) return () => 1;
  const count = Math.min(partCount, samples.length);
  const parts = Array.from({ length: count }, (_, part) => {
    const own = samples.slice(
      Math.floor((part * samples.length) / count),
      Math.floor(((part + 1) * samples.length) / count),
    );
    const apart = own.map((sample) => sample.apart).sort((a, b) => a - b);
    const deviation = deviationPerMedian * apart[apart.length >> 1]!;
    return { brightness: own[own.length >> 1]!.brightness, deviation: Math.max(1e-3, deviation) };
  });
  return tabulated(parts);
}

function samplesOf(
  pairs: readonly ModelledPair[],
  sidesOf: (pair: ModelledPair) => readonly [LitPlace, LitPlace],
): { brightness: number; apart: number }[] {
  const total = pairs.reduce((sum, { geometry, planes }) => sum + geometry.length * planes.length, 0);
  const step = Math.max(1, Math.floor(total / sampleSize));
  const samples: { brightness: number; apart: number }[] = [];
  let skipped = 0;
  for (const pair of pairs) {
    const [first, second] = sidesOf(pair);
    for (const plane of pair.planes) {
      for (let i = (step - skipped) % step; i < first.light.length; i += step) {
        const a = (plane.first[i]! - first.dark[i]!) / first.light[i]!;
        const b = (plane.second[i]! - second.dark[i]!) / second.light[i]!;
        if (Number.isFinite(a + b)) samples.push({ brightness: (a + b) / 2, apart: Math.abs(a - b) });
      }
      skipped = (skipped + first.light.length) % step;
    }
  }
  return samples;
}

/** Straight lines between the parts; the first below all, and in proportion to the brightness above all. */
function tabulated(parts: readonly { brightness: number; deviation: number }[]): NoiseScale {
  const [first, last] = [parts[0]!, parts.at(-1)!];
  const width = last.brightness - first.brightness;
  if (!(width > 0)) return () => first.deviation;
  let at = 1;
  const table = Float64Array.from({ length: tableLength }, (_, i) => {
    const brightness = first.brightness + (width * i) / (tableLength - 1);
    while (at < parts.length - 1 && parts[at]!.brightness < brightness) at++;
    const [below, above] = [parts[at - 1]!, parts[at]!];
    const share = (brightness - below.brightness) / (above.brightness - below.brightness || 1);
    return below.deviation + Math.min(1, Math.max(0, share)) * (above.deviation - below.deviation);
  });
  const scale = (tableLength - 1) / width;
  return (brightness) => {
    if (!(brightness > first.brightness)) return first.deviation;
    if (brightness < last.brightness) return table[Math.floor((brightness - first.brightness) * scale)]!;
    return last.brightness > 0 ? (last.deviation * brightness) / last.brightness : last.deviation;
  };
}
