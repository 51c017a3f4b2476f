/** Tiles that another microscope or program wrote: what says where they lie, and in which directions. */
import { describe, expect, it } from "vitest";
import { openAcquisition } from "../../../src/acquisition/open-acquisition.ts";
import type { Zyx } from "../../../src/shapes.ts";
import { encodeJson, type JsonObject, readJson } from "../../../src/zarr/json.ts";
import { MemoryStore } from "../../../src/zarr/memory-store.ts";
import { patternedPixels } from "../write-image.ts";
import { writeNative } from "./native-files.ts";

const shape: Zyx = [4, 8, 6];
const pixelUm = 1.625;
/** Rows of 6 px, columns of 4 px apart, in pixels: overlaps of 2. */
const places = [0, 1].flatMap((row) => [0, 1].map((column) => [row, column] as const));
const translationOf = ([row, column]: readonly [number, number], sign = 1): Zyx => [
  0,
  sign * row * 6 * pixelUm,
  sign * column * 4 * pixelUm,
];

const affine = (text: string) => `<ViewTransform type="affine"><affine>${text}</affine></ViewTransform>`;
const calibration = affine(`1 0 0 0 0 1 0 0 0 0 ${5 / pixelUm} 0`);
const registrationOf = ([row, column]: readonly [number, number]) =>
  affine(`1 0 0 ${column * 4} 0 1 0 ${row * 6} 0 0 1 0`) + calibration;

function xmlOf(names: readonly string[], registrations: readonly string[], times = 1): string {
  const entries = Array.from({ length: times }, (_, time) =>
    names.map((name, setup) => `<zgroup setup="${setup}" timepoint="${time}"><path>${name}</path></zgroup>`).join(""),
  );
  const setups = names.map(
    (_, id) =>
      `<ViewSetup><id>${id}</id><voxelSize><unit>µm</unit><size>${pixelUm} ${pixelUm} 5</size></voxelSize>` +
      "<attributes><channel>3</channel></attributes></ViewSetup>",
  );
  const placed = registrations.map(
    (one, id) => `<ViewRegistration timepoint="0" setup="${id}">${one}</ViewRegistration>`,
  );
  return `<SpimData><SequenceDescription><ImageLoader format="bdv.multimg.zarr"><zarr type="relative">tiles.zarr</zarr>
    <zgroups>${entries.join("")}</zgroups></ImageLoader><ViewSetups>${setups.join("")}
    <Attributes name="channel"><Channel><id>3</id><name>638 nm</name></Channel></Attributes></ViewSetups>
    </SequenceDescription><ViewRegistrations>${placed.join("")}</ViewRegistrations></SpimData>`;
}

interface Scene {
  readonly names: readonly string[];
  /** Of the groups; absent where they have none. */
  readonly translations?: readonly (Zyx | undefined)[];
  readonly registrations?: readonly string[];
  readonly times?: number;
}

async function open({ names, translations, registrations, times }: Scene, key: string) {
  const store = new MemoryStore("data");
  await writeNative(
    store,
    "tiles.zarr",
    names.map((name, n) => ({ name, shape, seed: n + 1, ...(translations?.[n] && { translation: translations[n] }) })),
  );
  if (registrations) await store.set("any.xml", new TextEncoder().encode(xmlOf(names, registrations, times)));
  const notes: string[] = [];
  const { acquisition } = await openAcquisition(store, key, { note: (text) => notes.push(text) });
  const { tilesOfOneTime: tiles = acquisition.tiles, channels, levels } = acquisition;
  const order = await Promise.all(
    tiles.map(async ({ box }) => {
      const pixels = await levels[0]!.readBox(0, box);
      const same = await Promise.all(names.map(async (name, n) => [name, String(patternOf(n + 1)) === String(pixels)]));
      return same.find(([, isSame]) => isSame)?.[0];
    }),
  );
  return {
    order,
    notes,
    timePoints: levels[0]!.timePoints ?? 1,
    channels: channels.map(({ label }) => label),
    stage: tiles.map((tile) => tile.stagePositionUmYx),
  };
}

const patternOf = (seed: number) => patternedPixels("uint16", shape, seed);

const names = [
  "tile_000000_ch_488.zarr",
  "tile_000001_ch_488.zarr",
  "tile_000002_ch_488.zarr",
  "tile_000003_ch_488.zarr",
];
/** Down the first column, then down the second: where x and y grow to the right and down. */
const asInImage = [0, 2, 1, 3];
const asOnStage = [3, 1, 2, 0];
const named = (list: readonly string[], order: readonly number[]) => order.map((n) => list[n]);

