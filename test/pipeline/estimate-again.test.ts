/** Estimations that are repeated, stopped, or made by two processes at a time: what is done is done once. */
import { beforeEach, describe, expect, it } from "vitest";
import { IsoluxError } from "../../src/errors.ts";
import { chooseProfileSource } from "../../src/parameters/profile-source.ts";
import type { RunEvent } from "../../src/parameters/run-events.ts";
import { type EstimateParameters, estimateSchema } from "../../src/parameters/schema.ts";
import { type EstimateRequest, estimateImage } from "../../src/pipeline/estimate-image.ts";
import { writeSyntheticAcquisition } from "../../src/synthetic/write-acquisition.ts";
import { MemoryStore } from "../../src/zarr/memory-store.ts";
import type { ObjectWriter } from "../../src/zarr/store.ts";

/** A disk on which a process is killed when it writes a certain object. */
class Disk extends MemoryStore {
  killedAt: string | undefined;
  readonly written: string[] = [];

  override async set(key: string, bytes: Uint8Array): Promise<void> {
    this.write(key);
    await super.set(key, bytes);
  }

  override begin(key: string): ObjectWriter {
    const writer = super.begin(key);
    const finish = () => {
      this.write(key);
      return writer.finish();
    };
    return { ...writer, finish: async () => await finish() };
  }

  private write(key: string): void {
    if (key === this.killedAt) throw new IsoluxError({ kind: "storage", what: "Killed here" });
    this.written.push(key);
  }
}

const source = new MemoryStore("source:");
let disk: Disk;
beforeEach(async () => {
  await writeSyntheticAcquisition(source, "s", {
    gridYx: [1, 2],
    tileShapeYx: [40, 36],
    planes: 6,
    chunkShapeZyx: [2, 20, 20],
  });
  disk = new Disk("disk:");
});

async function estimate(given: Partial<EstimateParameters> = {}, processName = "p:0", events: RunEvent[] = []) {
  const asked = { image: "raw_image", output: "models", fovList: [1], nZplanes: 3, workers: 1, ...given };
  const parameters = estimateSchema.parse(asked);
  const profileSource = chooseProfileSource(parameters) as EstimateRequest["profileSource"];
  const places = { source: { store: source, key: "s/raw_image" }, output: { store: disk, key: "models" } };
  const leaseTiming = { beatMs: 30, staleMs: 500 };
  const platform = { availableWorkers: 1, processName, isRunning: () => undefined, leaseTiming };
  const hooks = { report: (event: RunEvent) => void events.push(event), signal: new AbortController().signal };
  return estimateImage({ ...places, parameters, profileSource }, platform, hooks);
}

const files = ["models/MBP/profiles.npz", "models/Lectin/profiles.npz"];
const contents = () =>
  Promise.all(files.map(async (file) => Buffer.from((await disk.get(file)) ?? "").toString("hex")));
const names = async () => (await disk.list("models")).map(({ name }) => name);
const saved = () => disk.written.filter((key) => files.includes(key));

describe("an estimation that is repeated", () => {
  it("leaves profiles that an equal one has saved as they are, and says so", async () => {
    expect(await estimate()).toMatchObject({ kept: 0 });
    const before = await contents();
    const events: RunEvent[] = [];
    const again = await estimate({ memory: 1e9 }, "p:1", events);
    expect(again.kept).toBe(2);
    expect(again.channels.map(({ label, planes }) => [label, planes.length])).toEqual([
      ["MBP", 3],
      ["Lectin", 3],
    ]);
    expect(events.map((event) => "text" in event && event.text)).toEqual([
      "The profile of channel MBP exists already, from an equal estimation.",
      "The profile of channel Lectin exists already, from an equal estimation.",
    ]);
    expect(await contents()).toEqual(before);
    expect(saved()).toHaveLength(2);
    expect(await names()).toEqual(["Lectin", "MBP"]);
  });

  it("makes what is missing, and replaces all where that is asked for", async () => {
    await estimate();
    const before = await contents();
    await disk.remove("models/MBP");
    expect(await estimate()).toMatchObject({ kept: 1 });
    expect(await contents()).toEqual(before);
    expect(saved()).toEqual([...files, files[0]]);
    expect(await estimate({ overwrite: true })).toMatchObject({ kept: 0 });
    expect(await contents()).toEqual(before);
  });

  it("is refused beside profiles of other parameters, of a changed source, or from elsewhere", async () => {
    await estimate();
    const before = await contents();
    await expect(estimate({ fovList: [2] })).rejects.toThrow(
      "A profile of channel MBP already exists, and was not made by this estimation (disk:/models/MBP/profiles.npz)",
    );
    await source.set("s/raw_image/0/0/0/0/0", (await source.get("s/raw_image/0/0/0/1/0"))!);
    await expect(estimate()).rejects.toThrow("of the image as it was before a change");
    await disk.set("models/MBP/profiles.npz", new Uint8Array(9));
    await expect(estimate()).rejects.toThrow("found a profile from elsewhere. Give --overwrite");
    expect(await names()).toEqual(["Lectin", "MBP"]);
    await estimate({ overwrite: true });
    expect(await contents()).not.toEqual(before);
  });
});

describe("an estimation that is stopped", () => {
  it("saves nothing, but goes on with what it has found", async () => {
    disk.killedAt = files[0];
    await expect(estimate()).rejects.toThrow("Killed here");
    expect(await names()).toEqual([".profiles.isolux"]);
    expect((await disk.list("models/.profiles.isolux/profiles")).map(({ name }) => name)).toEqual(["0.npz"]);
    disk.killedAt = "models/.profiles.isolux/profiles/0.npz";
    const events: RunEvent[] = [];
    await estimate({}, "p:1", events);
    expect(events).toContainEqual({ kind: "note", text: "Resuming an interrupted estimation." });
    expect(await names()).toEqual(["Lectin", "MBP"]);
  });

  it("leaves whole files and is completed, also where it was killed while saving them", async () => {
    disk.killedAt = files[1];
    await expect(estimate()).rejects.toThrow("Killed here");
    expect(await names()).toEqual([".profiles.isolux", "MBP"]);
    disk.killedAt = "models/.profiles.isolux/profiles/1.npz";
    expect(await estimate({}, "p:1")).toMatchObject({ kept: 1 });
    expect(await names()).toEqual(["Lectin", "MBP"]);
  });

  it("leaves nothing where it had found nothing, or would fail again", async () => {
    disk.killedAt = "models/.profiles.isolux/profiles/0.npz";
    await expect(estimate()).rejects.toThrow("Killed here");
    expect(await names()).toEqual([]);
  });

  it("does not keep what another one had found", async () => {
    disk.killedAt = files[0];
    await expect(estimate()).rejects.toThrow("Killed here");
    disk.killedAt = undefined;
    const other = await estimate({ fovList: [2] }, "p:1");
    expect(other.channels[0]!.planes.map(({ tile }) => tile)).toEqual([2, 2, 2]);
  });
});

it("two equal estimations at a time save each profile once", async () => {
  const both = await Promise.all([estimate({}, "p:0"), estimate({}, "p:1")]);
  expect(both.map(({ kept }) => kept).sort()).toEqual([0, 2]);
  expect(saved()).toHaveLength(2);
  expect(await names()).toEqual(["Lectin", "MBP"]);
});
