/** Reads XML files as trees of elements. */

import { XMLParser, XMLValidator } from "fast-xml-parser";
import { IsoluxError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import { isJsonObject } from "../../zarr/json.ts";
import { joinKey, type ReadableStore } from "../../zarr/store.ts";
import { decodeText } from "../decode-text.ts";

/** An element of an XML document: attributes, texts and elements in it by name. */
export class XmlElement {
  readonly #content: unknown;

  constructor(content: unknown) {
    this.#content = content;
  }

  /** The elements of a name, in the document's order. */
  all(name: string): XmlElement[] {
    const found = this.#entry(name);
    if (found === undefined) return [];
    return (Array.isArray(found) ? found : [found]).map((content) => new XmlElement(content));
  }

  /** The first element on a path of names, each within the one before. */
  first(...names: readonly string[]): XmlElement | undefined {
    return names.reduce<XmlElement | undefined>((element, name) => element?.all(name)[0], this);
  }

  /** Its text, or that of the first element on a path of names. */
  text(...names: readonly string[]): string | undefined {
    const element = this.first(...names);
    if (element === undefined) return undefined;
    const text = typeof element.#content === "string" ? element.#content : element.#entry("#text");
    return typeof text === "string" ? text : "";
  }

  attribute(name: string): string | undefined {
    const value = this.#entry(`@${name}`);
    return typeof value === "string" ? value : undefined;
  }

  /** The numbers in its text, or in that of an element within; `undefined` where it contains anything else. */
  numbers(...names: readonly string[]): number[] | undefined {
    const values = this.text(...names)
      ?.split(/\s+/)
      .filter((word) => word !== "")
      .map(Number);
    return values?.every(Number.isFinite) ? values : undefined;
  }

  #entry(name: string): unknown {
    return isJsonObject(this.#content) && Object.hasOwn(this.#content, name) ? this.#content[name] : undefined;
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
 * Reads a document; names of elements and attributes are those without the prefix of their namespace. Those with a document type, whose entities may grow without bound, are refused.
 * @throws IsoluxError `corrupt`
 */
export function parseXml(text: string, where: string): XmlElement {
  const invalid = (found: string, cause?: unknown) =>
    new IsoluxError({ kind: "corrupt", what: "The file is not valid XML", where, found, cause });
  if (/<!(DOCTYPE|ENTITY)/i.test(text)) {
    const what = "The XML file declares a document type, which no microscope writes";
    throw new IsoluxError({ kind: "corrupt", what, where });
  }
  checkTags(text, where);
  const fault = XMLValidator.validate(text);
  if (fault !== true) throw invalid(`${fault.err.msg.replace(/\.$/, "")} in line ${fault.err.line}`);
  const options = {
    ...{ ignoreAttributes: false, attributeNamePrefix: "@", parseTagValue: false },
    // Old programs write `OME:Image`
    removeNSPrefix: true,
  };
  try {
    return new XmlElement(new XMLParser(options).parse(text));
  } catch (cause) {
    throw invalid(cause instanceof Error ? cause.message : String(cause), cause);
  }
}

/** Refuses what the parser would take gigabytes and minutes for. @throws IsoluxError `corrupt` */
function checkTags(text: string, where: string): void {
  const refuse = (found: string, expected: string) =>
    new IsoluxError({ kind: "corrupt", what: "The XML file describes no image", where, found, expected });
  const checkPiece = (what: string, length: number) => {
    if (length > limits.xmlPiece) throw refuse(`${what} of ${length} characters`, `at most ${limits.xmlPiece}`);
  };
  let count = 0;
  for (let start = text.indexOf("<"); start >= 0; count++) {
    const end = endOfTag(text, start);
    if (!text.startsWith("<!", start)) checkPiece("a tag", end - start);
    start = text.indexOf("<", end);
    checkPiece("a text", (start < 0 ? text.length : start) - end);
  }
  if (count > limits.xmlTags) throw refuse(`${count} tags`, `at most ${limits.xmlTags}`);
}

/** Where a tag, a comment or a text that is marked as such ends. */
function endOfTag(text: string, start: number): number {
  const after = (mark: string) => {
    const at = text.indexOf(mark, start);
    return at < 0 ? text.length : at + mark.length;
  };
  if (text.startsWith("<!--", start)) return after("-->");
  if (text.startsWith("<![CDATA[", start)) return after("]]>");
  let quote = "";
  for (let at = start + 1; at < text.length; at++) {
    const letter = text[at]!;
    if (quote !== "") quote = letter === quote ? "" : quote;
    else if (letter === ">") return at + 1;
    else if (letter === '"' || letter === "'") quote = letter;
  }
  return text.length;
}
