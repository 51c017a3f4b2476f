// What holds other files or describes them, given damaged: archives, N5, LZ4 streams, Imaris, projects of BigStitcher, and
// the document beside folders of series.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { mutateNpz } from "./formats.mjs";
import { joined, mutateBytes, mutateJsonText, mutateText } from "./mutate.mjs";

const dist = (path) => import(`../../dist/${path}.js`);
await dist("index-node");
const { MemoryStore } = await dist("zarr/memory-store");
const { openN5Array } = await dist("zarr/n5/n5-array");
const { decodeLz4Stream, xxHash32 } = await dist("zarr/codecs/lz4-stream");
const { encodeZip } = await dist("profile/npz");
const { parseProject } = await dist("acquisition/bdv/project-xml");
const { openAcquisition } = await dist("acquisition/open-acquisition");

const fixtures = fileURLToPath(new URL("../../test/fixtures", import.meta.url));
const read = (path) => new Uint8Array(readFileSync(join(fixtures, path)));
const textOf = (bytes) => new TextDecoder().decode(bytes);
const bytesOf = (text) => new TextEncoder().encode(text);
const mutateAsText = (seed, random) => bytesOf(mutateText(textOf(seed), random));
const filesBelow = (folder) =>
  readdirSync(join(fixtures, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.py$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(join(fixtures, folder).length + 1))
    .sort();

/** @param readSome reads pixels of an opened acquisition */
export function containerTargets(readSome) {
  return {
    "project xml": {
      share: 4,
      seeds: [read("bdv/auto_bdv.xml"), bytesOf(project)],
      mutate: mutateAsText,
      run: (bytes) => parseProject(textOf(bytes), "fuzz"),
    },
    n5: n5Target(),
    "lz4 stream": {
      share: 16,
      seeds: [lz4Stream()],
      mutate: (seed, random) => (random.next() < 0.7 ? mutateLz4Stream : mutateBytes)(seed, random),
      run: (bytes) => decodeLz4Stream(bytes, lz4Content.length, "fuzz"),
    },
    zip: {
      seeds: [zipOf("ngio/csv-0.4.zarr", ""), zipOf("ngio/json-0.5.zarr", "image.zarr/")],
      mutate: (seed, random) => (random.next() < 0.5 ? mutateNpz : mutateBytes)(seed, random),
      run: async (bytes) => {
        const store = new MemoryStore("fuzz:");
        await store.set("a.zarr.zip", bytes);
        await readSome(await openAcquisition(store, "a.zarr.zip"));
      },
    },
    imaris: { seeds: [read("imaris/two-levels.ims")], mutate: mutateBytes, run: (bytes) => runImaris(bytes, readSome) },
    "series xml": seriesTarget(readSome),
  };
}

/** A file of these bytes, as the library for HDF5 reads it. */
export function fileOf(location, bytes) {
  return {
    location,
    byteLength: bytes.length,
    read: (into, offset) => {
      const part = bytes.subarray(Math.min(offset, bytes.length), Math.min(offset + into.length, bytes.length));
      into.set(part);
      return part.length;
    },
    release: () => undefined,
  };
}

async function runImaris(bytes, readSome) {
  const store = new MemoryStore("fuzz:");
  await store.set("a.ims", bytes);
  await readSome(await openAcquisition(store, "a.ims", { openFile: () => fileOf("fuzz:/a.ims", bytes) }));
}

const project = `<?xml version="1.0" encoding="UTF-8"?>
<SpimData version="0.2"><BasePath type="relative">.</BasePath><SequenceDescription>
<ImageLoader format="bdv.n5" version="1.0"><n5 type="relative">dataset.n5</n5></ImageLoader>
<ViewSetups><ViewSetup><id>0</id><name>a</name><size>9 6 5</size>
<voxelSize><unit>µm</unit><size>1.0 1.0 5.0</size></voxelSize>
<attributes><illumination>0</illumination><channel>0</channel><tile>0</tile><angle>0</angle></attributes></ViewSetup>
<ViewSetup><id>1</id><size>9 6 5</size><attributes><channel>0</channel><tile>1</tile></attributes></ViewSetup>
<Attributes name="channel"><Channel><id>0</id><name>488</name></Channel></Attributes>
<Attributes name="tile"><Tile><id>0</id><name>0</name><location>0.0 0.0 0.0</location></Tile></Attributes></ViewSetups>
<Timepoints type="pattern"><integerpattern>0-2:2, 5</integerpattern></Timepoints>
<MissingViews><MissingView timepoint="0" setup="1"/></MissingViews></SequenceDescription>
<ViewRegistrations><ViewRegistration timepoint="0" setup="0"><ViewTransform type="affine"><Name>calibration</Name>
<affine>1.0 0.0 0.0 0.0 0.0 1.0 0.0 0.0 0.0 0.0 5.0 0.0</affine></ViewTransform></ViewRegistration></ViewRegistrations>
</SpimData>`;

/** An input is the number of the object that is changed, then its bytes. */
function n5Target() {
  const files = Object.entries(JSON.parse(textOf(read("n5/n5.json")))).map(([key, text]) => [
    key,
    new Uint8Array(Buffer.from(text, "base64")),
  ]);
  const isChanged = ([key]) => /\/(attributes\.json|0\/0\/0|1\/0\/0)$/.test(key);
  const changed = files.filter(isChanged);
  const mutate = (seed, random) => {
    const [key] = changed[seed[0]];
    const bytes = seed.slice(1);
    const isJson = key.endsWith(".json") && random.next() < 0.8;
    const made = isJson ? bytesOf(mutateJsonText(textOf(bytes), random)) : mutateBytes(bytes, random);
    return joined(seed.subarray(0, 1), made);
  };
  const run = async (bytes) => {
    const [key] = changed[bytes[0] % changed.length];
    const name = key.slice(0, key.indexOf("/"));
    const store = new MemoryStore("fuzz:");
    for (const [other, content] of files) {
      if (other.startsWith(`${name}/`)) await store.set(other, other === key ? bytes.slice(1) : content);
    }
    const array = await openN5Array(store, name);
    const pixels = array?.metadata.chunkShape.reduce((product, extent) => product * extent, 1) ?? 0;
    if (pixels > 2 ** 24) return;
    for (const coords of [
      [0, 0, 0],
      [1, 0, 0],
    ])
      await array?.readChunk(coords.slice(0, array.metadata.shape.length));
  };
  return { share: 4, seeds: changed.map(([, bytes], n) => joined(Uint8Array.of(n), bytes)), mutate, run };
}

const lz4Content = Uint8Array.from({ length: 600 }, (_, n) => n % 40);

/** A stream of blocks that are stored as they are, and one that begins as a packed one does. */
function lz4Stream() {
  const blocks = [lz4Content.subarray(0, 256), lz4Content.subarray(256), new Uint8Array(0)];
  return joined(...blocks.map((content) => lz4Block(0x15, content, content.length, xxHash32(content, 0x9747b28c))));
}

function lz4Block(method, bytes, contentBytes, hash) {
  const header = new Uint8Array(21);
  header.set(bytesOf("LZ4Block"));
  header[8] = method;
  const view = new DataView(header.buffer);
  view.setUint32(9, bytes.length, true);
  view.setUint32(13, contentBytes, true);
  view.setUint32(17, hash & 0x0fffffff, true);
  return joined(header, bytes);
}

/** Packed blocks of random bytes, or a header that says something else. */
function mutateLz4Stream(seed, random) {
  if (random.next() < 0.5) {
    const bytes = mutateBytes(
      Uint8Array.from({ length: 64 }, () => random.below(256)),
      random,
    );
    return joined(lz4Block(0x25, bytes, lz4Content.length, random.below(2 ** 28)), seed.slice(random.of([0, 277])));
  }
  const bytes = seed.slice();
  const at = random.of([8, 9, 13, 17, 286, 290]);
  new DataView(bytes.buffer).setUint32(at, random.of([0, 1, 255, 256, 344, 600, 2 ** 31, 2 ** 32 - 1]), true);
  return bytes;
}

function zipOf(folder, prefix) {
  const members = filesBelow(folder).map((key) => [`${prefix}${key}`, [read(`${folder}/${key}`)]]);
  return joined(encodeZip(Object.fromEntries(members)));
}

function seriesTarget(readSome) {
  const image = filesBelow("ngio/csv-0.4.zarr").filter((key) => !key.startsWith("tables"));
  const planes = (x) =>
    Array.from(
      { length: 3 },
      (_, z) =>
        `<Plane TheC="0" TheT="0" TheZ="${z}" PositionX="${x}" PositionXUnit="µm" PositionY="1e1" PositionZ="${z}"/>`,
    ).join("");
  const images = [0, 900].map(
    (x, n) =>
      `<Image ID="Image:${n}" Name="a"><Pixels BigEndian="true" DimensionOrder="XYZCT" ID="Pixels:${n}" PhysicalSizeX="0.5" ` +
      `PhysicalSizeY="0.5" PhysicalSizeZ="2" SizeC="1" SizeT="1" SizeX="64" SizeY="64" SizeZ="3" Type="uint16">` +
      `<Channel ID="Channel:${n}:0" Name="GFP"/><MetadataOnly/>${planes(x)}</Pixels></Image>`,
  );
  const document = `<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">${images.join("")}</OME>`;
  const contents = new Map(image.map((key) => [key, read(`ngio/csv-0.4.zarr/${key}`)]));
  const run = async (bytes) => {
    const store = new MemoryStore("fuzz:");
    await store.set("a.zarr/.zgroup", bytesOf('{"zarr_format":2}'));
    await store.set("a.zarr/.zattrs", bytesOf('{"bioformats2raw.layout":3}'));
    await store.set("a.zarr/OME/.zgroup", bytesOf('{"zarr_format":2}'));
    await store.set("a.zarr/OME/.zattrs", bytesOf('{"series":["0","1"]}'));
    await store.set("a.zarr/OME/METADATA.ome.xml", bytes);
    for (const series of ["0", "1"]) {
      for (const [key, content] of contents) await store.set(`a.zarr/${series}/${key}`, content);
    }
    await readSome(await openAcquisition(store, "a.zarr"));
  };
  return { seeds: [bytesOf(document)], mutate: mutateAsText, run };
}
