/** A grid over possible offsets, coarse at first, refined where they are likely. */

/** A possible offset, with the interval that it stands for. */
interface OffsetCell {
  readonly offset: number;
  readonly low: number;
  readonly high: number;
  /** Its prior probability. */
  readonly probability: number;
}

const coarseSteps = 6;
/** Every refinement divides the intervals beside the best offset by three. */
const refinements = 2;
/** The prior probability that what was subtracted is exactly the counts without light. */
const trustInSubtraction = 0.3;

/** That probability: low where all counts of the darkest places were subtracted, which is more than an offset. */
function trustIn(subtracted: number, most: number): number {
  return subtracted >= 0 && subtracted <= most && most > 0 ? trustInSubtraction * (1 - (subtracted / most) ** 4) : 0;
}

/**
 * Evaluates offsets from 0 to the darkest counts there are, and at what was subtracted.
 * @param look makes candidates of an offset, with the logarithm of their likelihood
 * @returns cells with their candidates; the likelihoods are those of `look`
 */
export function searchOffsets<Candidate extends { readonly evidence: number }>(
  most: number,
  subtracted: number,
  look: (offset: number) => readonly Candidate[],
): { readonly cell: OffsetCell; readonly candidates: readonly Candidate[] }[] {
  const found = new Map<number, readonly Candidate[]>();
  const lookAt = (offset: number) => {
    const known = found.get(offset) ?? look(offset);
    found.set(offset, known);
    return Math.max(...known.map(({ evidence }) => evidence));
  };
  const evidences = new Map<number, number>();
  const add = (offset: number) => evidences.set(offset, lookAt(offset));
  for (let i = 0; i <= coarseSteps; i++) add((most * i) / coarseSteps);
  let step = most / coarseSteps;
  for (let turn = 0; turn < refinements && most > 0; turn++) {
    const [best] = [...evidences].reduce((a, b) => (b[1] > a[1] ? b : a));
    for (const part of [-2, -1, 1, 2]) {
      const offset = best + (part * step) / 3;
      if (offset > 0 && offset < most) add(offset);
    }
    step /= 3;
  }
  const trust = trustIn(subtracted, most);
  const cells = cellsOf([...evidences.keys()], most, 1 - trust);
  if (trust > 0) {
    lookAt(subtracted);
    cells.push({ offset: subtracted, low: subtracted, high: subtracted, probability: trust });
  }
  return cells.map((cell) => ({ cell, candidates: found.get(cell.offset)! }));
}

/** Divides the line among offsets: each stands for what is nearest to it. */
function cellsOf(offsets: number[], most: number, total: number): OffsetCell[] {
  const sorted = [...new Set(offsets)].sort((a, b) => a - b);
  return sorted.map((offset, i) => {
    const low = i === 0 ? 0 : (sorted[i - 1]! + offset) / 2;
    const high = i + 1 === sorted.length ? most : (offset + sorted[i + 1]!) / 2;
    return { offset, low, high, probability: most > 0 ? (total * (high - low)) / most : total };
  });
}
