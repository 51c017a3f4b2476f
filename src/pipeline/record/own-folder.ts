/** The folder of a workspace as a thing that is removed: only where Isolux made it, and so that a kill does no harm. */
import { IsoluxError } from "../../errors.ts";
import { joinKey } from "../../zarr/store.ts";
import type { Location } from "../places/location.ts";

/** By these a folder is known as that of a run. */
const marks = new Set(["run.json", "complete.json"]);
/** What there may be before a run has said what it is. */
const namesBeforeMark = new Set(["claims", "units", "replaced", "claim.json"]);
/** All that there may be in the folder. */
const ownNames = new Set([
  ...namesBeforeMark,
  ...marks,
  ...["shared.json", "place.json", "image", "beside", "profiles", "scratch", "journal"],
]);

/** Who is at work, the old output, and by what a bucket knows that it may be cleared. */
const keptOnClearing = new Set(["claims", "replaced", "claim.json"]);
/** What the removal of the folder comes to last: after the name of the run, so that remains differ from a begun run. */
const keptOnRemoval = new Set(["claims", "complete.json"]);

/**
 * Refuses a folder that Isolux did not make, or a link in its place: nothing in it is touched.
 * @throws IsoluxError `output`
 */
export async function checkOwnFolder(at: Location): Promise<void> {
  const { store, key } = at;
  const place = await store.look(key);
  if (place === undefined) return;
  if (place.kind !== "folder") throw foreign(at, place.kind === "link" ? "a link" : "a file");
  const names = await namesIn(at);
  const isMarked = names.some((name) => marks.has(name));
  const other = names.find((name) => !(isMarked ? ownNames : namesBeforeMark).has(name));
  if (other !== undefined) throw foreign(at, other);
  for (const name of names) {
    if ((await store.look(joinKey(key, name)))?.kind === "link") throw foreign(at, `${name}, a link`);
  }
}

/** Empties the folder for a run. The file that says whose it is goes last: a run that is killed here leaves a folder of Isolux's. */
export async function clearFolder(at: Location): Promise<void> {
  const names = (await namesIn(at)).filter((name) => !keptOnClearing.has(name));
  const inOrder = [...names].sort((a, b) => clearingRank(a) - clearingRank(b));
  for (const name of inOrder) await at.store.remove(joinKey(at.key, name));
}

/** First what would count as done, last what names the run. */
function clearingRank(name: string): number {
  return name === "complete.json" || name === "journal" ? 0 : name === "run.json" ? 2 : 1;
}

/** Removes the folder, last what says that all is done. What has come into its place stays. */
export async function removeFolder(at: Location): Promise<void> {
  if ((await at.store.look(at.key))?.kind !== "folder") return;
  const names = (await namesIn(at)).filter((name) => !keptOnRemoval.has(name));
  const inOrder = [...names].sort((a, b) => clearingRank(a) - clearingRank(b));
  for (const name of inOrder) await at.store.remove(joinKey(at.key, name));
  await at.store.remove(at.key);
}

/** Whether the folder is what a removal has left that was cut short. */
export async function areRemains(at: Location): Promise<boolean> {
  const names = await namesIn(at);
  return names.includes("complete.json") && names.every((name) => keptOnRemoval.has(name));
}

/** What a run goes on to write where its folder was removed meanwhile. */
const writtenOn = new Set(["claims", "image", "beside", "profiles", "scratch", "journal"]);

/** Whether the folder holds but what its run wrote after its removal: nothing says whose it is. */
export async function isWrittenAfterRemoval({ store, key }: Location): Promise<boolean> {
  if ((await store.look(key))?.kind !== "folder") return false;
  const names = await namesIn({ store, key });
  return (
    names.every((name) => writtenOn.has(name)) && (await namesIn({ store, key: joinKey(key, "claims") })).length === 0
  );
}

async function namesIn({ store, key }: Location): Promise<string[]> {
  return (await store.list(key)).map(({ name }) => name);
}

function foreign({ store, key }: Location, found: string): IsoluxError {
  return new IsoluxError({
    kind: "output",
    what: "The hidden folder for unfinished work already exists, and Isolux did not make it",
    where: joinKey(store.location, key),
    found,
    advice: "Move it away, or give the output another name",
  });
}
