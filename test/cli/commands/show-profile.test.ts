import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { showProfile, showText } from "../../../src/cli/commands/show-profile.ts";
import { encodeProfile } from "../../../src/profile/npz-profile.ts";
import { DirectoryStore } from "../../../src/zarr/disk/directory-store-node.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "isolux-show-"));
  const flatfield = Float32Array.from({ length: 60 * 80 }, (_, i) => 1.25 - Math.abs((i % 80) - 39.5) / 79);
  const profile = { shapeYx: [60, 80], flatfield, darkfield: new Float32Array(4800).fill(3), baseline: 7 } as const;
  const origin = { version: "1", baselineMeaning: "offset", alignment: { kind: "corners" } } as const;
  await new DirectoryStore(folder).set("MBP/profiles.npz", encodeProfile(profile, origin));
});
afterAll(() => rm(folder, { recursive: true }));

describe("isolux profile show", () => {
  it("draws a map whose bright parts are full, and the lines through the centre", async () => {
    const summary = await showProfile({ input: folder, channels: ["MBP"], overwrite: false });
    const text = showText(summary);
    const map = text.split("\n").filter((line) => /[░▒▓█]/.test(line));
    expect(map.length).toBeGreaterThan(8);
    expect(Math.max(...map.map((line) => line.length))).toBeLessThanOrEqual(44);
    for (const row of map) expect(row.trimEnd()).toMatch(/^ +░+▒+▓+█+▓+▒+░+$/);
    expect(summary.profiles).toMatchObject([{ channel: "MBP", shapeYx: [60, 80], baseline: 7, darkfield: { min: 3 } }]);
    expect(text).toMatch(/along x {5}0\.7\d+ {2}1\.0\d {2}1\.2\d {2}0\.9\d+ {2}0\.7\d+\n/);
    expect(text).toContain("along y     1.24  1.24  1.24  1.24  1.24");
  });

  it("writes a page, and none over another", async () => {
    const request = { input: join(folder, "MBP"), channels: [], output: join(folder, "p.html"), overwrite: false };
    expect(await showProfile(request)).toMatchObject({ output: request.output });
    const page = await readFile(request.output, "utf8");
    expect(page).toContain("Flat-field");
    expect(page).toContain('class="contours"');
    expect(page).toContain("<strong>Dark-field:</strong> 3 counts everywhere.");
    await expect(showProfile(request)).rejects.toMatchObject({ kind: "output" });
    await showProfile({ ...request, overwrite: true });
  });
});
