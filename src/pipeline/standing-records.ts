/** What is done of an output, as far as it still stands. */
import type { Level } from "../acquisition/level.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import { formatCount } from "../quantities.ts";
import type { ObjectStore } from "../zarr/store.ts";
import { FinishedObjects, type ImageRecord, type JournalEntry } from "./journal.ts";
import { geometries, outputLevels } from "./output-template.ts";
import type { PreparedRun } from "./prepare-run.ts";
import type { Workspace } from "./workspace.ts";

/** So many objects are looked at together: on a network most of the time is waiting. */
const looksAtOnce = 64;

/**
 * What the journal says is done, less what does not lie there as long as it was written: after a power cut, files whose
 * bytes the disk never got are empty or gone. What was averaged from such an object counts as not done either. Servers
 * of objects keep what they have confirmed: they are not asked.
 */
export async function readStandingRecords(
  { request, template }: Pick<PreparedRun, "request" | "template">,
  workspace: Workspace,
  { report }: Pick<RunHooks, "report">,
): Promise<ImageRecord[]> {
  const images = template.images.map(geometries);
  const all = () => workspace.documents.readRecords(images);
  if (request.places.output.kind === "bucket") return all();
  const { store, key } = workspace.pixels;
  const levels = template.images.map((part) => outputLevels(part, store, key));
  const lost = levels.map((ofImage) => new FinishedObjects(ofImage));
  const count = await findLost(workspace, store, levels, lost);
  if (count === 0) return all();
  const text =
    `${formatCount(count, "object")} of the interrupted run ${count === 1 ? "is" : "are"} gone or cut short, as after a ` +
    "power cut: made again, with all coarser levels.";
  report({ kind: "warning", text });
  return workspace.documents.readRecords(images, ({ image, level, object }) => {
    return level === 0 && lost[image]?.has(level, object) === false;
  });
}

/** @param lost takes up what does not stand */
async function findLost(
  { documents }: Workspace,
  store: ObjectStore,
  levels: readonly (readonly Level[])[],
  lost: readonly FinishedObjects[],
): Promise<number> {
  let count = 0;
  let looks: Promise<void>[] = [];
  const look = async ({ image, level: index, object, bytes }: JournalEntry) => {
    const level = levels[image]?.[index];
    if (level === undefined || bytes === 0) return;
    const facts = await store.facts(level.array.objectKey(level.objectCoordinates(object)));
    if (facts?.bytes !== bytes && lost[image]!.add(index, object)) count++;
  };
  await documents.readJournal(async (entry) => {
    looks.push(look(entry));
    if (looks.length < looksAtOnce) return;
    const begun = looks;
    looks = [];
    await Promise.all(begun);
  });
  await Promise.all(looks);
  return count;
}
