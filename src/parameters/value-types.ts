import * as z from "zod";

/** A finite whole number of at least `smallest` and, if given, at most `largest`. */
export function wholeNumber(smallest: number, largest?: number): z.ZodInt {
  const schema = z.int().min(smallest);
  return largest === undefined ? schema : schema.max(largest);
}

/** A text that is not empty. */
export function someText(): z.ZodString {
  return z.string().min(1);
}

/** A list whose entries differ, in words for the error: `each tile number once`. */
export function distinct<Item extends z.ZodType>(item: Item, words: string) {
  return z.array(item).refine((entries) => new Set(entries).size === entries.length, { error: words });
}

const bytesPerUnit: Readonly<Record<string, number>> = {
  "": 1,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  t: 1e12,
  ki: 2 ** 10,
  mi: 2 ** 20,
  gi: 2 ** 30,
  ti: 2 ** 40,
};

/** The bytes that a size such as `512MB`, `1.5 GiB` or `1000000` stands for; `undefined` where it is not a size. */
function parseByteSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(?:([kmgt]i?)b?|b)?$/i.exec(text.trim());
  if (match === null) return undefined;
  const bytes = Math.floor(Number(match[1]) * bytesPerUnit[(match[2] ?? "").toLowerCase()]!);
  return bytes >= 1 && Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** An amount of memory as people write it; becomes a number of bytes. */
export function byteSize() {
  return z.union([wholeNumber(1), someText()]).transform((value, context): number => {
    const bytes = typeof value === "number" ? value : parseByteSize(value);
    if (bytes !== undefined) return bytes;
    context.addIssue({ code: "custom", message: "a size such as 512MB, 2GB or 1.5GiB" });
    return z.NEVER;
  });
}
