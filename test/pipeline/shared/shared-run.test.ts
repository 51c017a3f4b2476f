/** Corrections that several processes make together: the bytes of one process, whatever happens to some of them. */
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { IsoluxError } from "../../../src/errors.ts";
import { chooseProfileSource } from "../../../src/parameters/profile-source.ts";
import type { RunEvent } from "../../../src/parameters/run-events.ts";
import { type CorrectParameters, correctSchema } from "../../../src/parameters/schema.ts";
import { correctImage } from "../../../src/pipeline/correct-image.ts";
import type { Location, OutputPlace, PlaceOpener } from "../../../src/pipeline/places/location.ts";
import { Claims, UnitLeases } from "../../../src/pipeline/record/claims.ts";
import { finishImage } from "../../../src/pipeline/shared/finish-image.ts";
import { outputStatus } from "../../../src/pipeline/shared/output-status.ts";
import { prepareImage } from "../../../src/pipeline/shared/prepare-image.ts";
import { workOnUnit } from "../../../src/pipeline/shared/work-on-unit.ts";
import type { Platform } from "../../../src/pipeline/threads/platform.ts";
import { writeSyntheticAcquisition } from "../../../src/synthetic/write-acquisition.ts";
import { MemoryStore } from "../../../src/zarr/memory-store.ts";
import { type ObjectWriter, objectsBelow } from "../../../src/zarr/store.ts";
import { copySharded } from "../../support/sharded-copy.ts";

/** A disk that can be full. */
class Disk extends MemoryStore {
  freeBytes = Number.POSITIVE_INFINITY;
  readonly written: string[] = [];

  override async set(key: string, bytes: Uint8Array): Promise<void> {
    this.use(bytes.length);
    this.written.push(key);
    await super.set(key, bytes);
  }

  override begin(key: string): ObjectWriter {
    this.written.push(key);
    return super.begin(key);
  }

  private use(bytes: number): void {
    if (bytes > this.freeBytes) throw new IsoluxError({ kind: "storage", what: "The disk is full" });
    this.freeBytes -= bytes;
  }
}

const source = new MemoryStore("source:");
let disk: Disk;
beforeAll(async () => {
  await writeSyntheticAcquisition(source, "s", {
    gridYx: [1, 2],
    tileShapeYx: [70, 90],
    planes: 8,
    levelCount: 4,
    chunkShapeZyx: [2, 32, 32],
  });
  await copySharded(source, "s/raw_image", "s/sharded");
});
beforeEach(() => {
  disk = new Disk("disk:");
  output = { kind: "folder", ...at("out") };
});
afterEach(() => vi.restoreAllMocks());

const at = (key: string): Location => ({ store: disk, key });
let output: OutputPlace;
const opener: PlaceOpener = { source: async ({ key }) => ({ store: source, key }), folder: ({ key }) => at(key) };
const platformOf = (processName: string): Platform => ({
  availableWorkers: 1,
  processName,
  isRunning: (name) => (name.startsWith("dead") ? false : undefined),
  leaseTiming: { beatMs: 30, staleMs: 500 },
});

function hooksOf(events: RunEvent[] = [], signal = new AbortController().signal) {
  return { report: (event: RunEvent) => void events.push(event), signal };
}

function request(given: Partial<CorrectParameters> = {}, image = "s/raw_image") {
  const parameters = correctSchema.parse({ image: "raw_image", fovList: [1], nZplanes: 3, ...given });
  const places = { source: { store: source, key: image }, output };
  return { places, parameters, profileSource: chooseProfileSource(parameters) };
}

const prepare = (units: number, asked = request()) => prepareImage(asked, units, platformOf("p:0"), hooksOf());
const work = (index: number, count: number, name = `w:${index}`, hooks = hooksOf()) =>
  workOnUnit({ output, unit: { index, count } }, opener, platformOf(name), hooks);
const finish = (name = "f:0", hooks = hooksOf()) => finishImage({ output }, opener, platformOf(name), hooks);

/** All objects of the output by name. */
async function contents(): Promise<Record<string, string>> {
  const keys = (await objectsBelow(disk, "out")) ?? [];
  const read = keys.map(async (key) => [key, Buffer.from((await disk.get(key))!).toString("base64")] as const);
  return Object.fromEntries(await Promise.all(read));
}

