import type { Acquisition } from "../acquisition/acquisition.ts";
import { sha256 } from "../profile/checksum.ts";
import type { ObjectFacts } from "../zarr/store.ts";

/** Facts of so many objects are asked for at a time. */
const factsAtOnce = 64;
/** So many lines are made a digest, which stands for them from then on: there may be millions. */
const linesAtOnce = 2 ** 16;

/**
 * A digest by which a change of the source is noticed: the bytes of its metadata and tables, and name, size and time
 * of every object that holds pixels of the full resolution. Coarser levels are not read, so they may change.
 * On a server a sample of these objects, spread over the image, stands for all of them.
 * @param onObject told the key of every object that holds pixels, or that was looked for on a server
 */
export async function fingerprintSource(
  acquisition: Acquisition,
  onObject?: (key: string, isThere: boolean) => void,
): Promise<string> {
  const { store, documents, pixels } = await acquisition.sourceObjects();
  const lines: string[] = [];
  for (const key of documents) {
    const bytes = await store.get(key);
    lines.push(`${key} ${bytes === undefined ? "none" : sha256(bytes)}`);
  }
  for (let i = 0; i < pixels.length; i += factsAtOnce) {
    const keys = pixels.slice(i, i + factsAtOnce);
    const facts = await Promise.all(keys.map((key) => store.facts(key)));
    for (const [j, key] of keys.entries()) {
      onObject?.(key, facts[j] !== undefined);
      lines.push(`${key} ${describeFacts(facts[j])}`);
    }
    if (lines.length >= linesAtOnce) lines.splice(0, lines.length, digestOf(lines));
  }
  return digestOf(lines);
}

function digestOf(lines: readonly string[]): string {
  return sha256(new TextEncoder().encode(lines.join("\n")));
}

/** The server's mark counts only where it tells no time: of equal copies behind one address, marks may differ. */
function describeFacts(facts: ObjectFacts | undefined): string {
  return `${facts?.bytes} ${facts?.modifiedMs || facts?.tag}`;
}
