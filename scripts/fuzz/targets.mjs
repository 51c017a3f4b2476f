// What is given damaged inputs: every decoder and parser, each with whole inputs to begin with and a way to change them.
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { deflateSync } from "node:zlib";
import { containerTargets, fileOf } from "./container-targets.mjs";
import * as formats from "./formats.mjs";
import { joined, mutateBytes, mutateJsonText, mutateText } from "./mutate.mjs";

const dist = (path) => import(`../../dist/${path}.js`);
await dist("index-node");
const { loadKernels } = await dist("kernels/load-kernels");
const { KernelMemory } = await dist("kernels/kernel-memory");
const { decodeBytes, encodeBytes } = await dist("zarr/codecs/codec");
const { decodeBlosc, locateBlocks } = await dist("zarr/codecs/blosc-decode");
const { parseCodec } = await dist("zarr/metadata/version-2");
const { openArray } = await dist("zarr/array");
const { MemoryStore } = await dist("zarr/memory-store");
const { decodeImageFile } = await dist("profile/formats/image-file");
const { decodeProfile, encodeProfile } = await dist("profile/npz-profile");
const { decodeNpy } = await dist("profile/npy");
const { openTiffPlanes } = await dist("acquisition/pages/tiff-planes");
const { openAcquisition } = await dist("acquisition/open-acquisition");
const { openListed } = await dist("acquisition/listed/open-listed");
const { parseXml } = await dist("acquisition/bdv/xml");
const { parseMetaText } = await dist("acquisition/native/meta-text");
const { loadParameterFile } = await dist("cli/commands/run");
const { validate } = await dist("parameters/validate");
const { correctSchema } = await dist("parameters/schema");
const { yamlTemplate } = await dist("cli/commands/init");

await loadKernels();
const fixtures = fileURLToPath(new URL("../../test/fixtures", import.meta.url));
const known = new Map();
const read = (path) => {
  if (!known.has(path)) known.set(path, new Uint8Array(readFileSync(join(fixtures, path))));
  return known.get(path);
};
const textOf = (bytes) => new TextDecoder().decode(bytes);
const bytesOf = (text) => new TextEncoder().encode(text);
const filesIn = (folder, ending) =>
  readdirSync(join(fixtures, folder), { recursive: true })
    .map(String)
    .filter((name) => ending.test(name))
    .map((name) => read(`${folder}/${name}`));

const mostPixels = 2 ** 20;

/** Seeds are small, and small changes do most: the whole file of parameters is one of many. */
const template = yamlTemplate("a.zarr");
const parametersInParts = Array.from({ length: 8 }, (_, n) =>
  bytesOf(`image: a\n${template.slice((n * template.length) / 8, ((n + 1) * template.length) / 8)}`),
);

/**
 * All targets by name: `seeds`, `mutate(seed, random)` gives bytes, `run(bytes)` may throw an IsoluxError only. `share`
 * is how many inputs it gets for each of the slowest.
 */