describe("a correction that is shared", () => {
  it.each(["s/raw_image", "s/sharded"])("of %s ends with the bytes of one process", async (image) => {
    const asked = () => request({}, image);
    const whole = await inOwnDisk(() => correctImage(asked(), platformOf("l:0"), hooksOf()));
    const prepared = await prepare(5, asked());
    expect(prepared.units).toBe(5);
    expect(prepared.profiles).toHaveLength(2);
    for (const index of [3, 0, 4, 1]) expect((await work(index, 5)).made).toBeGreaterThan(0);
    expect(await outputStatus(output, platformOf("s:0"))).toMatchObject({ state: "waiting", unitsToMake: [2] });
    expect(await work(2, 5)).toMatchObject({ left: 0, skipped: 0 });
    expect(await work(2, 5)).toMatchObject({ made: 0 });
    const before = await outputStatus(output, platformOf("s:0"));
    expect(before).toMatchObject({ state: "finishable", unitsToMake: [], failed: [], working: [] });
    expect(before.bytesDone).toBe(before.bytes);
    expect(await finish()).toMatchObject({ output: "disk:/out" });
    expect(await contents()).toEqual(whole);
    expect((await disk.list("")).map(({ name }) => name)).toEqual(["out"]);
    expect(await outputStatus(output, platformOf("s:0"))).toMatchObject({ state: "complete" });
  });

  it("may be a conversion", async () => {
    const asked = () => ({ ...request({ fovList: [], omeVersion: "0.5" }), profileSource: { kind: "none" } as const });
    const whole = await inOwnDisk(() => correctImage(asked(), platformOf("l:0"), hooksOf()));
    expect((await prepareImage(asked(), 2, platformOf("p:0"), hooksOf())).profiles).toEqual([]);
    for (const index of [1, 0]) await work(index, 2);
    expect((await finish())!.channels.map(({ source }) => source)).toEqual(["none", "none"]);
    expect(await contents()).toEqual(whole);
    expect(whole).toHaveProperty("out/zarr.json");
  });

  it("may be gone on with by the plain command, and finished without any unit", async () => {
    const whole = await inOwnDisk(() => correctImage(request(), platformOf("l:0"), hooksOf()));
    await prepare(3);
    await work(1, 3);
    await correctImage(request(), platformOf("l:0"), hooksOf());
    expect(await contents()).toEqual(whole);
    await disk.remove("out");
    await prepare(3);
    await finish();
    expect(await contents()).toEqual(whole);
  });

  it("has nothing made twice, but where two race for it, which does no harm", async () => {
    const whole = await inOwnDisk(() => correctImage(request(), platformOf("l:0"), hooksOf()));
    await prepare(4);
    const before = disk.written.length;
    await Promise.all([work(0, 4), work(1, 4), work(2, 4), work(3, 4)]);
    const chunks = disk.written.slice(before).filter((key) => /image\/\d\//.test(key));
    expect(new Set(chunks).size).toBe(chunks.length);
    await disk.remove(".out.isolux");
    await prepare(2);
    await Promise.all([work(0, 2, "a:1"), work(0, 2, "b:1"), work(1, 2, "a:2"), work(1, 3, "b:2")]);
    const finishers = await Promise.all([finish("f:1"), finish("f:2"), finish("f:3")]);
    expect(finishers.filter((summary) => summary !== undefined)).toHaveLength(1);
    expect(await contents()).toEqual(whole);
    expect((await disk.list("")).map(({ name }) => name)).toEqual(["out"]);
  });

  it("goes on after a full disk and after units that died, and says which they were", async () => {
    const whole = await inOwnDisk(() => correctImage(request(), platformOf("l:0"), hooksOf()));
    await prepare(3);
    disk.freeBytes = 20_000;
    await expect(work(1, 3)).rejects.toThrow("The disk is full");
    disk.freeBytes = Number.POSITIVE_INFINITY;
    await new UnitLeases(at(".out.isolux/units"), platformOf("dead:7")).begin({ index: 2, count: 3 });
    await work(0, 3);
    const status = await outputStatus(output, platformOf("s:0"));
    expect(status).toMatchObject({ state: "waiting", unitsToMake: [1, 2], working: [] });
    expect(status.failed).toMatchObject(
      [
        { unit: "2/3", process: "dead:7", state: "died" },
        { unit: "1/3", state: "ended" },
      ].sort((a, b) => a.unit.localeCompare(b.unit)),
    );
    await work(1, 3);
    await work(2, 3);
    await finish();
    expect(await contents()).toEqual(whole);
  });

  it("waits at its end for those at work, and with a unit for the one who has all", async () => {
    await prepare(2);
    const leases = new UnitLeases(at(".out.isolux/units"), platformOf("w:9"));
    const atWork = await leases.begin({ index: 0, count: 2 });
    const events: RunEvent[] = [];
    const finishing = finish("f:0", hooksOf(events));
    await vi.waitFor(() =>
      expect(events).toContainEqual(expect.objectContaining({ text: expect.stringMatching(/w:9 on unit 0\/2/) })),
    );
    const late: RunEvent[] = [];
    const unit = work(1, 2, "w:1", hooksOf(late));
    await vi.waitFor(() =>
      expect(late).toContainEqual(expect.objectContaining({ text: expect.stringMatching(/Waiting.*f:0/) })),
    );
    expect(await outputStatus(output, platformOf("s:0"))).toMatchObject({ state: "working" });
    await leases.amend(atWork, { ended: "done" });
    expect(await finishing).toBeDefined();
    expect(await unit).toMatchObject({ made: 0, left: 0 });
    expect(late.at(-1)).toMatchObject({ text: "The output is complete: there is nothing left to do." });
    expect(await finish()).toBeUndefined();
  });

  it("is taken over from a machine that gives no sign of life", async () => {
    await prepare(1);
    const lease = await new Claims(at(".out.isolux/claims"), platformOf("gone:1")).take();
    if ("end" in lease && typeof lease.end === "function") lease.end();
    expect(await finish()).toBeDefined();
  });

  it("ends when its workspace is taken away, and does not bring it back", async () => {
    await prepare(1);
    let chunks = 0;
    const report = () => {
      if (++chunks === 5) void disk.remove(".out.isolux");
      return undefined;
    };
    const unit = work(0, 1, "w:0", { report, signal: new AbortController().signal });
    await expect(unit).rejects.toThrow("Another process took over the output");
    expect(await disk.facts(".out.isolux/run.json")).toBeUndefined();
  });

  it("is refused to who has not prepared it, for another version, for a bucket, for units that are none", async () => {
    await expect(work(0, 1)).rejects.toThrow("No correction is prepared there (disk:/out).");
    await expect(finish()).rejects.toThrow("isolux prepare");
    expect(await outputStatus(output, platformOf("s:0"))).toMatchObject({ state: "absent" });
    await prepare(2);
    const other = workOnUnit({ output, unit: { index: 2 } }, opener, platformOf("w:0"), hooksOf());
    await expect(other).rejects.toThrow("There is no such unit (--unit): found 2 of 2, expected 0 to 1.");
    const shared = JSON.parse(new TextDecoder().decode(await disk.get(".out.isolux/shared.json")));
    await disk.set(
      ".out.isolux/shared.json",
      new TextEncoder().encode(JSON.stringify({ ...shared, version: "0.0.1" })),
    );
    await expect(work(0, 2)).rejects.toThrow("prepared by another version of Isolux");
    const bucket = { kind: "bucket", ...at("out"), workspace: at("w") } as const;
    const asked = { ...request(), places: { ...request().places, output: bucket } };
    const refusal = "Several processes cannot share an output in a bucket";
    await expect(prepare(2, asked)).rejects.toThrow(refusal);
    const written = disk.written.length;
    await expect(workOnUnit({ output: bucket }, opener, platformOf("w:0"), hooksOf())).rejects.toThrow(refusal);
    await expect(finishImage({ output: bucket }, opener, platformOf("f:0"), hooksOf())).rejects.toThrow(refusal);
    expect(disk.written).toHaveLength(written);
  });
});

describe("what was written down of a shared correction", () => {
  const file = ".out.isolux/shared.json";

  it.each(["", "{", "[]", "{}", '{"version":3}', "null"])("is told of where it is damaged: %j", async (text) => {
    const whole = await inOwnDisk(() => correctImage(request(), platformOf("l:0"), hooksOf()));
    await prepare(2);
    await work(1, 2);
    await disk.set(file, new TextEncoder().encode(text));
    for (const attempt of [work(0, 2), finish(), outputStatus(output, platformOf("s:0"))]) {
      await expect(attempt).rejects.toThrow(
        "The record of the prepared correction is damaged (disk:/.out.isolux/shared.json). Prepare it again",
      );
    }
    const { length } = disk.written;
    await prepare(2);
    expect(disk.written.slice(length).filter((key) => key.endsWith(".npz"))).toEqual([]);
    expect(await work(1, 2)).toMatchObject({ made: 0 });
    await finish();
    expect(await contents()).toEqual(whole);
  });

  it("has no part missing", async () => {
    await prepare(2);
    const shared = JSON.parse(new TextDecoder().decode(await disk.get(file)));
    for (const name of ["asked", "places", "images", "rounds", "units", "sharedRounds", "warnings"]) {
      await disk.set(file, new TextEncoder().encode(JSON.stringify({ ...shared, [name]: undefined })));
      await expect(work(0, 2)).rejects.toThrow("is damaged");
    }
  });
});

/** What a run leaves on a disk of its own. */
async function inOwnDisk(run: () => Promise<unknown>): Promise<Record<string, string>> {
  await run();
  const whole = await contents();
  await disk.remove("out");
  return whole;
}
