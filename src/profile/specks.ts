/** Finds specks of a flat-field, such as dust: parts of some pixels that differ from all around them. */
import type { Yx } from "../shapes.ts";
import { medianOf } from "../statistics.ts";

/** A part of the field that is brighter or dimmer than all around it. */
interface Speck {
  readonly yx: Yx;
  /** About half its extent. */
  readonly reach: number;
  /** By how much, as a logarithm. */
  readonly by: number;
}

type PixelAt = (y: number, x: number) => number;

/** Specks differ by this much at least, as logarithms. */
const leastDifference = 0.1;
/** The smallest half extent, and the largest as a share of the field: what is wider is the light itself. */
const [leastReach, mostReach] = [2, 1 / 24];
/** What is around a speck lies at as many times its half extent. */
const distance = 3;
/** As many parts of the image are compared. */
const probeCount = 24;

const steps = [-1, 0, 1].flatMap((y) => [-1, 0, 1].map((x): Yx => [y, x]));
const around = steps.filter(([y, x]) => y !== 0 || x !== 0);

/**
 * The largest specks together; none where the light is smooth, at steps, in lines and single pixels.
 * @param values positive, C order
 * @returns a noun with how it differs, and probes that tell which share of it an image shows, see `standingOut`
 */
export function specksOf(values: ArrayLike<number>, shapeYx: Yx) {
  const logs = new Float64Array(values).map(Math.log);
  const light: PixelAt = (y, x) => logs[y * shapeYx[1] + x]!;
  // Most of a field is as those above and beside it are.
  const isPlain = (y: number, x: number, far: number) =>
    Math.abs(light(y, x) - light(y - far, x)) < leastDifference / 2 ||
    Math.abs(light(y, x) - light(y, x - far)) < leastDifference / 2;
  const found: Speck[] = [];
  for (let reach = leastReach; reach <= mostReach * Math.min(...shapeYx); reach *= 2) {
    const margin = distance * reach;
    for (let y = margin; y < shapeYx[0] - margin; y += reach) {
      for (let x = margin; x < shapeYx[1] - margin; x += reach) {
        if (isPlain(y, x, margin)) continue;
        const by = differenceAt(light, [y, x], reach, "of all");
        if (Math.abs(by) > leastDifference) found.push({ yx: [y, x], reach, by });
      }
    }
  }
  const largest = found.sort((a, b) => Math.abs(b.by) - Math.abs(a.by)).slice(0, probeCount);
  const [first] = largest;
  if (first === undefined) return [];
  const [y, x] = first.yx;
  const times = Math.exp(Math.abs(first.by)).toPrecision(2);
  const what = `a speck at (y, x) = (${y}, ${x}), ${times} times ${first.by > 0 ? "brighter" : "dimmer"} than what is around it`;
  return [
    {
      what,
      firstYx: first.yx,
      isSpeck: true,
      probes: Array.from({ length: probeCount }, (_, n) => probeOf(light, largest[n % largest.length]!)),
    },
  ];
}

function probeOf(light: PixelAt, { yx, reach }: Speck) {
  const margin = distance * reach;
  const own = differenceAt(light, yx, reach, "typical");
  return {
    startYx: [yx[0] - margin, yx[1] - margin] as const,
    stopYx: [yx[0] + margin + 1, yx[1] + margin + 1] as const,
    shareIn: (pixelAt: PixelAt) => {
      const shown: PixelAt = (y, x) => (pixelAt(y, x) > 0 ? Math.log(pixelAt(y, x)) : Number.NaN);
      return differenceAt(shown, yx, reach, "typical") / own;
    },
  };
}

/** How far the middle of a part is from what is around it: typically, or from all of that; 0 where it is between. */
function differenceAt(at: PixelAt, [y, x]: Yx, reach: number, from: "typical" | "of all"): number {
  const near = Math.max(1, reach >> 1);
  const middle = medianOf(Float64Array.from(steps, ([dy, dx]) => at(y + near * dy, x + near * dx)));
  const far = distance * reach;
  const others = Float64Array.from(around, ([dy, dx]) => middle - at(y + far * dy, x + far * dx));
  if (from === "typical") return medianOf(others);
  const [least, most] = [Math.min(...others), Math.max(...others)];
  return least > 0 ? least : Math.min(most, 0);
}