export const targets = {
  ...codecTargets(await codecSeeds()),
  shard: await shardTarget(),
  npy: { share: 16, seeds: filesIn("numpy", /\.npy$/), mutate: mutateBytes, run: (bytes) => decodeNpy(bytes, "fuzz") },
  npz: {
    share: 3,
    seeds: [...filesIn("numpy", /(scipy|stored|streamed|types|zip64)\.npz$/), ownProfile()],
    mutate: (seed, random) => (random.next() < 0.6 ? formats.mutateNpz : mutateBytes)(seed, random),
    run: (bytes) => decodeProfile(bytes, "fuzz", "note", mostPixels),
  },
  png: { share: 3, seeds: filesIn("profile-formats", /\.png$/), mutate: mixed(formats.mutatePng), run: runImage },
  mat: { share: 8, seeds: filesIn("profile-formats", /\.mat$/), mutate: mixed(formats.mutateMat), run: runImage },
  tiff: { share: 3, seeds: filesIn(".", /\.(tiff?|btf)$/), mutate: mixed(formats.mutateTiff), run: runImage },
  "tiff stack": {
    share: 3,
    seeds: filesIn("stacks", /\.(tiff?|btf)$/),
    mutate: mixed(formats.mutateTiff),
    run: runStack,
  },
  hdf5: { seeds: [read("bdv/auto_bdv.h5")], mutate: mutateBytes, run: runHdf5 },
  xml: {
    share: 2,
    seeds: [read("bdv/auto_bdv.xml"), read("native/v04_Mag5x.ome.zarr.xml")],
    mutate: (seed, random) => bytesOf(mutateText(textOf(seed), random)),
    run: (bytes) => parseXml(textOf(bytes), "fuzz"),
  },
  meta: {
    share: 8,
    seeds: filesIn("native", /_meta\.txt$/).slice(0, 4),
    mutate: (seed, random) => bytesOf(mutateText(textOf(seed), random)),
    run: runMeta,
  },
  parameters: {
    seeds: [bytesOf(template), ...parametersInParts, bytesOf("image: a\nfov_list: [1, 2]\nbasic: {smoothness: 2}\n")],
    mutate: (seed, random) => bytesOf(mutateText(textOf(seed), random)),
    run: runParameters(),
  },
  "ome tiff": { seeds: filesIn("listed", /ome\.tif$/), mutate: mixed(formats.mutateTiff), run: runOmeTiff },
  ...listTargets(),
  ...treeTargets(),
  ...containerTargets(readSome),
};

async function runOmeTiff(bytes) {
  const store = new MemoryStore();
  await store.set("a.ome.tif", bytes);
  const [view] = (await openListed(store, "", {}))?.views ?? [];
  const { shapeZyx } = view?.levels[0] ?? { shapeZyx: [0, 0, 0] };
  if (shapeZyx[1] * shapeZyx[2] <= mostPixels)
    await view?.levels[0].read({ start: [0, 0, 0], stop: [1, ...shapeZyx.slice(1)] });
}

/** Lists and metadata of stacks, beside planes that they tell of. */
function listTargets() {
  const plane = read("listed/plane.png");
  const files = {
    "tiles.csv": 'file,channel,side,x,y,z,pixel_size,z_step\nplane.png,488,left,0,-1.5,2e1,1,5\n"plane.png";a,1,2\n',
    "TileConfiguration.txt": "dim = 3\n# a\nplane.png; ; (0.0, 1.5, -2)\nplane.png;; (3, 4, 5)\n",
    "metadata.json": JSON.stringify({
      session_config: { "um/pix": "1.8", "Z step": 2 },
      tiles: [{ X: "1", Y: "2", Side: "0" }],
    }),
    "metadata.txt": "Obj\tRes\tum/pix\tZ step\nLCT\t1600\t1.8\t2\n\nX\tY\tZ\tLaser\tSide\n1\t2\t0\t488\t1\n",
    "xml_import.xml":
      '<TeraStitcher><ref_sys ref1="1" ref2="-2"/><voxel_dims V="1" H="1" D="2"/><STACKS><Stack ABS_V="1" ABS_H="2" ' +
      'DIR_NAME="1/1_2"/></STACKS></TeraStitcher>',
  };
  const target = ([name, text]) => {
    const run = async (bytes) => {
      const store = new MemoryStore();
      for (const key of ["plane.png", "1/1_2/000020.png", "1/1_2/000040.png"]) await store.set(key, plane);
      await store.set(name, bytes);
      await openListed(store, "", {});
    };
    return [
      `list ${name}`,
      { seeds: [bytesOf(text)], mutate: (seed, random) => bytesOf(mutateText(textOf(seed), random)), run },
    ];
  };
  return Object.fromEntries(Object.entries(files).map(target));
}

function mixed(structured) {
  return (seed, random) => (random.next() < 0.7 ? structured : mutateBytes)(seed, random);
}

