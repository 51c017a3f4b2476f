/** How freely overlaps may change a start: judged by pairs that had no part in a fit. */
import type { Pause } from "../basic/pause.ts";
import { type FitFreedom, figuresOfFit, fitOverlaps } from "./fit-overlaps.ts";
import { improvement, isBetter, mostCareful } from "./held-out.ts";
import type { OverlapFit, OverlapModel } from "./overlap-model.ts";

/** Who is judged together, and who is told. */
export interface ValidationTask {
  readonly folds: readonly (readonly number[])[];
  readonly pairs: readonly number[];
  readonly pause: Pause;
  readonly onProgress: (share: number) => void;
}

/** The fit that was chosen, with its figures by pair. */
export interface JudgedFit {
  readonly fit: OverlapFit;
  /** By all pairs but those of each fold. */
  readonly ofFolds: readonly OverlapFit[];
  readonly strength: number;
  readonly gainSpread: number;
  /** By the fit of the pair's fold; `levelled` less what gains of tiles explain. */
  readonly plain: Float64Array;
  readonly levelled: Float64Array;
  /** The start, less what gains of tiles explain. */
  readonly startLevelled: Float64Array;
  /** By the fit of all pairs, less what gains explain. */
  readonly after: Float64Array;
}

/** What may hold the light back, the strongest first. */
const strengths = [1e-3, 3e-4, 1e-4];
/** What gains are looked for beside. */
const freely = 1e-3;
/** How far tiles are taken to differ until that is known, and how little is none. */
const gainSpreads = { asked: 0.05, least: 0.01 };
/** Nearly no change of the light: what is left are gains. */
const rigid = 1e9;
/** A fit without a fold begins with that of all pairs. */
const iterationsOfFold = 3;

/** A fit of one freedom, judged. */
type Judged = Pick<JudgedFit, "fit" | "ofFolds" | "plain" | "levelled">;

/** Finds the freedom that held-out pairs allow. */
export async function crossValidate(model: OverlapModel, task: ValidationTask): Promise<JudgedFit> {
  const total = strengths.length + 3;
  let done = 0;
  const judge = async (freedom: FitFreedom, from?: OverlapFit) => {
    const judged = await judgeFreedom(model, freedom, task, from);
    task.onProgress(++done / total);
    return judged;
  };
  const equal = await judge({ strength: freely, gainSpread: 0 });
  const unequal = await judge({ strength: freely, gainSpread: gainSpreads.asked });
  const hasGains = isBetter(improvement(equal.levelled, unequal.levelled, task.pairs));
  const gainSpread = hasGains ? Math.max(gainSpreads.least, spreadOf(unequal.fit)) : 0;
  const tried: Judged[] = [];
  for (const strength of strengths) tried.push(await judge({ strength, gainSpread }, tried.at(-1)?.fit));
  const choice = mostCareful(
    tried.map(({ levelled }) => levelled),
    task.pairs,
  );
  const chosen = tried[choice]!;
  const among = new Set(task.pairs);
  const start = hasGains ? await judge({ strength: rigid, gainSpread }) : undefined;
  return {
    ...chosen,
    strength: strengths[choice]!,
    gainSpread,
    startLevelled: start?.levelled ?? new Float64Array(0),
    after: byPair(model, figuresOfFit(model, chosen.fit, { among, levelled: true })),
  };
}

async function judgeFreedom(
  model: OverlapModel,
  freedom: FitFreedom,
  { folds, pause }: ValidationTask,
  from?: OverlapFit,
): Promise<Judged> {
  const fit = fitOverlaps(model, freedom, from === undefined ? {} : { from });
  await pause();
  const ofFolds: OverlapFit[] = [];
  const [plain, levelled] = [new Map<number, number>(), new Map<number, number>()];
  for (const held of folds) {
    const among = new Set(held);
    const without = fitOverlaps(model, freedom, { from: fit, without: among, mostIterations: iterationsOfFold });
    ofFolds.push(without);
    for (const [pair, figure] of figuresOfFit(model, without, { among, levelled: false })) plain.set(pair, figure);
    if (freedom.gainSpread > 0) {
      for (const [pair, figure] of figuresOfFit(model, without, { among, levelled: true })) levelled.set(pair, figure);
    }
    await pause();
  }
  const figures = byPair(model, plain);
  return { fit, ofFolds, plain: figures, levelled: freedom.gainSpread > 0 ? byPair(model, levelled) : figures };
}

function byPair({ pairs }: OverlapModel, figures: ReadonlyMap<number, number>): Float64Array {
  const count = pairs.reduce((most, { pair }) => Math.max(most, pair + 1), 0);
  return Float64Array.from({ length: count }, (_, pair) => figures.get(pair) ?? Number.NaN);
}

function spreadOf({ logGains }: OverlapFit): number {
  const gains = logGains.filter((gain) => gain !== 0);
  const mean = gains.reduce((sum, gain) => sum + gain, 0) / gains.length;
  return Math.sqrt(gains.reduce((sum, gain) => sum + (gain - mean) ** 2, 0) / gains.length);
}
