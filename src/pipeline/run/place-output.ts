/** The last step of an output: from the workspace into its place. Every step may be the first after a kill. */
import { IsoluxError, passOver, unreachable } from "../../errors.ts";
import { limits } from "../../limits.ts";
import { copyObject } from "../../zarr/copy-object.ts";
import {
  joinKey,
  keyBeside,
  type ObjectStore,
  objectsBelow,
  type PlaceFacts,
  type WritableStore,
} from "../../zarr/store.ts";
import type { BucketOutput, FolderOutput, OutputPlace } from "../places/location.ts";
import type { CorrectRequest } from "../places/request.ts";
import type { ChannelProfile } from "../profiles/channel-profile.ts";
import type { Completion } from "../record/run-documents.ts";
import type { Workspace } from "../record/workspace.ts";
import type { Platform } from "../threads/platform.ts";

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
  const isToMove = (await store.list(image)).length > 0;
  const before = await workspace.documents.readReplaced();
  const place = isToMove ? await store.look(key) : undefined;
  if (place !== undefined && place.identity !== before.output) throw appeared(output, key);
  await placeBeside(output, workspace);
  if (place !== undefined) await putAside(output, workspace, place);
  if (isToMove) await store.move(image, key);
  // What a run that woke again had begun came along: it cannot put that in its place any more
  if (isToMove && workspace.isTakenOver) await store.sweep(key);
  await store.sync();
}

/** Moves the old output into the workspace, and back where it turns out to be another one. */
async function putAside({ store, key }: FolderOutput, workspace: Workspace, place: PlaceFacts): Promise<void> {
  const aside = workspace.path("replaced");
  await store.move(key, aside);
  if ((await store.look(aside))?.identity === place.identity) return;
  await store.move(aside, key);
  throw appeared({ store }, key);
}

function appeared({ store }: Pick<OutputPlace, "store">, key: string): IsoluxError {
  return new IsoluxError({
    kind: "output",
    what: "Something appeared at the output path during the run, and is not replaced",
    where: joinKey(store.location, key),
    advice: "Move it away and run the same command again, which then puts the complete output in its place",
  });
}

async function putDocuments({ store, key }: BucketOutput, workspace: Workspace): Promise<void> {
  const { claim, image } = workspace;
  const kept = ((await objectsBelow(image.store, image.key)) ?? []).map((inner) => inner.slice(image.key.length + 1));
  if (kept.length > 0) await claim?.check();
  await placeBeside({ store, key }, workspace);
  await claim?.sweep();
  for (const name of inOrderOfMeaning(kept)) {
    await copyObject({ store: image.store, key: joinKey(image.key, name) }, { store, key: joinKey(key, name) });
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

/** Puts the files in their place that lie beside an output; before the output, which is to appear complete. */
async function placeBeside(
  { store, key }: Pick<OutputPlace, "store" | "key">,
  { beside: folder, documents }: Workspace,
): Promise<void> {
  const { beside: before } = await documents.readReplaced();
  for (const { name } of await folder.store.list(folder.key)) {
    const bytes = await folder.store.get(joinKey(folder.key, name), { mostBytes: limits.object });
    const target = keyBeside(key, name);
    if (bytes === undefined || (await store.create(target, bytes))) continue;
    // An earlier try has put it there, or it was there before
    if (isSame(bytes, await store.get(target, { mostBytes: limits.object }))) continue;
    const found = await identityOf(store, target);
    if (found === undefined || found !== before[name]) throw appeared({ store }, target);
    await store.set(target, bytes);
  }
}

function isSame(bytes: Uint8Array, found: Uint8Array | undefined): boolean {
  return found?.length === bytes.length && bytes.every((byte, index) => byte === found[index]);
}

// The report of a correction: written once the image is in its place, and before the source may go.

/** An image that has come to its place, with what is left of its run. */
export interface PlacedOutput {
  readonly request: CorrectRequest;
  readonly workspace: Workspace;
  readonly platform: Platform;
  readonly completion: Completion;
  /** The profiles that were used, where this process has them. */
  readonly profiles?: readonly ChannelProfile[];
}

/**
 * Writes down what the output may replace, where it may: what lies at its place now, and files beside it.
 * Who finishes the work of several processes replaces what lay there when it was prepared.
 * @param names of files that are to lie beside the output
 */
export async function rememberReplaced(
  { places, parameters }: CorrectRequest,
  { documents }: Workspace,
  names: readonly string[],
): Promise<void> {
  const isShared = async () => (await documents.readShared().catch(passOver)) !== undefined;
  if (!parameters.overwrite || (await isShared())) return;
  const { store, key } = places.output;
  const output = await identityOf(store, key);
  const beside: Record<string, string> = {};
  for (const name of names) {
    const identity = await identityOf(store, keyBeside(key, name));
    if (identity !== undefined) beside[name] = identity;
  }
  await documents.recordReplaced({ output, beside });
}

/** The identity of an object or folder, to recognise another one in its place. */
async function identityOf(store: ObjectStore | WritableStore, key: string): Promise<string | undefined> {
  if ("look" in store) return (await store.look(key))?.identity;
  const facts = await store.facts(key);
  return facts && `${facts.modifiedMs}-${facts.bytes}-${facts.tag}`;
}
