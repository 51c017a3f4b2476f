/** The last step of an output: from the workspace into its place. Every step may be the first after a kill. */
import { unreachable } from "../errors.ts";
import { objectsBelow } from "../zarr/objects-below.ts";
import { joinKey, keyBeside } from "../zarr/store.ts";
import { type BucketOutput, type FolderOutput, isOccupied, type OutputPlace } from "./location.ts";
import type { Workspace } from "./workspace.ts";

/**
 * Puts a completed output in its place: the image at a stroke or, in a bucket, what makes its pixels an image.
 * @throws IsoluxError `output` where another run has taken the place
 */
export async function placeOutput(output: OutputPlace, workspace: Workspace): Promise<void> {
  switch (output.kind) {
    case "folder":
      return await moveImage(output, workspace);
    case "bucket":
      return await putDocuments(output, workspace);
    default:
      return unreachable(output);
  }
}

async function moveImage(output: FolderOutput, workspace: Workspace): Promise<void> {
  const { store, key } = output;
  const image = workspace.image.key;
  await placeBeside(output, workspace);
  if ((await store.list(image)).length === 0) return;
  if (await isOccupied(output)) await store.move(key, workspace.path("replaced"));
  await store.move(image, key);
}

async function putDocuments({ store, key }: BucketOutput, workspace: Workspace): Promise<void> {
  const { claim, image } = workspace;
  const kept = ((await objectsBelow(image.store, image.key)) ?? []).map((inner) => inner.slice(image.key.length + 1));
  if (kept.length > 0) await claim?.check();
  await placeBeside({ store, key }, workspace);
  await claim?.sweep();
  for (const name of inOrderOfMeaning(kept)) {
    await store.set(joinKey(key, name), (await image.store.get(joinKey(image.key, name)))!);
  }
  await image.store.remove(image.key);
  await claim?.release();
}

/** What lies deeper goes first, attributes after what they describe: what is still in the making is not taken for more. */
function inOrderOfMeaning(names: readonly string[]): string[] {
  const depth = (name: string) => name.split("/").length;
  const isLast = (name: string) => Number(/(^|\/)(\.zattrs|zarr\.json)$/.test(name));
  return [...names].sort((a, b) => depth(b) - depth(a) || isLast(a) - isLast(b));
}

/** Undoes the first half of a replacement whose second half is not to come. */
export async function putBackReplaced(output: OutputPlace, workspace: Workspace): Promise<void> {
  if (output.kind !== "folder") return;
  const replaced = workspace.folder("replaced");
  if ((await isOccupied(replaced)) && !(await isOccupied(output))) await output.store.move(replaced.key, output.key);
}

/** Puts the files in their place that lie beside an output; before the output, which is to appear complete. */
async function placeBeside(
  { store, key }: Pick<OutputPlace, "store" | "key">,
  { beside: folder }: Workspace,
): Promise<void> {
  for (const { name } of await folder.store.list(folder.key)) {
    const bytes = await folder.store.get(joinKey(folder.key, name));
    if (bytes !== undefined) await store.set(keyBeside(key, name), bytes);
  }
}
