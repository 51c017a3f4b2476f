/** Whether the planes of a tile follow each other without a gap. */
import { IsoluxError } from "../../errors.ts";
import { formatNumber } from "../../quantities.ts";

/**
 * The number or place of the first plane, and the step from one to the next.
 * @param numbers of the planes of one tile, in ascending order
 * @param name of the tile
 * @throws IsoluxError `invalid` where planes are missing or are there twice
 */
export function evenSteps(
  numbers: readonly number[],
  name: string,
): { readonly first: number; readonly step?: number } {
  const [first = 0] = numbers;
  const steps = numbers.slice(1).map((number, n) => number - numbers[n]!);
  if (steps.length === 0) return { first };
  const step = steps.reduce((least, one) => Math.min(least, one));
  // Steps of a stage that were rounded, but no plane more.
  const odd = step <= 0 ? steps.indexOf(step) : steps.findIndex((one) => one > 1.5 * step);
  if (odd < 0) return { first, step: (numbers.at(-1)! - first) / steps.length };
  const [before, after] = [numbers[odd]!, numbers[odd + 1]!];
  throw new IsoluxError({
    kind: "invalid",
    what: step <= 0 ? "A plane of a tile exists twice" : "Planes of a tile are missing",
    where: name,
    found: step <= 0 ? formatNumber(before) : `${formatNumber(after)} after ${formatNumber(before)}`,
    ...(step > 0 && { expected: `steps of ${formatNumber(step)}` }),
    advice: step <= 0 ? "Move the extra one to another folder" : "Copy the tile again from the microscope",
  });
}