describe("tiles of another microscope", () => {
  it("lie at the origin where a translation by nothing is left out", async () => {
    const translations = places.map((place, n) => (n === 0 ? undefined : translationOf(place)));
    const { order } = await open({ names, translations }, "tiles.zarr");
    expect(order).toEqual(named(names, asInImage));
    // Two at the origin are no tiles.
    const unplaced = translations.map((place, n) => (n === 3 ? undefined : place));
    await expect(open({ names, translations: unplaced }, "tiles.zarr")).rejects.toThrow(/lie in the same place/);
  });

  it("lie where the registrations of their XML file say, whatever their translations", async () => {
    const scene = {
      names,
      registrations: places.map(registrationOf),
      translations: places.map((p) => translationOf(p, -1)),
    };
    for (const key of ["any.xml", "tiles.zarr"]) {
      const { order, notes, channels, stage } = await open(scene, key);
      expect(order).toEqual(named(names, asInImage));
      expect(channels).toEqual(["638"]);
      expect(notes).toEqual([
        "The translations of the tiles are not the registrations of their XML file, which are used instead",
      ]);
      expect(stage.map((yx) => yx?.map((um) => Math.round(um / pixelUm)))).toEqual([
        [0, 0],
        [6, 0],
        [0, 4],
        [6, 4],
      ]);
    }
  });

  it("lie where all transformations together put them, the first listed applied last", async () => {
    // A space of half pixels, in which stitching has swapped the columns.
    const registrations = places.map(
      ([row, column]) =>
        affine(`1 0 0 ${column === 0 ? 12 : -4} 0 1 0 0 0 0 1 0`) +
        affine("2 0 0 0 0 2 0 0 0 0 2 0") +
        registrationOf([row, column]),
    );
    const { order, stage } = await open({ names, registrations }, "any.xml");
    expect(order).toEqual(named(names, [1, 3, 0, 2]));
    // 2 * 4 - 4 and 12 in the common space are 2 and 6 pixels of the tiles, 2 * 6 are 6.
    expect(stage.map((yx) => yx?.map((um) => Math.round((um / pixelUm) * 1e6) / 1e6))).toEqual([
      [0, 2],
      [6, 2],
      [0, 6],
      [6, 6],
    ]);
  });

  it("lie where translations say where registrations tell none apart, or there are none", async () => {
    const registrations = places.map(() => calibration);
    const translations = places.map((place) => translationOf(place));
    for (const key of ["any.xml", "tiles.zarr"]) {
      expect((await open({ names, translations, registrations }, key)).order).toEqual(named(names, asInImage));
    }
    const plain = ["a.zarr", "b.zarr", "c.zarr", "d.zarr"];
    const { order, channels } = await open({ names: plain, translations }, "tiles.zarr");
    expect(order).toEqual(named(plain, asInImage));
    expect(channels).toEqual(["channel_1"]);
  });

  it("lie where transformations of all levels move them to, which apply after those of a level", async () => {
    const store = new MemoryStore("data");
    const plain = ["a.zarr", "b.zarr", "c.zarr", "d.zarr"];
    await writeNative(
      store,
      "tiles.zarr",
      plain.map((name) => ({ name, shape, translation: [0, 3, 4] as const })),
    );
    for (const [n, name] of plain.entries()) {
      const key = `tiles.zarr/${name}/.zattrs`;
      const attributes = (await readJson(store, key)) as { multiscales: JsonObject[] };
      const translation = translationOf(places[n]!).map((um) => 2 * um);
      attributes.multiscales[0]!.coordinateTransformations = [
        { type: "scale", scale: [1, 2, 2] },
        { type: "translation", translation },
      ];
      await store.set(key, encodeJson(attributes));
    }
    const { acquisition } = await openAcquisition(store, "tiles.zarr");
    expect(acquisition.pixelSizeUmZyx).toEqual([5, 2 * pixelUm, 2 * pixelUm]);
    const at = acquisition.tiles.map(({ stagePositionUmYx: [y, x] = [0, 0] }) => [y / 2 - 3, x / 2 - 4]);
    expect(at.map((yx) => yx.map((um) => Math.round(um / pixelUm)))).toEqual([
      [0, 0],
      [6, 0],
      [0, 4],
      [6, 4],
    ]);
  });

  it("may be single planes without a distance from the next", async () => {
    const store = new MemoryStore("data");
    const tiles = places.map((place, n) => ({
      name: names[n]!,
      shape: [1, 8, 6] as const,
      translation: translationOf(place),
    }));
    await writeNative(store, "tiles.zarr", tiles);
    const flat = "1 0 0 0 0 1 0 0 0 0 0 0";
    const registrations = places.map((place) => registrationOf(place).replace(calibration, affine(flat)));
    await store.set("any.xml", new TextEncoder().encode(xmlOf(names, registrations)));
    const { acquisition } = await openAcquisition(store, "any.xml");
    expect(acquisition.tiles.map(({ stagePositionUmYx: [y, x] = [0, 0] }) => [y / pixelUm, x / pixelUm])).toEqual([
      [0, 0],
      [6, 0],
      [0, 4],
      [6, 4],
    ]);
  });

  it("have the channel of the file where names are BigStitcher's", async () => {
    const spark = ["s0-t0.zarr", "s1-t0.zarr", "s2-t0.zarr", "s3-t0.zarr"];
    const scene = { names: spark, registrations: places.map(registrationOf) };
    for (const key of ["any.xml", "tiles.zarr"]) {
      const { order, channels } = await open(scene, key);
      expect(order).toEqual(named(spark, asInImage));
      expect(channels).toEqual(["638"]);
    }
  });

  it("have the channel of their names where the file only numbers them", async () => {
    const numbered = xmlOf(names, places.map(registrationOf)).replace("638 nm", "0");
    const store = new MemoryStore("data");
    await writeNative(
      store,
      "tiles.zarr",
      names.map((name) => ({ name, shape })),
    );
    await store.set("any.xml", new TextEncoder().encode(numbered));
    const { acquisition } = await openAcquisition(store, "any.xml");
    expect(acquisition.channels.map(({ label }) => label)).toEqual(["488"]);
  });

  it("have all of the time points that the XML file names", async () => {
    const { order, notes, timePoints } = await open(
      { names, registrations: places.map(registrationOf), times: 3 },
      "any.xml",
    );
    expect(notes).toEqual([]);
    expect(timePoints).toBe(3);
    expect(order).toEqual(named(names, asInImage));
  });

  it.each([
    ["turned", "0.8 -0.6 0 3 0.6 0.8 0 4 0 0 1 5"],
    ["sheared", "1 0 0.5 3 0 1 0 4 0 0 1 5"],
  ])("are refused where a registration has them %s", async (_, transform) => {
    const registrations = places.map((place) => affine(transform) + registrationOf(place));
    await expect(open({ names, registrations }, "any.xml")).rejects.toMatchObject({
      kind: "unsupported",
      message: expect.stringMatching(/rotates, shears or scales a tile.*tile_000000_ch_488/),
    });
  });

  it.each([
    ["mirrored", "-1 0 0 3 0 1 0 4 0 0 1 5"],
    ["mirrored along both axes, and scaled along one", "-1 0 0 3 0 -1.3 0 4 0 0 1 5"],
  ])("lie as in the images where the space of all tiles is %s", async (_, transform) => {
    const registrations = places.map((place) => affine(transform) + registrationOf(place));
    expect((await open({ names, registrations }, "any.xml")).order).toEqual(named(names, asInImage));
  });

  it.each([
    ["mirrored", "-1 0 0 3 0 1 0 4 0 0 1 5"],
    ["scaled", "1 0 0 3 0 1.3 0 4 0 0 1 5"],
  ])("are refused where one of them is %s and others are not", async (_, transform) => {
    const registrations = places.map((place, n) => (n === 2 ? affine(transform) : "") + registrationOf(place));
    await expect(open({ names, registrations }, "any.xml")).rejects.toThrow(/scales a tile.*tile_000002_ch_488/);
  });

  it("are no tiles where images of one place lie side by side", async () => {
    const translations = places.map((): Zyx => [0, 3, 4]);
    await expect(open({ names, translations }, "tiles.zarr")).rejects.toThrow(/no multiscales.*Images inside it/);
    await expect(open({ names }, "tiles.zarr")).rejects.toThrow(
      /no multiscales.*Images inside it: tile_000000_ch_488.zarr, .*nothing says where they lie: they need a translation/,
    );
  });
});

