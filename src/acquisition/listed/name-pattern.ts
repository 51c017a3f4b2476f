/** Patterns of file names, such as `[{row} x {col}]_C{channel}_z{plane}.tif`: what they say of a file. */
import { distance } from "fastest-levenshtein";
import { IsoluxError } from "../../errors.ts";
import { formatCount } from "../../quantities.ts";
import type { IlluminationSide } from "../../tiles/tile.ts";
import { joinKey, type ReadableStore } from "../../zarr/store.ts";

const number = String.raw`-?\d+(?:\.\d+)?`;
/** What stands for a field in names. */
const fields = {
  row: String.raw`\d+`,
  col: String.raw`\d+`,
  /** Positions in µm. */
  ...{ x: number, y: number, z: number },
  plane: String.raw`\d+`,
  time: String.raw`\d+`,
  channel: "[^/]+?",
  side: "left|right|l|r|0|1",
} as const;

/** A field of a pattern. */
type PatternField = keyof typeof fields;

/** A pattern, folder by folder. */
interface NamePattern {
  readonly text: string;
  readonly fields: ReadonlySet<PatternField>;
  /** For each folder, and then the file: its names. */
  readonly segments: readonly RegExp[];
}

/** A file that a pattern fits, with what its name says. */
export interface NamedFile {
  readonly key: string;
  readonly fields: Readonly<Partial<Record<PatternField, string>>>;
}

/** Wildcards and texts of any length in one name: with more of them names could take for ever. */
const mostLoose = 4;

/**
 * Reads a pattern: fields in braces, `*` for any letters, `/` between folders; all else stands for itself.
 * @throws IsoluxError `usage`
 */
export function parsePattern(text: string): NamePattern {
  const found = new Set<PatternField>();
  const parts = text
    .replaceAll("\\", "/")
    .replace(/^\.\//, "")
    .split("/")
    .filter((part) => part !== "");
  if (parts.length === 0) throw unusable(text, "It is empty");
  // A field that stands twice has one value: the second time it refers to the first.
  const segments = parts.map((part) => {
    const here = new Set<PatternField>();
    let loose = 0;
    const words = part.replaceAll("...", "*").split(/(\{[^{}]*\}|\*)/);
    const expression = words.map((word) => {
      if (word === "*") loose++;
      if (word === "*") return "[^/]*?";
      const name = /^\{(.*)\}$/.exec(word)?.[1];
      if (name === undefined) return word.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
      const field = readField(name, text);
      if (here.has(field)) return String.raw`\k<${field}>`;
      if (field === "channel") loose++;
      here.add(field);
      found.add(field);
      return `(?<${field}>${fields[field]})`;
    });
    if (loose > mostLoose) throw unusable(text, `One name has ${loose} wildcards and texts, of at most ${mostLoose}`);
    return new RegExp(`^${expression.join("")}$`, here.has("side") ? "i" : "");
  });
  return { text, fields: found, segments };
}

const otherNames: Readonly<Record<string, PatternField>> = {
  ...{ column: "col", c: "channel", ch: "channel", slice: "plane", t: "time", timepoint: "time" },
};

function readField(name: string, pattern: string): PatternField {
  const plain = name.trim().toLowerCase();
  if (Object.hasOwn(fields, plain)) return plain as PatternField;
  const other = otherNames[plain];
  if (other !== undefined) return other;
  const [nearest] = Object.keys(fields)
    .filter((field) => distance(field, plain) <= 2)
    .sort((a, b) => distance(a, plain) - distance(b, plain));
  const hint = nearest === undefined ? "" : `: did you mean {${nearest}}?`;
  throw unusable(pattern, `{${name}} is no field${hint}`);
}

function unusable(pattern: string, found: string): IsoluxError {
  return new IsoluxError({
    kind: "usage",
    what: "The pattern of names cannot be used",
    where: pattern,
    found,
    expected: `names with the fields ${Object.keys(fields)
      .map((field) => `{${field}}`)
      .join(", ")}, and * for any letters`,
  });
}

/** Files of one acquisition: more than any has. */
const mostFiles = 2_000_000;
/** Folders that are listed at a time: in a bucket each is a request. */
const listedAtOnce = 16;

/**
 * The files below a folder that a pattern fits, in the order of names. Only the folders that it names are listed.
 * @throws IsoluxError `unsupported` where the store cannot list, `storage`
 */
export async function filesOfPattern(
  store: ReadableStore,
  folder: string,
  { segments }: NamePattern,
): Promise<NamedFile[]> {
  let count = 0;
  const search = async (key: string, depth: number, known: NamedFile["fields"]): Promise<NamedFile[]> => {
    const isFile = depth === segments.length - 1;
    const entries = await store.list(key);
    if (entries === undefined) throw unlisted(joinKey(store.location, folder));
    const here = entries.flatMap(({ name, kind }): NamedFile[] => {
      if (isFile !== (kind === "object")) return [];
      const named = segments[depth]!.exec(name)?.groups ?? (segments[depth]!.test(name) ? {} : undefined);
      if (named === undefined) return [];
      if (Object.entries(named).some(([field, value]) => (known[field as PatternField] ?? value) !== value)) return [];
      return [{ key: joinKey(key, name), fields: { ...known, ...named } }];
    });
    if (isFile) count += here.length;
    if (count > mostFiles) throw tooMany(joinKey(store.location, folder));
    if (isFile) return here;
    const below: NamedFile[][] = [];
    for (let n = 0; n < here.length; n += listedAtOnce) {
      const some = here.slice(n, n + listedAtOnce);
      below.push(...(await Promise.all(some.map((one) => search(one.key, depth + 1, one.fields)))));
    }
    return below.flat();
  };
  return await search(folder, 0, {});
}

function tooMany(where: string): IsoluxError {
  const what = "The pattern fits more files than an acquisition has";
  return new IsoluxError({ kind: "invalid", what, where, expected: `at most ${formatCount(mostFiles, "file")}` });
}

function unlisted(where: string): IsoluxError {
  return new IsoluxError({
    kind: "unsupported",
    what: "This server does not list folders, so the files cannot be found",
    where,
    advice: "Copy them to a disk or a bucket, or give the address of a tiles.csv that lists stacks",
  });
}

/** A side as people and programs write it. */
export function parseSide(text: string | undefined): IlluminationSide | undefined {
  const plain = text?.trim().toLowerCase();
  if (plain === "left" || plain === "l" || plain === "0") return "Left";
  return plain === "right" || plain === "r" || plain === "1" ? "Right" : undefined;
}
