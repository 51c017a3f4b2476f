/** Reads and writes JSON documents in stores. */

import { type Fault, IsoluxError } from "../errors.ts";
import { limits } from "../limits.ts";
import { joinKey, type ReadableStore } from "./store.ts";

/** A JSON object as metadata documents are. */
export type JsonObject = Record<string, unknown>;

/** Whether a value is a JSON object (not an array, not null). */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A parsed value for messages, shortened; YAML also has numbers that JSON cannot express, and cycles. */
export function showJson(value: unknown): string {
  const text = isDeeperThan(value, mostDepth)
    ? "something nested without end"
    : (JSON.stringify(value, spellOdd) ?? "nothing");
  const spelled = text.replaceAll(/"#(NaN|-?Infinity)#"/g, "$1");
  return spelled.length > 80 ? `${spelled.slice(0, 77)}...` : spelled;
}

function spellOdd(_: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value) ? `#${value}#` : value;
}

/**
 * The content of a JSON document in UTF-8. NaN and infinities, which Python writes though JSON lacks them, become the
 * texts that Zarr has for them. @throws IsoluxError the fault, where the bytes are no JSON
 */
export function parseJson(bytes: Uint8Array, fault: Fault): unknown {
  let value: unknown;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    value = JSON.parse(/NaN|Infinity/.test(text) ? quoteOdd(text) : text);
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    const found = isWebPage(bytes) ? "a web page, which some servers send for what is not there" : said;
    throw new IsoluxError({ ...fault, found, cause });
  }
  if (!isDeeperThan(value, mostDepth)) return value;
  const found = `more than ${mostDepth} lists and objects in each other`;
  throw new IsoluxError({ ...fault, found });
}

/** Strings are skipped as a whole, each looked at once: also those without an end, and of any length. */
function quoteOdd(text: string): string {
  const pieces: string[] = [];
  for (let at = 0; at < text.length; ) {
    const quote = text.indexOf('"', at);
    const begin = quote < 0 ? text.length : quote;
    pieces.push(text.slice(at, begin).replaceAll(/-?\bInfinity\b|\bNaN\b/g, '"$&"'));
    at = endOfString(text, begin);
    pieces.push(text.slice(begin, at));
  }
  return pieces.join("");
}

function endOfString(text: string, begin: number): number {
  for (let end = text.indexOf('"', begin + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = end;
    while (text[slashes - 1] === "\\") slashes--;
    if ((end - slashes) % 2 === 0) return end + 1;
  }
  return text.length;
}

/** Far more than any metadata need; writing deeper nesting could overflow the stack. */
const mostDepth = 200;

function isDeeperThan(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return depth === 0 || Object.values(value).some((inner) => isDeeperThan(inner, depth - 1));
}

/** Whether a server sent a web page, as some do for a folder, or for what is not there. */
export function isWebPage(bytes: Uint8Array): boolean {
  return /^\s*<(!doctype\s+html|html)\b/i.test(new TextDecoder().decode(bytes.subarray(0, 200)));
}

/**
 * A JSON object as it stands in a store, or `undefined` where there is no such key.
 * @throws IsoluxError `corrupt`, also where it has more than `mostBytes`
 */
export async function readJson(
  store: ReadableStore,
  key: string,
  mostBytes: number = limits.metadata,
): Promise<JsonObject | undefined> {
  const bytes = await store.get(key, { mostBytes });
  if (bytes === undefined) return undefined;
  const where = joinKey(store.location, key);
  const value = parseJson(bytes, { kind: "corrupt", what: "A metadata file is not valid JSON", where });
  if (isJsonObject(value)) return value;
  throw new IsoluxError({ kind: "corrupt", what: "A metadata file is not a JSON object", where });
}

/** A list of numbers over several lines; JSON strings contain no line break, so none is changed. */
const numbersOverLines = /\[\n\s+(-?[\d.eE+-]+(?:,\n\s+-?[\d.eE+-]+)*)\n\s*\]/g;

/** A metadata document, formatted for people: four spaces, numbers of a list in a line, UTF-8. */
export function encodeJson(value: JsonObject): Uint8Array {
  const text = JSON.stringify(value, null, 4);
  return new TextEncoder().encode(text.replace(numbersOverLines, (_, list) => `[${list.replaceAll(/,\s+/g, ", ")}]`));
}
