/**
 * The `_meta.txt` files that mesoSPIM-control writes beside its images: one block per view, all in one file or each in its own.
 * @see https://github.com/mesoSPIM/mesoSPIM-control
 */

import { IsoluxError } from "../../errors.ts";
import { joinKey, type ReadableStore } from "../../zarr/store.ts";
import { decodeText } from "../decode-text.ts";
import { MetaBlock, processing } from "./meta.ts";

/** Headings that begin a section even where no blank line stands before them. */
const headings = new Set([
  ...["CFG", "POSITION", "ETL PARAMETERS", "GALVO PARAMETERS", "CAMERA PARAMETERS"],
  ...["MICROSCOPE", "MICROSCOPE PARAMETERS", "OBJECTIVE", "IMAGE PROCESSORS", "TIMING INFORMATION"],
]);

const endMarker = /^=+ END OF ACQUISITION =+$/;

/** The blocks of the file at `key`, or `undefined` where there is no such file. @throws IsoluxError `corrupt` */
export async function readMetaText(store: ReadableStore, key: string): Promise<MetaBlock[] | undefined> {
  const bytes = await store.get(key);
  return bytes === undefined ? undefined : parseMetaText(decodeText(bytes), joinKey(store.location, key));
}

/**
 * The blocks of a `_meta.txt`, in the file's order, which is that of the acquisition. Values are not looked at yet:
 * one that is garbled matters only to who needs it.
 * @param where the file, for messages
 * @throws IsoluxError `corrupt` where there is no block
 */
export function parseMetaText(text: string, where: string): MetaBlock[] {
  // Files that were joined have blocks that begin within a line.
  const parts = text.split(/(?=\[Metadata for file\])/).filter((part) => part.split(lineBreak).some(isEntry));
  if (parts.length === 0) {
    throw new IsoluxError({
      kind: "corrupt",
      what: "The metadata file is empty",
      where,
      expected: "lines of the form [Key] value",
    });
  }
  return parts.map((part, index) => parseBlock(part, parts.length === 1 ? where : `${where}, block ${index + 1}`));
}

const lineBreak = /\r?\n|\r/;

/** A line of the form `[Key] value`. Its ends are looked for by one pass each, whatever it holds. */
function entryOf(line: string): { readonly key: string; readonly value: string } | undefined {
  const text = line.trim();
  // A key has a letter at least, be it a bracket.
  const end = text.startsWith("[") ? text.indexOf("]", 2) : -1;
  return end < 0 ? undefined : { key: text.slice(1, end), value: text.slice(end + 1).trim() };
}

function isEntry(line: string): boolean {
  return entryOf(line) !== undefined;
}

function parseBlock(text: string, where: string): MetaBlock {
  const sections = new Map<string, Map<string, string>>();
  let section = "";
  let isEnded = false;
  let isAfterBlank = true;
  for (const line of text.split(lineBreak)) {
    const entry = entryOf(line);
    if (entry === undefined) {
      isAfterBlank = line.trim() === "";
      continue;
    }
    const { key, value } = entry;
    if (endMarker.test(key)) isEnded = true;
    else if (value === "" && (isAfterBlank || headings.has(key))) section = key;
    else keepFirst(sections, section, key, value);
    isAfterBlank = false;
  }
  return new MetaBlock(where, sections, isEnded);
}

/**
 * A key that comes again does not replace the one that is meant. Of image processors each has settings of its own, of
 * which the later ones are counted.
 */
function keepFirst(sections: Map<string, Map<string, string>>, section: string, key: string, value: string): void {
  const entries = sections.get(section) ?? new Map<string, string>();
  sections.set(section, entries);
  let name = key;
  if (section === processing) for (let n = 2; entries.has(name); n++) name = `${key} (${n})`;
  if (!entries.has(name)) entries.set(name, value);
}
