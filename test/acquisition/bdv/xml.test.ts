/** What XML files may hold: tags in a number and of a length that describe an image. */
import { describe, expect, it } from "vitest";
import { parseXml } from "../../../src/acquisition/bdv/xml.ts";
import { limits } from "../../../src/limits.ts";

const parse = (text: string) => parseXml(text, "a.xml");

describe("an XML file", () => {
  it("is read with marks in its attributes, comments and marked texts", () => {
    const filler = "don't > ".repeat(limits.xmlPiece / 4);
    const marked = `<a b="1 > 0 '">x</a><!-- ${filler} --><c><![CDATA[${filler}]]></c>`;
    const element = parse(`<?xml version="1.0"?><r>${marked}</r>`).first("r")!;
    expect(element.first("a")?.attribute("b")).toBe("1 > 0 '");
    expect(element.text("a")).toBe("x");
    expect(element.text("c")).toBe(filler.trim());
  });

  it("is read with the mark of its encoding, which descriptions in TIFF files may keep", () => {
    expect(parseXml("\uFEFF<?xml version='1.0'?><a>t</a>\0", "here").text("a")).toBe("t");
  });

  it("is read with names of namespaces, and with letters for which names or numbers stand", () => {
    const element = parse(`<x:r xmlns:x="u" x:b=' &quot;&#181;&#xB5;&lt; '>1 &amp; 2<c/> &none; </x:r>`).first("r")!;
    expect(element.attribute("b")).toBe('"µµ<');
    expect(element.text()).toBe("1 & 2 &none;");
    expect(element.text("c")).toBe("");
    expect(element.first("c", "d")).toBeUndefined();
  });

  it.each([
    ["<a><b></a>", 'the end of "a" in place of that of "b"'],
    ["<a></a></b>", 'the end of "b"'],
    ["<a>\n<b>", 'no end of "b" in line 2'],
    ["<a b></a>", 'the attributes "b"'],
    ["<a b=1></a>", 'the attributes "b=1"'],
    ["<>", 'the tag "<>"'],
    ["\n<!doctype html><p>Not here", "a web page, which some servers send for what is not there"],
    ["words", "text outside of the elements"],
    ["<?xml?>", "no element"],
    ["<a>".repeat(101) + "</a>".repeat(101), "elements in more than 100 others"],
  ])("that is none is refused: %s", (text, found) => {
    expect(() => parse(text)).toThrow(`The file is not valid XML (a.xml): found ${found}`);
  });

  it("is read in a time that grows with its length alone", () => {
    const blanks = " ".repeat(limits.xmlPiece - 20);
    expect(() => parse(`<a${blanks}b>x</a>`)).toThrow("the attributes");
    expect(() => parse(`<a ${"b".repeat(limits.xmlPiece - 20)}>x</a>`)).toThrow("the attributes");
  });

  it.each([
    ["a tag that is too long", `<a b="${">".repeat(limits.xmlPiece)}"></a>`, "a tag of 1048584 characters"],
    ["a tag without an end", `<a b="${"x".repeat(limits.xmlPiece)}`, "a tag of 1048582 characters"],
    ["a text that is too long", `<a>${"&lt;".repeat(limits.xmlPiece / 2)}</a>`, "a text of 2097152 characters"],
    ["too many tags", `<a>${"<b/>".repeat(limits.xmlTags)}</a>`, "2000001 tags or more"],
  ])("with %s is refused", (_, text, found) => {
    expect(() => parse(text)).toThrow(`The XML file describes no image (a.xml): found ${found}`);
  });
});
