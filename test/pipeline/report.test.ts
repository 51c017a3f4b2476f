/** When the report of a correction is written: once, before the source may go, and never at the cost of the image. */
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { IsoluxError } from "../../src/errors.ts";
import { chooseProfileSource } from "../../src/parameters/profile-source.ts";
import type { RunEvent } from "../../src/parameters/run-events.ts";
import { type CorrectParameters, correctSchema } from "../../src/parameters/schema.ts";
import { correctImage } from "../../src/pipeline/correct-image.ts";
import { isOccupied, type Location, type OutputPlace, type PlaceOpener } from "../../src/pipeline/places/location.ts";
import { finishImage } from "../../src/pipeline/shared/finish-image.ts";
import { prepareImage } from "../../src/pipeline/shared/prepare-image.ts";
import type { Platform, ReportSubject } from "../../src/pipeline/threads/platform.ts";
import { writeSyntheticAcquisition } from "../../src/synthetic/write-acquisition.ts";
import { MemoryStore } from "../../src/zarr/memory-store.ts";
import { objectsBelow } from "../../src/zarr/store.ts";

const template = new MemoryStore("template:");
let disk: MemoryStore;
let output: OutputPlace;
/** What was seen of the two images when a report was asked for. */
let asked: { readonly sides: string; readonly profiles: number; readonly path: string }[];
let failure: Error | undefined;
let isTaken: boolean;

beforeAll(() => writeSyntheticAcquisition(template, "s", { gridYx: [1, 2], tileShapeYx: [40, 50], planes: 4 }));
beforeEach(async () => {
  disk = new MemoryStore("disk:");
  for (const key of (await objectsBelow(template, "s"))!) await disk.set(key, (await template.get(key))!);
  output = { kind: "folder", ...at("out") };
  [asked, failure, isTaken] = [[], undefined, false];
});

const at = (key: string): Location => ({ store: disk, key });
const opener: PlaceOpener = { source: async ({ key }) => at(key), folder: ({ key }) => at(key) };
const hooksOf = (events: RunEvent[] = [], signal = new AbortController().signal) => ({
  report: (event: RunEvent) => void events.push(event),
  signal,
});

const platform: Platform = {
  availableWorkers: 1,
  processName: "p:0",
  isRunning: () => undefined,
  leaseTiming: { beatMs: 30, staleMs: 60_000 },
  reports: {
    check: async () => {
      if (isTaken) throw new IsoluxError({ kind: "output", what: "The report already exists" });
    },
    write: async ({ request, profiles = [] }: ReportSubject) => {
      const { source, output: made } = request.places;
      const sides = [(await isOccupied(source)) && "source", (await isOccupied(made)) && "output"].join();
      asked.push({ sides, profiles: profiles.length, path: request.parameters.report! });
      if (failure !== undefined) throw failure;
      return { html: "r.html", json: "r.json", verdict: "improved", reason: "Better." };
    },
  },
};

function request(given: Partial<CorrectParameters> = {}) {
  const parameters = correctSchema.parse({ image: "i", fovList: [1], nZplanes: 3, report: "r.html", ...given });
  const places = { source: at("s/raw_image"), erasable: at("s/raw_image"), output };
  return { places, parameters, profileSource: chooseProfileSource(parameters) };
}
const prepare = (given?: Partial<CorrectParameters>) => prepareImage(request(given), 2, platform, hooksOf());
const finish = (hooks = hooksOf()) => finishImage({ output }, opener, platform, hooks);
const whole = { sides: "source,output", profiles: 2, path: "r.html" };

describe("the report", () => {
  it("is written by who finishes a shared correction, once, with both images in their places", async () => {
    await prepare();
    expect(asked).toEqual([]);
    const [first, second] = await Promise.all([finish(), finish()]);
    expect((first ?? second)!.report).toMatchObject({ verdict: "improved" });
    expect(await finish()).toBeUndefined();
    expect(asked).toEqual([whole]);
  });

  it("comes before the source is erased", async () => {
    await prepare({ eraseSourceImage: true });
    await finish();
    expect(asked).toEqual([whole]);
    expect([await isOccupied(at("s/raw_image")), await isOccupied(output)]).toEqual([false, true]);
  });

  it("is written by the next process where one died over it, though its beginning lies there", async () => {
    await prepare({ eraseSourceImage: true });
    const control = new AbortController();
    failure = new Error("killed");
    const dying = { ...hooksOf([], control.signal), report: () => asked.length > 0 && control.abort() };
    const { reports } = platform;
    const deadly: Platform = {
      ...platform,
      reports: {
        ...reports!,
        write: (...all) => {
          control.abort();
          return reports!.write(...all);
        },
      },
    };
    await expect(finishImage({ output }, opener, deadly, dying)).rejects.toThrow("killed");
    expect(await isOccupied(at("s/raw_image"))).toBe(true);
    [failure, isTaken] = [undefined, true];
    expect((await finish())!.report).toMatchObject({ reason: "Better." });
    expect(asked).toEqual([whole, whole]);
    expect((await disk.list("")).map(({ name }) => name)).toEqual(["out", "s"]);
  });

  it("does not take the image along where it cannot be written", async () => {
    failure = new IsoluxError({ kind: "invalid", what: "No picture can be drawn" });
    const events: RunEvent[] = [];
    const summary = await correctImage(request(), platform, hooksOf(events));
    expect(summary.report).toBeUndefined();
    const text = "The image is complete, but its report could not be written. No picture can be drawn.";
    expect(summary.warnings.filter((warning) => warning === text)).toHaveLength(1);
    expect(events.filter((event) => event.kind === "warning" && event.text === text)).toHaveLength(1);
    expect((await disk.list("")).map(({ name }) => name)).toEqual(["out", "s"]);
  });

  it("is refused at the beginning where it cannot be written, and does not replace what came to lie there", async () => {
    isTaken = true;
    await expect(correctImage(request(), platform, hooksOf())).rejects.toThrow("already exists");
    await expect(prepare()).rejects.toThrow("already exists");
    expect((await disk.list("")).map(({ name }) => name)).toEqual(["s"]);
    isTaken = false;
    await prepare();
    isTaken = true;
    expect((await finish())!.warnings.at(-1)).toContain("The report already exists");
    expect(asked).toEqual([]);
  });

  it("is not asked for by a platform that makes none", async () => {
    const { reports: _, ...bare } = platform;
    await expect(correctImage(request(), bare, hooksOf())).rejects.toThrow("No report can be written here");
  });
});
