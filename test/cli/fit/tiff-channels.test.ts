import { describe, expect, it } from "vitest";
import { channelPages, pagesOf } from "../../../src/cli/fit/read-tiff.ts";

const imageJ = (lines: string) => `ImageJ=1.53t\n${lines}`;
const ome = (order: string, [c, z, t]: readonly number[], names: readonly string[] = []) =>
  `<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0"><Pixels ` +
  `DimensionOrder="${order}" SizeX="4" SizeY="3" SizeC="${c}" SizeZ="${z}" SizeT="${t}">` +
  `${names.map((name) => `<Channel Name="${name}"/>`).join("")}</Pixels></Image></OME>`;
const planes = (description: string, count: number, channel?: string) =>
  pagesOf(channelPages(description, count, "a.tif", "a.tif"), channel, "a.tif");

describe("the planes of a channel", () => {
  it("are all of a file with one", () => {
    const three = [0, 1, 2];
    expect(planes("", 3)).toEqual(three);
    expect(planes("made by hand", 3, "1")).toEqual(three);
    expect(planes(imageJ("images=3\nslices=3"), 3)).toEqual(three);
    expect(planes('{"shape": [3, 8, 9]}', 3)).toEqual(three);
    expect(planes(ome("XYZCT", [1, 1, 3], ["DAPI"]), 3, "DAPI")).toEqual(three);
    // Of other sizes than the file has, as where planes lie in several files.
    expect(planes(ome("XYZCT", [1, 30, 1]), 3)).toEqual(three);
  });

  it("alternate in ImageJ's files", () => {
    const description = imageJ("images=12\nchannels=2\nslices=3\nframes=2\nhyperstack=true");
    expect(planes(description, 12, "2")).toEqual([1, 3, 5, 7, 9, 11]);
  });

  it("lie in OME-TIFF as the order of its axes says", () => {
    expect(planes(ome("XYCZT", [2, 3, 1]), 6, "1")).toEqual([0, 2, 4]);
    expect(planes(ome("XYZCT", [2, 3, 2]), 12, "2")).toEqual([3, 4, 5, 9, 10, 11]);
    expect(planes(ome("XYZTC", [2, 2, 2], ["DAPI", "GFP"]), 8, "GFP")).toEqual([4, 5, 6, 7]);
  });

  it("are all where a stack was called one of channels", () => {
    expect(planes(imageJ("images=40\nchannels=40"), 40)).toHaveLength(40);
  });
});

describe("the planes of a channel of several images", () => {
  const image = ([c, z]: readonly number[], data = "") =>
    `<Image><Pixels DimensionOrder="XYCZT" SizeC="${c}" SizeZ="${z}" SizeT="1">${data}</Pixels></Image>`;
  const file = (...images: string[]) => `<OME UUID="urn:uuid:1">${images.join("")}</OME>`;

  it("follow one image after the other where nothing else is said", () => {
    expect(planes(file(image([2, 1]), image([2, 2])), 6, "2")).toEqual([1, 3, 5]);
    expect(planes(file(image([1, 2]), image([1, 3])), 5)).toEqual([0, 1, 2, 3, 4]);
  });

  it("lie where each element says, in any order", () => {
    const plane = (ifd: number, c: number) => `<TiffData IFD="${ifd}" FirstC="${c}"/>`;
    const images = [0, 1, 2].map((n) => image([2, 1], plane(n, 1) + plane(n + 3, 0)));
    expect(planes(file(...images), 6, "1")).toEqual([3, 4, 5]);
    expect(planes(file(...images), 6, "2")).toEqual([0, 1, 2]);
  });

  it("are those of this file alone", () => {
    const data = (name: string, c: number) =>
      `<TiffData IFD="0" FirstC="${c}" PlaneCount="1"><UUID FileName="${name}">urn:uuid:2</UUID></TiffData>`;
    expect(planes(file(image([2, 1], data("b.tif", 0) + data("a.tif", 1))), 1, "2")).toEqual([0]);
    expect(planes(file(image([1, 1], data("renamed.tif", 0))), 1)).toEqual([0]);
  });

  it("are not guessed where elements and pages do not agree", () => {
    const twice = image([2, 1], '<TiffData IFD="0"/><TiffData IFD="0"/>');
    expect(() => planes(file(twice, twice), 4)).toThrow(/found 4 planes, expected 2 channels of 1 plane/);
    const far = image([2, 1], '<TiffData IFD="1000000000" PlaneCount="1000000000"/>');
    expect(() => planes(file(far, far), 4)).toThrow(/found 4 planes/);
    expect(() => planes(file(image([2, 1]), image([3, 1])), 5)).toThrow(
      /do not have the same channels.*2 and 3 channels/,
    );
  });
});

describe("refused is", () => {
  it("a file of several channels without a choice, with what there is", () => {
    expect(() => planes(ome("XYCZT", [2, 3, 1], ["DAPI", "GFP"]), 6)).toThrow(
      "several channels, each with its own illumination (a.tif): found channels 1 (DAPI), 2 (GFP) of 3 planes. Name one with --channel",
    );
    expect(() => planes(imageJ("images=3\nchannels=3"), 3)).toThrow(/channels 1, 2, 3 of 1 plane/);
  });

  it.each(["3", "0", "1.5", "dapi", ""])("the channel %j, which is not there", (channel) => {
    expect(() => planes(ome("XYCZT", [2, 3, 1], ["DAPI", "GFP"]), 6, channel)).toThrow(/no such channel \(a\.tif\)/);
  });

  it("a file of one channel of which another is asked for", () => {
    expect(() => planes("", 3, "2")).toThrow(/no such channel.*found --channel 2, expected channel 1 of 3 planes/);
  });

  it("a file whose planes nothing tells of", () => {
    expect(() => planes(imageJ("images=7\nchannels=2\nslices=4"), 7)).toThrow(
      /found 7 planes, expected 2 channels of 4 planes/,
    );
    expect(() => planes('{"shape": [10, 4, 96, 120]}', 40)).toThrow(
      /found the shape 10 x 4 x 96 x 120, expected n, y, x/,
    );
  });
});
