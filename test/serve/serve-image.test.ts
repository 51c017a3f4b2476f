import { afterAll, beforeAll, expect, it } from "vitest";
import { DirectoryStore } from "../../src/node.ts";
import type { Profile } from "../../src/profile/profile.ts";
import { saveTruth } from "../../src/synthetic/truth.ts";
import { writeSyntheticAcquisition } from "../../src/synthetic/write-acquisition.ts";
import { openImage, temporaryFolder } from "./serving.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

it("profiles meet the image that is served as that which is written: what it has not is refused", async () => {
  const store = new DirectoryStore(folder.path);
  const made = await writeSyntheticAcquisition(store, "image.zarr", {
    gridYx: [2, 3],
    tileShapeYx: [64, 64],
    planes: 6,
    levelCount: 1,
  });
  const withRow = (profile: Profile) => ({
    ...profile,
    darkfield: profile.darkfield.map((dark, at) => dark + (Math.floor(at / 64) === 41 ? 200 : 0)),
  });
  const profiles = new Map([...made.truth.profiles].map(([label, profile]) => [label, withRow(profile)]));
  await saveTruth(store, "models", { ...made.truth, profiles });
  const given = { image: `${folder.path}/${made.imageKey}`, modelsFolder: `${folder.path}/models` };
  await expect(openImage(given)).rejects.toThrow(
    /^The dark-field of channel .* has what the image does not have: row 41/,
  );
  const served = await openImage(given, {}, { trustProfiles: true });
  await served.close();
});
