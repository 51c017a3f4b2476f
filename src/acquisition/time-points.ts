/**
 * Puts together what a microscope writes apart for each time point: names that end in `_Time000`, `_Time001`, and so on, are
 * those of one time lapse.
 */
import { IsoluxError } from "../errors.ts";
import { limits } from "../limits.ts";
import { formatShape } from "../shapes.ts";
import { joinKey, keyBeside, keyName, type ReadableStore, type StoreEntry } from "../zarr/store.ts";
import { type Note, noteOnce, type TileView } from "./tile-view.ts";

/** A view at one time point. */
export interface ViewAtTime {
  readonly time: number;
  /** What is the same of a view at all time points. */
  readonly identity: string;
  readonly view: TileView;
}

const timedName = /^(.*)_Time(\d{1,6})((?:\.[A-Za-z0-9]+)+)$/;

/** The name of a time lapse by that of one of its files; `undefined` for others. */
export function lapseName(name: string): string | undefined {
  const [, stem, , ending] = timedName.exec(name) ?? [];
  return stem === undefined ? undefined : `${stem}${ending}`;
}

/**
 * The keys of all time points of the lapse that a file or folder belongs to, in their order; only itself where it belongs to
 * none, or the store cannot list.
 */
async function keysOverTimes(
  store: ReadableStore,
  key: string,
  kind: StoreEntry["kind"],
): Promise<{ readonly key: string; readonly time: number }[]> {
  const [, stem, , ending] = timedName.exec(keyName(key)) ?? [];
  const own = [{ key, time: 0 }];
  if (stem === undefined) return own;
  const entries = (await store.list(key.split("/").slice(0, -1).join("/"))) ?? [];
  const found = entries.flatMap(({ name, kind: of }) => {
    const [, otherStem, time, otherEnding] = timedName.exec(name) ?? [];
    const isOfLapse = of === kind && otherStem === stem && otherEnding === ending;
    return isOfLapse ? [{ key: keyBeside(key, name), time: Number(time) }] : [];
  });
  return found.length === 0 ? own : found.sort((a, b) => a.time - b.time);
}

/** Opens the views of each time point, and joins them. What is noted of several is noted once. */
export async function openOverTimes(
  store: ReadableStore,
  key: string,
  kind: StoreEntry["kind"],
  note: Note,
  open: (key: string, note: Note) => Promise<TileView[]>,
): Promise<TileView[]> {
  const once = noteOnce(note);
  const all: ViewAtTime[] = [];
  for (const { key: one, time } of await keysOverTimes(store, key, kind)) {
    for (const view of await open(one, once)) all.push({ time, identity: view.name, view });
  }
  return overTimes(all, joinKey(store.location, key));
}

/**
 * The views of a time lapse, each with its levels at all time points; as they are where there is one time point only. Where a
 * view lies is given by its first time point.
 * @param where the acquisition, for messages
 * @throws IsoluxError `invalid` where a view comes twice at one time point, `unsupported` for too many time points
 */
export function overTimes(all: readonly ViewAtTime[], where: string): TileView[] {
  const times = [...new Set(all.map(({ time }) => time))].sort((a, b) => a - b);
  if (times.length < 2) return all.map(({ view }) => view);
  if (times.length > limits.timePoints) {
    const found = `${times.length} time points`;
    throw new IsoluxError({ kind: "unsupported", what: "The time lapse is longer than is read", where, found });
  }
  const views = new Map<string, Map<number, TileView>>();
  for (const { time, identity, view } of all) {
    const ofView = views.get(identity) ?? new Map<number, TileView>();
    views.set(identity, ofView);
    if (ofView.has(time)) {
      const found = `${ofView.get(time)!.name} and ${view.name}`;
      throw new IsoluxError({ kind: "invalid", what: "Two views are the same at one time point", where, found });
    }
    ofView.set(time, view);
  }
  return [...views.values()].map((ofView): TileView => {
    // A tile of a time lapse is no image of its own
    const { group: _, ...first } = ofView.get(times.find((time) => ofView.has(time))!)!;
    checkAlike(first, [...ofView.values()], where);
    return { ...first, levelsOfTimes: times.map((time) => ofView.get(time)?.levels) };
  });
}

/** A stack may end early, but rows, columns and the type of its pixels are the same at all times. */
function checkAlike(first: Pick<TileView, "levels">, views: readonly TileView[], where: string): void {
  const shown = ({ levels: [full] }: Pick<TileView, "levels">) =>
    `${formatShape(full!.shapeZyx.slice(1))} ${full!.type}`;
  const other = views.find((view) => shown(view) !== shown(first));
  if (other === undefined) return;
  throw new IsoluxError({
    kind: "invalid",
    what: "A view has another shape at another time point",
    where: joinKey(where, other.name),
    found: shown(other),
    expected: shown(first),
  });
}
