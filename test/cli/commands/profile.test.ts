import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { errorText, exitCodeOf } from "../../../src/cli/errors.ts";
import { buildProgram } from "../../../src/cli/program.ts";
import { decodeTiff } from "../../../src/profile/formats/image-file.ts";
import { decodeProfile } from "../../../src/profile/npz-profile.ts";
import { dark, flat, shapeYx } from "../../profile/formats/format-fixtures.ts";
import { largestDifference } from "../../profile/numpy-fixtures.ts";
import { fakeDoor } from "../fake-door.ts";

const fixtures = fileURLToPath(new URL("../../fixtures/profile-formats/", import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "isolux-profile-"));
});
afterAll(() => rm(folder, { recursive: true }));

const out = (...names: string[]) => join(folder, ...names);

/** Runs `isolux profile convert` without leaving the process. */
async function convert(...args: string[]) {
  const { door, stdout, stderr } = fakeDoor();
  const words = ["profile", "convert", ...args];
  const program = await buildProgram(words, door);
  const end = await program.parseAsync(words, { from: "user" }).then(
    () => ({ code: 0, said: undefined }),
    (error: unknown) => ({ code: exitCodeOf(error), said: errorText(error, false) }),
  );
  return { ...end, stdout: stdout.text, stderr: stderr.text };
}

async function profileIn(path: string) {
  return decodeProfile(new Uint8Array(await readFile(path)), path, "note");
}

describe("isolux profile convert", () => {
  it("tells what it recognised, rescaled and wrote", async () => {
    const { code, stdout, stderr } = await convert(`${fixtures}cellprofiler/IllumGFP.mat`, out("gfp"));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.replaceAll(fixtures, "").replaceAll(folder, "OUT")).toBe(`  read        cellprofiler: IllumGFP.mat
  flat-field  0.500 - 1.50, mean 1 (4 x 6 px)
  dark-field  0 - 0, mean 0
  baseline    0

cellprofiler/IllumGFP.mat comes without a dark-field: none is subtracted.
The flat-field of cellprofiler/IllumGFP.mat had minimum 1 and mean 2.000: it was divided by its mean.

Written as npz: OUT/gfp/profiles.npz
`);
    expect(largestDifference((await profileIn(out("gfp", "profiles.npz"))).profile.flatfield, flat)).toBeLessThan(1e-6);
  });

  it("prints one JSON document", async () => {
    const { stdout } = await convert(`${fixtures}spark/T.tif`, out("spark.npz"), "--json");
    expect(JSON.parse(stdout)).toMatchObject({
      kind: "npz",
      output: [out("spark.npz")],
      profiles: [{ kind: "stitching-spark", files: ["S.tif", "T.tif"], shapeYx, baseline: 0 }],
      notes: [],
    });
    const { profile } = await profileIn(out("spark.npz"));
    expect(largestDifference(profile.darkfield, dark)).toBeLessThan(1e-3);
  });

  it("takes a channel of a file, and writes several channels into one", async () => {
    const input = `${fixtures}ashlar/cycle1-ffp.tif`;
    expect((await convert(input, out("models", "561"))).said).toMatch(/several channels.*a channel from 1 to 3/);
    expect((await convert(input, out("models", "561"), "--channel", "2")).code).toBe(0);
    expect((await convert(input, out("models", "488"), "--channel", "1")).code).toBe(0);
    expect((await convert(out("models"), out("scan-ffp.tif"), "--channel", "488,561")).code).toBe(0);
    const pages = await decodeTiff(new Uint8Array(await readFile(out("scan-ffp.tif"))), "scan");
    expect(largestDifference(pages[1]!.data, flat)).toBeLessThan(1e-6);
    expect((await readdir(folder)).filter((name) => name.startsWith("scan"))).toEqual(["scan-dfp.tif", "scan-ffp.tif"]);
  });

  it("takes a folder that holds one profile, and a format by its name", async () => {
    expect((await convert(`${fixtures}basicpy-early`, out("early.npz"))).stdout).toMatch(
      /read +basicpy: profiles\.npy/,
    );
    const { code } = await convert(
      `${fixtures}cellprofiler/background.npy`,
      out("b.npz"),
      "--from",
      "cellprofiler-subtract",
    );
    expect(code).toBe(0);
    expect(largestDifference((await profileIn(out("b.npz"))).profile.darkfield, dark)).toBeLessThan(1e-4);
  });

  it("resamples", async () => {
    expect((await convert(`${fixtures}spark/S.tif`, out("large.tif"), "--shape", "8,12")).code).toBe(0);
    const [image] = await decodeTiff(new Uint8Array(await readFile(out("large.tif"))), "x");
    expect(image!.shape).toEqual([8, 12]);
  });

  it("replaces nothing unless told to", async () => {
    const args = [`${fixtures}spark/S.tif`, out("kept-ffp.tif")];
    await writeFile(out("kept-dfp.tif"), "mine");
    const { code, said } = await convert(...args);
    expect({ code, said }).toEqual({
      code: 1,
      said: `isolux: The file already exists (${out("kept-dfp.tif")}). Give --overwrite to replace it, or another output.\n`,
    });
    expect((await readdir(folder)).filter((name) => name.startsWith("kept"))).toEqual(["kept-dfp.tif"]);
    expect((await convert(...args, "--overwrite")).code).toBe(0);
  });
});

describe("bad input", () => {
  beforeAll(async () => {
    await writeFile(out("text.tif"), "no image");
    await writeFile(out("empty.npz"), "");
    await mkdir(out("nothing"));
  });

  it.each([
    [["none.tif", "a.npz"], 1, "There is no such file or folder (none.tif)"],
    [[".", "a.npz"], 1, "The folder holds no profile"],
    [["OUT/text.tif", "a.npz"], 1, "The file is not one that profiles are read from"],
    [["OUT/empty.npz", "a.npz"], 1, "This is not a zip archive"],
    [["OUT/nothing", "a.npz"], 1, "The folder holds no profile"],
    [["OUT/nothing", "a.npz", "--channel", "488"], 1, 'There is no profile for channel "488"'],
    [["FIX/cellprofiler", "a.npz"], 2, "The folder holds several profiles"],
    [["FIX/spark/S.tif", "a.npz", "--channel", "1"], 2, "--channel cannot be used here"],
    [["FIX/spark/S.tif", "a.jpg"], 2, "The name of the output does not tell its format"],
    [["FIX/spark/S.tif", "a.npz", "--to", "ashlar"], 2, "does not fit the format ashlar"],
    [["FIX/spark/S.tif", "a.npz", "--to", "tiff"], 2, "Formats are npz, basicpy"],
    [["FIX/spark/S.tif", "a.npz", "--shape", "0,5"], 2, "two whole numbers"],
    [["FIX/spark/S.tif"], 2, "Missing required argument 'output'"],
    [["FIX/cellprofiler/version4.mat", "a.npz"], 1, "The file is not one that profiles are read from"],
    [["FIX/image/colours.png", "a.npz"], 1, "the first 0 at (y, x) = (0, 0)"],
  ])("%j", async (args, code, message) => {
    const [input = "", output, ...rest] = args.map((arg) => arg.replace("OUT", folder).replace("FIX/", fixtures));
    const ended = await convert(...[input, ...(output === undefined ? [] : [out(output)]), ...rest]);
    expect(ended).toMatchObject({ code, stdout: "" });
    expect(ended.said).toContain(message);
    expect(ended.said!.trimEnd()).not.toContain("\n");
    expect((await readdir(folder)).filter((name) => name.startsWith("a."))).toEqual([]);
  });
});