async function codecSeeds() {
  const pixels = new Uint8Array(Uint16Array.from({ length: 2048 }, (_, n) => 100 + (n % 64) + (n >> 7)).buffer);
  const zarr = (compressor, filters) =>
    parseCodec(compressor, filters, "seed", { type: "uint16", byteOrder: "little" });
  const blosc = ["lz4", "lz4hc", "blosclz", "zlib", "zstd"].flatMap((cname) =>
    [0, 1, 2].map((shuffle) => [
      `blosc ${cname} ${shuffle}`,
      zarr({ id: "blosc", cname, clevel: 5, shuffle, blocksize: shuffle === 1 ? 1024 : 0 }, null),
    ]),
  );
  const named = [
    ...blosc.filter(([name]) => /lz4 |zlib 1|zstd 2|blosclz 1/.test(name)),
    ...["lz4", "zstd"].map((cname) => [
      `blosc ${cname} in blocks`,
      zarr({ id: "blosc", cname, clevel: 5, shuffle: 2, blocksize: 512 }, null),
    ]),
    ["zstd", zarr({ id: "zstd", level: 1 }, null)],
    ["gzip", zarr({ id: "gzip", level: 5 }, null)],
    ["zlib", zarr({ id: "zlib", level: 5 }, null)],
    ["lz4", zarr({ id: "lz4", acceleration: 1 }, null)],
    ["delta zlib", zarr({ id: "zlib", level: 1 }, [{ id: "delta", dtype: "<u2" }])],
    ["shuffle gzip", zarr({ id: "gzip", level: 1 }, [{ id: "shuffle", elementsize: 2 }])],
    ["crc32c zstd", { kind: "crc32c", of: { kind: "zstd", level: 1 } }],
  ];
  const seeds = [];
  for (const [name, codec] of named) {
    const encoded = await encodeBytes(codec, pixels, 2).catch(() => undefined);
    // What is only read has no encoder.
    if (encoded !== undefined) seeds.push({ name, codec, byteCount: pixels.length, encoded: encoded.slice() });
  }
  return seeds;
}

/** Chunks are decoded by the kernels in their memory, between guards that must not be touched, and by the portable code. */
function codecTargets(seeds) {
  const memory = KernelMemory.open(2 ** 22);
  const guard = 4096;
  const within = (length) => {
    const whole = memory.bytes(length + 2 * guard).fill(0xa5);
    return { whole, inner: whole.subarray(guard, guard + length) };
  };
  const untouched = Buffer.alloc(guard, 0xa5);
  const isWhole = ({ whole }) =>
    untouched.equals(whole.subarray(0, guard)) && untouched.equals(whole.subarray(whole.length - guard));
  /** Decodes some blocks where nothing else of the chunk was read. */
  const decodeInPart = async (bytes, byteCount, whole) => {
    const [first, stop] = [byteCount / 4, byteCount / 2];
    const isWanted = (from, to) => from < stop && to > first;
    const head = bytes.subarray(0, 64);
    const found = await outcome(async () => locateBlocks(head, bytes.length, byteCount, "fuzz", isWanted));
    if (found.error !== undefined && found.error.kind !== "corrupt") throw found.error;
    if (found.value === undefined) return;
    const span = found.value;
    const mark = memory.mark();
    const [from, to] = [within(bytes.length), within(byteCount)];
    from.inner.fill(0xee).set(head);
    from.inner.set(bytes.subarray(span.start, span.stop), span.start);
    const part = await outcome(() => decodeBlosc(from.inner, byteCount, "fuzz", to.inner, isWanted, true));
    const areWhole = isWhole(from) && isWhole(to);
    const decoded = part.value?.slice(first, stop);
    memory.release(mark);
    if (!areWhole) throw new Error("bytes outside of the buffer were touched");
    if (part.error !== undefined && part.error.kind !== "corrupt") throw part.error;
    if (decoded && whole && Buffer.compare(decoded, whole.subarray(first, stop)) !== 0)
      throw new Error("a part of a chunk has other bytes");
  };
  return Object.fromEntries(
    seeds.map(({ name, codec, byteCount, encoded }) => {
      const run = async (bytes) => {
        const mark = memory.mark();
        const [from, to] = [within(bytes.length), within(byteCount)];
        from.inner.set(bytes);
        const before = from.inner.slice();
        const inKernels = await outcome(() => decodeBytes(codec, from.inner, byteCount, "fuzz", to.inner));
        const areWhole = isWhole(from) && isWhole(to) && Buffer.compare(before, from.inner) === 0;
        const decoded = inKernels.value?.slice();
        memory.release(mark);
        if (!areWhole) throw new Error("bytes outside of the buffer were touched");
        const portable = await outcome(() => decodeBytes(codec, bytes.slice(), byteCount, "fuzz"));
        if ((decoded === undefined) !== (portable.value === undefined))
          throw new Error("kernels and portable code differ");
        if (decoded && Buffer.compare(decoded, portable.value) !== 0) throw new Error("kernels decode other bytes");
        if (codec.kind === "blosc") await decodeInPart(bytes, byteCount, decoded);
        if (inKernels.error !== undefined) throw inKernels.error;
      };
      return [`chunk ${name}`, { share: 16, seeds: [encoded], mutate: mutateBytes, run }];
    }),
  );
}

