/** Reads XML files as trees of elements, in one pass: those of acquisitions of thousands of tiles have megabytes. */

import { IsoluxError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import { isWebPage } from "../../zarr/json.ts";
import { joinKey, type ReadableStore } from "../../zarr/store.ts";
import { decodeText } from "../decode-text.ts";

/** An element of an XML document: its attributes, its text and the elements in it. */
export class XmlElement {
  /** Without the prefix of a namespace. */
  readonly name: string;
  readonly #attributes: ReadonlyMap<string, string> | undefined;
  readonly #children: XmlElement[] = [];
  #text = "";

  constructor(name: string, attributes?: ReadonlyMap<string, string>) {
    this.name = name;
    this.#attributes = attributes;
  }

  /** Adds an element, after those that it has. */
  append(child: XmlElement): void {
    this.#children.push(child);
  }

  /** Adds to its text. */
  appendText(text: string): void {
    this.#text += text;
  }

  /** The elements of a name, in the document's order. */
  all(name: string): XmlElement[] {
    return this.#children.filter((child) => child.name === name);
  }

  /** The first element on a path of names, each within the one before. */
  first(...names: readonly string[]): XmlElement | undefined {
    return names.reduce<XmlElement | undefined>(
      (element, name) => (element === undefined ? undefined : element.#children.find((child) => child.name === name)),
      this,
    );
  }

  /** Its text, or that of the first element on a path of names. */
  text(...names: readonly string[]): string | undefined {
    const element = this.first(...names);
    return element === undefined ? undefined : element.#text.trim();
  }

  /** Whether no element is in it. */
  get isEmpty(): boolean {
    return this.#children.length === 0;
  }

  attribute(name: string): string | undefined {
    return this.#attributes?.get(name);
  }

  /** The numbers in its text, or in that of an element within; `undefined` where it contains anything else. */
  numbers(...names: readonly string[]): number[] | undefined {
    const values = this.text(...names)
      ?.split(/\s+/)
      .filter((word) => word !== "")
      .map(Number);
    return values?.every(Number.isFinite) ? values : undefined;
  }
}

/** The text of an XML file, or `undefined` where there is none. @throws IsoluxError `unsupported` where it is too large */
export async function readXmlText(store: ReadableStore, key: string): Promise<string | undefined> {
  const bytes = await store.getRange(key, { kind: "slice", offset: 0, length: limits.xml + 1 });
  if (bytes === undefined || bytes.length <= limits.xml) return bytes && decodeText(bytes);
  throw new IsoluxError({
    kind: "unsupported",
    what: "The XML file is too large to be read",
    where: joinKey(store.location, key),
    expected: `at most ${limits.xml / 2 ** 20} MB`,
  });
}

/**
 * Reads a document; names of elements and attributes are those without the prefix of their namespace. Those with a
 * document type, whose entities may grow without bound, are refused.
 * @returns an element without a name, with the document's one
 * @throws IsoluxError `corrupt`
 */
export function parseXml(text: string, where: string): XmlElement {
  if (isWebPage(new TextEncoder().encode(text.slice(0, 200)))) {
    const found = "a web page, which some servers send for what is not there";
    throw new IsoluxError({ kind: "corrupt", what: "The file is not valid XML", where, found });
  }
  if (/<!(DOCTYPE|ENTITY)/i.test(text)) {
    const what = "The XML file declares a document type, which no microscope writes";
    throw new IsoluxError({ kind: "corrupt", what, where });
  }
  return new Reader(text.replace(/^\uFEFF/, ""), where).read();
}

/** Documents of microscopes are some ten elements deep. */
const deepest = 100;

/** Reads a document from its beginning to its end. */
class Reader {
  readonly #source: string;
  readonly #where: string;
  #at = 0;
  #tags = 0;
  /** The elements that are open with their names as they are written, the innermost last, after one without a name. */
  readonly #open: { readonly element: XmlElement; readonly written: string }[] = [];

  constructor(source: string, where: string) {
    this.#source = source;
    this.#where = where;
  }

  read(): XmlElement {
    const source = this.#source;
    const root = new XmlElement("");
    this.#open.push({ element: root, written: "" });
    for (let start = source.indexOf("<"); start >= 0; start = source.indexOf("<", this.#at)) {
      this.#readText(start);
      if (++this.#tags > limits.xmlTags) throw this.#refused(`${this.#tags} tags or more`, `at most ${limits.xmlTags}`);
      if (source.startsWith("<!--", start)) this.#at = this.#endOf("-->");
      else if (source.startsWith("<![CDATA[", start)) this.#readMarkedText(start);
      else this.#readTag(start);
    }
    this.#readText(source.length);
    if (this.#open.length > 1) throw this.#invalid(`no end of ${shown(this.#open.at(-1)!.written)}`);
    if (root.isEmpty) throw this.#invalid("no element");
    return root;
  }

  /** The text up to a position. */
  #readText(end: number): void {
    const start = this.#at;
    this.#at = end;
    if (end - start > limits.xmlPiece) throw this.#tooLong("text", end - start);
    if (isBlank(this.#source, start, end)) return;
    if (this.#open.length === 1) throw this.#invalid("text outside of the elements");
    this.#open.at(-1)!.element.appendText(decoded(this.#source.slice(start, end)));
  }

  /** A text in which marks mean nothing. */
  #readMarkedText(start: number): void {
    this.#at = this.#endOf("]]>");
    this.#open.at(-1)!.element.appendText(this.#source.slice(start + "<![CDATA[".length, this.#at - "]]>".length));
  }

  #readTag(start: number): void {
    const source = this.#source;
    const end = source.startsWith("<?", start) ? this.#endOf("?>") : endOfTag(source, start);
    if (end - start > limits.xmlPiece) throw this.#tooLong("tag", end - start);
    if (source.charAt(end - 1) !== ">") throw this.#invalid(`no end of the tag ${shown(source.slice(start, end))}`);
    this.#at = end;
    const second = source.charAt(start + 1);
    if (second === "/") this.#close(source.slice(start + 2, end - 1).trimEnd());
    else if (second !== "?" && second !== "!") this.#begin(source.slice(start + 1, end - 1));
  }

  /** @param tag what stands between its brackets */
  #begin(tag: string): void {
    const isWhole = tag.endsWith("/");
    const content = isWhole ? tag.slice(0, -1) : tag;
    const [written = ""] = /^[^\s<>"'=&/]+/.exec(content) ?? [];
    if (written === "") throw this.#invalid(`the tag ${shown(`<${tag}>`)}`);
    const element = new XmlElement(withoutPrefix(written), this.#attributesIn(content, written.length));
    this.#open.at(-1)!.element.append(element);
    if (isWhole) return;
    this.#open.push({ element, written });
    if (this.#open.length > deepest) throw this.#invalid(`elements in more than ${deepest} others`);
  }

  #close(name: string): void {
    const { written } = this.#open.at(-1)!;
    if (this.#open.length === 1 || name !== written) {
      const expected = this.#open.length === 1 ? "an element that is open" : shown(written);
      throw this.#invalid(`the end of ${shown(name)} in place of that of ${expected}`);
    }
    this.#open.pop();
  }

  /** The attributes in a tag, from the end of its name on; `undefined` where it has none. */
  #attributesIn(content: string, start: number): Map<string, string> | undefined {
    if (isBlank(content, start, content.length)) return undefined;
    const found = new Map<string, string>();
    const attribute = /\s+([^\s<>"'=&/]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y;
    let end = start;
    attribute.lastIndex = start;
    for (let match = attribute.exec(content); match !== null; match = attribute.exec(content)) {
      end = attribute.lastIndex;
      found.set(withoutPrefix(match[1]!), decoded((match[2] ?? match[3])!).trim());
    }
    if (!isBlank(content, end, content.length))
      throw this.#invalid(`the attributes ${shown(content.slice(end).trim())}`);
    return found;
  }

  /** After the next of a mark; the end where there is none. */
  #endOf(mark: string): number {
    const at = this.#source.indexOf(mark, this.#at);
    return at < 0 ? this.#source.length : at + mark.length;
  }

  #tooLong(what: string, length: number): IsoluxError {
    return this.#refused(`a ${what} of ${length} characters`, `at most ${limits.xmlPiece}`);
  }

  #refused(found: string, expected: string): IsoluxError {
    const what = "The XML file describes no image";
    return new IsoluxError({ kind: "corrupt", what, where: this.#where, found, expected });
  }

  #invalid(fault: string): IsoluxError {
    const line = this.#source.slice(0, this.#at).split("\n").length;
    const found = `${fault} in line ${line}`;
    return new IsoluxError({ kind: "corrupt", what: "The file is not valid XML", where: this.#where, found });
  }
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 60));
}

function withoutPrefix(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}

function isBlank(text: string, start: number, end: number): boolean {
  // Blanks of XML are all below the exclamation mark
  for (let at = start; at < end; at++) if (text.charCodeAt(at) > 32) return false;
  return true;
}

/** After the end of a tag, whose attributes may hold its mark; the document's end where it has none. */
function endOfTag(text: string, start: number): number {
  let quote = 0;
  for (let at = start + 1; at < text.length; at++) {
    const letter = text.charCodeAt(at);
    if (quote !== 0) quote = letter === quote ? 0 : quote;
    else if (letter === 62) return at + 1;
    else if (letter === 34 || letter === 39) quote = letter;
  }
  return text.length;
}

const entities: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

/** A text with the letters for which names or numbers stand; others stay as they are. */
function decoded(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(
    /&(?:#(\d{1,7})|#[xX]([\da-fA-F]{1,6})|(lt|gt|amp|quot|apos));/g,
    (whole, decimal, hexadecimal, name) => {
      if (name !== undefined) return entities[name]!;
      const code = decimal === undefined ? Number.parseInt(hexadecimal, 16) : Number(decimal);
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    },
  );
}