it("views that an XML file says are missing leave their places empty, be there a group or not", async () => {
  const store = new MemoryStore("data");
  const files = names.map((name, n) => ({ name, shape, seed: n + 1 }));
  await writeNative(store, "tiles.zarr", files);
  const missing = '<MissingViews><MissingView timepoint="0" setup="2"/></MissingViews></SequenceDescription>';
  const xml = xmlOf(names, places.map(registrationOf)).replace("</SequenceDescription>", missing);
  await store.set("any.xml", new TextEncoder().encode(xml));
  const { acquisition } = await openAcquisition(store, "any.xml");
  const shown = acquisition.tiles.map((tile) => tile.stagePositionUmYx!.map((um) => Math.round(um / pixelUm)));
  expect(shown).toEqual([
    [0, 0],
    [0, 4],
    [6, 4],
  ]);
});

describe("tiles of the microscope", () => {
  const own = places.map((_, n) => `Mag1_Tile${n}_Ch488_Flt515LP_Sh0_Rot0.ome.zarr`);

  it("lie where the stage says, whatever the directions of the XML file", async () => {
    const translations = places.map((place) => translationOf(place));
    for (const registrations of [places.map(registrationOf), places.map(([y, x]) => registrationOf([-y, -x]))]) {
      for (const key of ["any.xml", "tiles.zarr"]) {
        expect((await open({ names: own, translations, registrations }, key)).order).toEqual(named(own, asOnStage));
      }
    }
  });
});
