/** What an output may replace: what lay at its place when its run began, and nothing that came there since. */
import { passOver } from "../../errors.ts";
import { keyBeside, type ObjectStore, type WritableStore } from "../../zarr/store.ts";
import type { CorrectRequest } from "../places/request.ts";
import type { Workspace } from "../record/workspace.ts";

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
  await documents.recordReplaced({ ...(output !== undefined && { output }), beside });
}

/** The identity of an object or folder, to recognise another one in its place. */
export async function identityOf(store: ObjectStore | WritableStore, key: string): Promise<string | undefined> {
  if ("look" in store) return (await store.look(key))?.identity;
  const facts = await store.facts(key);
  return facts && `${facts.modifiedMs}-${facts.bytes}-${facts.tag}`;
}
