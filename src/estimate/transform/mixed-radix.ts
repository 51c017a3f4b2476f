/** Fourier transforms of lengths that are a product of small primes: one pass over the data for each factor. */
import { reading, writing } from "../../kernels/addresses.ts";
import { bindKernel } from "../../kernels/bind.ts";
import { doubles, type Layout, layoutOf, layoutOfAll } from "../../kernels/layout.ts";

/** A mixed-radix transform: data are `[length, batch]`, in the kernels' memory. */
export interface MixedRadixPlan {
  readonly kind: "mixed-radix";
  readonly input: ComplexRows;
  /** The input, or the array that the passes alternate with. */
  readonly output: ComplexRows;
  /** One after the other. */
  readonly passes: readonly (() => void)[];
}

/** Arrays `[length, batch]` of complex numbers, real and imaginary parts apart. */
export interface ComplexRows {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** What a plan allocates in a memory. */
export interface MixedRadixArrays {
  /** Of each pass `exp(-2πi·p·k / (radix·groups))` at `[p, k]`, and `exp(-2πi·j / radix)`. */
  readonly tables: readonly StageTables[];
  readonly input: ComplexRows;
  readonly spare: ComplexRows;
}

interface StageTables {
  readonly twiddles: ComplexRows;
  readonly roots: ComplexRows;
}

/** An array of complex numbers. */
export function complexRows(length: number): Layout<ComplexRows> {
  return layoutOf({ re: doubles(length), im: doubles(length) });
}

/** What {@link planMixedRadix} allocates for transforms of `length` numbers, `batch` of them at once. */
export function mixedRadixLayout(length: number, batch: number): Layout<MixedRadixArrays> {
  const stages = stagesOf(factorize(length), batch);
  const tables = stages.map(({ radix, groups }) =>
    layoutOf({ twiddles: complexRows(radix * groups), roots: complexRows(radix) }),
  );
  const rows = complexRows(length * batch);
  return layoutOf({ tables: layoutOfAll(tables), input: rows, spare: rows });
}

/**
 * Prepares forward transforms along the first axis, factor by factor in Stockham's self-sorting order.
 *
 * @param batch an even number
 * @see C. Van Loan, Computational Frameworks for the Fast Fourier Transform, 1992, section 1.7
 */
export function planMixedRadix(length: number, batch: number, arrays: MixedRadixArrays): MixedRadixPlan {
  const { tables, input, spare } = arrays;
  let [from, to] = [input, spare];
  const passes = stagesOf(factorize(length), batch).map((stage, place) => {
    setTables(stage, tables[place]!);
    const pass = passOf(stage, tables[place]!, from, to);
    [from, to] = [to, from];
    return pass;
  });
  return { kind: "mixed-radix", passes, input, output: from };
}

/** One pass: `groups` twiddle groups of `radix`-point transforms over runs of `stride` contiguous numbers. */
interface Stage {
  readonly radix: number;
  readonly groups: number;
  readonly stride: number;
}

function stagesOf(radices: readonly number[], batch: number): Stage[] {
  let remaining = radices.reduce((product, radix) => product * radix, 1);
  let stride = batch;
  return radices.map((radix) => {
    remaining /= radix;
    const stage = { radix, groups: remaining, stride };
    stride *= radix;
    return stage;
  });
}

function passOf({ radix, groups, stride }: Stage, tables: StageTables, from: ComplexRows, to: ComplexRows): () => void {
  const parts = ({ re, im }: ComplexRows) => [reading(re), reading(im)] as const;
  const [twiddles, roots] = [parts(tables.twiddles), parts(tables.roots)];
  const data = [writing(from.re), writing(from.im), writing(to.re), writing(to.im)] as const;
  if (radix === 4) return bindKernel("radixFour", groups, stride, ...twiddles, ...data);
  if (radix === 2) return bindKernel("radixTwo", groups, stride, ...twiddles, ...data);
  if (radix === 5) return bindKernel("radixFive", groups, stride, ...twiddles, ...roots, ...data);
  return bindKernel("oddRadix", radix, groups, stride, ...twiddles, ...roots, ...data);
}

function setTables({ radix, groups }: Stage, { twiddles, roots }: StageTables): void {
  const steps = Array.from({ length: groups * radix }, (_, i) => Math.floor(i / radix) * (i % radix));
  setWaves(twiddles, steps, radix * groups);
  setWaves(
    roots,
    Array.from({ length: radix }, (_, j) => j),
    radix,
  );
}

function setWaves({ re, im }: ComplexRows, steps: readonly number[], period: number): void {
  const angle = -2 * Math.PI;
  re.set(steps.map((step) => Math.cos((angle * step) / period)));
  im.set(steps.map((step) => Math.sin((angle * step) / period)));
}

/** The prime factors of a length, fours before a two before odd primes. */
export function factorize(length: number): number[] {
  const radices: number[] = [];
  let rest = length;
  for (; rest % 4 === 0; rest /= 4) radices.push(4);
  for (; rest % 2 === 0; rest /= 2) radices.push(2);
  for (let radix = 3; radix * radix <= rest; radix += 2) {
    for (; rest % radix === 0; rest /= radix) radices.push(radix);
  }
  if (rest > 1) radices.push(rest);
  return radices;
}