async function outcome(task) {
  try {
    return { value: await task() };
  } catch (error) {
    return { error };
  }
}

async function shardTarget() {
  const document = {
    zarr_format: 3,
    node_type: "array",
    shape: [32, 32],
    data_type: "uint16",
    fill_value: 0,
    attributes: {},
    chunk_grid: { name: "regular", configuration: { chunk_shape: [32, 32] } },
    chunk_key_encoding: { name: "default", configuration: { separator: "/" } },
    codecs: [
      {
        name: "sharding_indexed",
        configuration: {
          chunk_shape: [16, 16],
          codecs: [
            { name: "bytes", configuration: { endian: "little" } },
            { name: "zstd", configuration: { level: 1, checksum: false } },
          ],
          index_codecs: [{ name: "bytes", configuration: { endian: "little" } }, { name: "crc32c" }],
          index_location: "end",
        },
      },
    ],
  };
  const { emptyShardIndex } = await dist("zarr/shards/shard-writer");
  const { encodeShardIndex } = await dist("zarr/shards/shard-index");
  const chunk = await encodeBytes({ kind: "zstd", level: 1 }, new Uint8Array(512).fill(3), 2);
  const index = emptyShardIndex(4);
  for (let n = 0; n < 3; n++) index.set([n * chunk.length, chunk.length], 2 * n);
  const shard = new Uint8Array(Buffer.concat([chunk, chunk, chunk, encodeShardIndex(index)]));
  const run = async (bytes) => {
    const store = new MemoryStore();
    await store.set("zarr.json", bytesOf(JSON.stringify(document)));
    await store.set("c/0/0", bytes);
    const array = await openArray(store, "");
    for (const coords of [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ])
      await array.readChunk(coords);
  };
  return { share: 6, seeds: [shard], mutate: mixed((seed, random) => formats.mutateShard(seed, 4, random)), run };
}

function ownProfile() {
  const flatfield = Float32Array.from({ length: 48 }, (_, n) => 0.9 + (n % 5) / 20);
  const profile = { shapeYx: [6, 8], flatfield, darkfield: new Float32Array(48), baseline: 1 };
  return encodeProfile(profile, {
    version: "0",
    parameters: {},
    baselineMeaning: "offset",
    alignment: { kind: "corners" },
  });
}

async function runImage(bytes) {
  await decodeImageFile(bytes, "fuzz", mostPixels);
}

