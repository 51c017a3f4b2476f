import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseTilesXml, redirectXml } from "../../../src/acquisition/bdv/tiles-xml.ts";

const original = readFileSync(new URL("../../fixtures/native/v04_Mag5x.ome.zarr.xml", import.meta.url), "utf8");
const folder = "v04_Mag5x.ome.zarr";

const read = (text: string) => parseTilesXml(text, "x.xml");
const namesIn = (text: string) => read(text)!.groups.map(({ name }) => name);
const names = [0, 1].flatMap((tile) => [
  `Mag5_Tile${tile}_Ch488_Flt515LP_Sh0_Rot0.ome.zarr`,
  `Mag5_Tile${tile}_Ch561_Flt561_LP_Sh0_Rot0.ome.zarr`,
]);

describe("redirectXml", () => {
  it("changes the folder and nothing else: there and back gives the same bytes", () => {
    const there = redirectXml(read(original)!, "a & <b> $& $1.ome.zarr");
    expect(there).toContain(`<zarr type="relative">a &amp; &lt;b&gt; $&amp; $1.ome.zarr</zarr>`);
    expect(there).not.toBe(original);
    expect(redirectXml(read(there)!, folder)).toBe(original);
  });

  it("makes absolute paths relative", () => {
    const moved = original
      .replace(`<zarr type="relative">${folder}`, `<zarr type="absolute">/somewhere/${folder}`)
      .replace(`<BasePath type="relative">.`, `<BasePath type="absolute">/somewhere`);
    expect(redirectXml(read(moved)!, folder)).toBe(original);
  });
});

describe("parseTilesXml", () => {
  it("names the groups, in the microscope's spelling and in the loader's, each once", () => {
    expect(namesIn(original)).toEqual(names);
    const saved = original.replaceAll(/<zgroup ([^>]*) path="([^"]*)"[^>]*>/g, "<zgroup $1><path>./$2</path></zgroup>");
    expect(namesIn(saved)).toEqual(names);
    const channels = original.replaceAll(/Tile\d_Ch[^"]*_Sh0/g, "Tile0_Sh0");
    expect(namesIn(channels)).toEqual(["Mag5_Tile0_Sh0_Rot0.ome.zarr"]);
    const later = original.replace('setup="1" tp="0"', 'setup="1" tp="1"');
    expect(namesIn(later)).toEqual(names.filter((_, index) => index !== 1));
  });

  it("knows where the groups lie: from the file on, or on the computer that wrote it", () => {
    const at = (base: string, zarr: string) =>
      read(original.replace(/<BasePath.*<\/BasePath>/, base).replace(/<zarr.*<\/zarr>/, zarr))!.folder;
    expect(read(original)!.folder).toEqual({ path: `./${folder}`, isAbsolute: false });
    expect(at("", `<zarr>${folder}</zarr>`)).toEqual({ path: `/${folder}`, isAbsolute: false });
    expect(at("<BasePath>..</BasePath>", "<zarr>b\\c</zarr>")).toEqual({ path: "../b/c", isAbsolute: false });
    expect(at('<BasePath type="absolute">/data/a</BasePath>', "<zarr>b</zarr>").path).toBe("/data/a/b");
    expect(at("<BasePath>a</BasePath>", "<zarr>D:\\b\\c</zarr>")).toEqual({ path: "D:/b/c", isAbsolute: true });
  });

  it("leaves what it does not know", () => {
    for (const [known, other] of [
      ["bdv.multimg.zarr", "bdv.hdf5"],
      ["<zarr", "<s3bucket>b</s3bucket><zarr"],
    ] as const) {
      expect(read(original.replace(known, other))).toBeUndefined();
    }
  });

  it("refuses what is no XML, or may grow without bound", () => {
    expect(() => read(original.slice(0, 300))).toThrow(/not valid XML.*x\.xml/);
    const entities = `<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]>`;
    expect(() => read(original.replace("<SpimData", `${entities}<SpimData`))).toThrow(
      /declares a document type.*x\.xml/,
    );
    const deep = original.replace("</SpimData>", `${"<a>".repeat(5000)}${"</a>".repeat(5000)}</SpimData>`);
    expect(() => read(deep)).toThrow(/not valid XML/);
  });
});
