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
    expect(element.text("c")).toHaveLength(filler.length);
  });

  it.each([
    ["a tag that is too long", `<a b="${">".repeat(limits.xmlPiece)}"></a>`, "a tag of 1048584 characters"],
    ["a tag without an end", `<a b="${"x".repeat(limits.xmlPiece)}`, "a tag of 1048582 characters"],
    ["a text that is too long", `<a>${"&lt;".repeat(limits.xmlPiece / 2)}</a>`, "a text of 2097152 characters"],
    ["too many tags", `<a>${"<b/>".repeat(limits.xmlTags)}</a>`, "2000002 tags"],
  ])("with %s is refused", (_, text, found) => {
    expect(() => parse(text)).toThrow(`The XML file describes no image (a.xml): found ${found}`);
  });
});