async function runStack(bytes) {
  const store = new MemoryStore();
  await store.set("a.tif", bytes);
  const { planeCount, shapeYx, readRows } = await openTiffPlanes(store, "a.tif");
  for (const plane of new Set([0, planeCount - 1])) await readRows(plane, 0, Math.min(shapeYx[0], 64));
}

function runMeta(bytes) {
  for (const block of parseMetaText(textOf(bytes), "fuzz")) {
    for (const name of [
      "laser",
      "channel",
      "zoom",
      "stageUmZyx",
      "planeShapeYx",
      "planeCount",
      "rotation",
      "all",
      "side",
    ]) {
      try {
        void block[name];
      } catch (error) {
        if (error?.name !== "IsoluxError") throw error;
      }
    }
  }
}

function runParameters() {
  const folder = mkdtempSync(join(tmpdir(), "isolux-fuzz-"));
  return async (bytes) => {
    const file = join(folder, "p.yaml");
    writeFileSync(file, bytes);
    const { parameters } = await loadParameterFile(file);
    validate(correctSchema, parameters, { spelling: "file", file });
  };
}

async function runHdf5(bytes) {
  const store = new MemoryStore("fuzz:");
  await store.set("a.h5", bytes);
  await store.set("a.xml", read("bdv/auto_bdv.xml"));
  await readSome(await openAcquisition(store, "a.h5", { openFile: () => fileOf("fuzz:/a.h5", bytes) }));
}

/** Whole images and acquisitions, of which one object is changed as what it is: JSON, text or bytes. */
function treeTargets() {
  const trees = {
    csv: "ngio/csv-0.4.zarr",
    json: "ngio/json-0.5.zarr",
    parquet: "ngio/parquet-0.5.zarr",
    anndata: "ngio/anndata-0.5.zarr",
    native: "native",
  };
  return Object.fromEntries(
    Object.entries(trees).map(([name, folder]) => {
      const objects = readdirSync(join(fixtures, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && !/\.py$|^v05/.test(entry.name) && !entry.parentPath.includes("v05"))
        .map((entry) => join(entry.parentPath, entry.name).slice(join(fixtures, folder).length + 1))
        .sort();
      // An input is the number of the object that is changed, then its bytes.
      const seeds = objects.map((key, n) => joined(Uint8Array.of(n), read(`${folder}/${key}`)));
      const mutate = (seed, random) =>
        joined(seed.subarray(0, 1), mutateObject(objects[seed[0]], seed.slice(1), random));
      const run = async (bytes) => {
        const store = new MemoryStore("fuzz:");
        const changed = bytes[0] % objects.length;
        for (const [n, key] of objects.entries())
          await store.set(key, n === changed ? bytes.slice(1) : read(`${folder}/${key}`));
        await readSome(await openAcquisition(store, name === "native" ? "v04_Mag5x.ome.zarr" : ""));
      };
      return [`image ${name}`, { seeds, mutate, run }];
    }),
  );
}

function mutateObject(key, bytes, random) {
  if (/\.(zattrs|zarray|zgroup)$|\.json$/.test(key) && random.next() < 0.8) {
    return bytesOf(mutateJsonText(textOf(bytes), random));
  }
  return /\.(txt|xml|csv)$/.test(key) && random.next() < 0.8
    ? bytesOf(mutateText(textOf(bytes), random))
    : mutateBytes(bytes, random);
}

/** A few chunks of full resolution, where they are not larger than a run would have memory for. */
async function readSome({ acquisition }) {
  const [level] = acquisition.levels;
  const chunkPixels = level.chunkShapeCzyx.reduce((product, extent) => product * extent, 1);
  if (chunkPixels > 2 ** 24) return;
  await level.readChunk([0, 0, 0, 0]);
  await level.readChunk(level.chunkGridCzyx.map((count) => count - 1));
}

/** For the corpus: a bomb that one line makes. */
export const bombs = { zlib: () => deflateSync(new Uint8Array(2 ** 26)) };
