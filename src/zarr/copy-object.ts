/** Objects of any size, copied and compared a piece at a time. */
import { limits } from "../limits.ts";
import { sha256 } from "./codecs/sha256.ts";
import type { ObjectStore, ReadableStore } from "./store.ts";

/** An object of a store. */
interface ObjectPlace<Store> {
  readonly store: Store;
  readonly key: string;
}

/** The bytes of an object piece by piece, so that memory holds one of them; nothing where there is no such object. */
export async function* piecesOf({ store, key }: ObjectPlace<ReadableStore>): AsyncGenerator<Uint8Array> {
  for (let offset = 0; ; offset += limits.piece) {
    const piece = await store.getRange(key, { kind: "slice", offset, length: limits.piece });
    if (piece === undefined) return;
    if (piece.length > 0 || offset === 0) yield piece;
    if (piece.length < limits.piece) return;
  }
}

/** Copies an object of whatever size; false where there is none. @throws IsoluxError `storage` */
export async function copyObject(
  from: ObjectPlace<ReadableStore>,
  { store, key }: ObjectPlace<ObjectStore>,
): Promise<boolean> {
  let first: Uint8Array | undefined;
  let writer: ReturnType<ObjectStore["begin"]> | undefined;
  try {
    for await (const piece of piecesOf(from)) {
      if (first === undefined) {
        first = piece;
        continue;
      }
      // Twice, as it may grow meanwhile
      writer ??= store.begin(key, 2 * ((await from.store.facts(from.key))?.bytes ?? limits.object));
      if (first.length > 0) await writer.append(first);
      first = new Uint8Array(0);
      await writer.append(piece);
    }
    if (writer !== undefined) await writer.finish();
    else if (first !== undefined) await store.set(key, first);
  } catch (error) {
    await writer?.discard();
    throw error;
  }
  return first !== undefined;
}

/** The SHA-256 digest of an object, of a large one that of the digests of its pieces; `undefined` where there is none. */
export async function digestObject(from: ObjectPlace<ReadableStore>): Promise<string | undefined> {
  const digests: string[] = [];
  for await (const piece of piecesOf(from)) digests.push(sha256(piece));
  return digests.length < 2 ? digests[0] : sha256(new TextEncoder().encode(digests.join("\n")));
}
