/** Chooses the template of an output by the source and by the form and layout that the user asks for. */
import {
  type Acquisition,
  fullResolution,
  type StoredImage,
  type StoredTile,
  type TilesFolder,
} from "../../acquisition/acquisition.ts";
import type { OpenedAcquisition } from "../../acquisition/open-acquisition.ts";
import { storedLevel } from "../../acquisition/sampled-level.ts";
import { IsoluxError, unreachable } from "../../errors.ts";
import { attributesInVersion, type OmeVersion, readGroup } from "../../ngff/group.ts";
import { newChannels, newImageAttributes, writeMosaicTables } from "../../ngff/new-image.ts";
import { tableNames } from "../../ngff/table-objects.ts";
import { writeGroup } from "../../ngff/write-roi-table.ts";
import { arrayBytes, type Czyx, mapAxes, type PixelType, type Zyx } from "../../shapes.ts";
import { writeArrayMetadata } from "../../zarr/metadata/document.ts";
import type { Codec, ZarrFormat } from "../../zarr/metadata/metadata.ts";
import { joinKey } from "../../zarr/store.ts";
import { codecInVersion, newArray, type OutputForm, usualCodec, withAxes } from "./new-array.ts";
import { mirrorOf, transcoded } from "./new-output.ts";
import { projectOutput } from "./project-output.ts";
import type { FileBeside, OutputImage, OutputLevel, OutputTemplate } from "./template.ts";

/** The user's parameters for an output's form. */
interface OutputRequest {
  readonly layout: "mosaic" | "tiles";
  readonly omeVersion?: OmeVersion;
  readonly shards?: Czyx;
  readonly codec?: string;
}

/** A new image gets levels until the coarsest is no larger than this. */
const coarsestBytes = 2 ** 30;

/** Rows and columns halve from level to level; planes too where they lie closer together than rows do. */
function planPyramid(shapeCzyx: Czyx, pixelSizeUm: Zyx, type: PixelType) {
  let factorsZyx: Zyx = [1, 1, 1];
  let shape: Czyx = shapeCzyx;
  const levels = [{ shape, factorsZyx }];
  while (arrayBytes(type, shape) > coarsestBytes) {
    const z = pixelSizeUm[0] * factorsZyx[0] < pixelSizeUm[1] * factorsZyx[1] ? 2 : 1;
    const step: Zyx = [z, 2, 2];
    shape = [shape[0], ...step.map((factor, axis) => Math.ceil(shape[axis + 1]! / factor))] as unknown as Czyx;
    factorsZyx = mapAxes(factorsZyx, (factor, axis) => factor * step[axis]!);
    levels.push({ shape, factorsZyx });
  }
  return levels;
}

/** The output for tiles as a microscope wrote them: a mosaic with tables, as the reference's converter writes it. */
function newMosaic(acquisition: Acquisition, name: string, form: OutputForm): OutputImage {
  const { channels, type, pixelSizeUmZyx, tiles: ofAllTimes, tilesOfOneTime: tiles = ofAllTimes } = acquisition;
  const { timePoints = 1 } = fullResolution(acquisition);
  const { shapeZyx } = storedLevel(fullResolution(acquisition));
  const shapeCzyx: Czyx = [channels.length, ...shapeZyx];
  const axes = timePoints === 1 ? "czyx" : "tczyx";
  const { codec = usualCodec } = form;
  const levels = planPyramid(shapeCzyx, pixelSizeUmZyx, type).map(
    ({ shape, factorsZyx }, index): OutputLevel => ({
      path: String(index),
      metadata: withAxes(newArray(shape, shapeCzyx, type, codec, form), axes, timePoints),
      axes,
      factorsZyx,
    }),
  );
  const attributes = newImageAttributes({ name, channels: newChannels(channels), pixelSizeUmZyx, levels, axes });
  return {
    key: "",
    source: { kind: "mosaic" },
    levels,
    zarrFormat: form.zarrFormat,
    attributes: attributesInVersion(attributes, form.zarrFormat),
    async writeUnchanged({ store, key }) {
      await writeGroup(store, key, {}, form.zarrFormat);
      for (const { path, metadata } of levels) await writeArrayMetadata(store, joinKey(key, path), metadata);
      await writeMosaicTables(store, key, tiles, shapeZyx, pixelSizeUmZyx, form.zarrFormat);
    },
  };
}

/**
 * The template of an output of that name: of a mosaic its mirror or, where another form is asked for, its
 * transcription; of tiles a new mosaic or, in the layout of tiles, the mirror or transcription of each.
 * @param note called with what a user should know
 * @throws IsoluxError `usage` for a layout or a form that the source does not allow
 */
export async function templateOf(
  opened: OpenedAcquisition,
  name: string,
  request: OutputRequest,
  note: (text: string) => void = () => undefined,
): Promise<OutputTemplate> {
  const { acquisition } = opened;
  if (request.layout === "tiles") {
    const { tileImages } = acquisition;
    if (tileImages === undefined) throw noTileImages(opened);
    const stored = tileImages.filter((image) => image.kind === "stored");
    if (stored.length === tileImages.length) {
      return tilesOutput(stored, name, (image) => inForm(image, request), note);
    }
    return projectOutput(acquisition, name, newForm(acquisition, request), note);
  }
  switch (opened.kind) {
    case "mosaic": {
      const image = inForm(opened.acquisition, request);
      await describeLeftBehind(opened.acquisition, image, note);
      return { images: [image] };
    }
    case "tiles":
      return { images: [newMosaic(acquisition, name, newForm(acquisition, request))] };
    default:
      return unreachable(opened);
  }
}

/** The output of an image in its own form, or in the form that is asked for. */
function inForm(image: StoredImage, request: OutputRequest): OutputImage {
  const { zarrFormat } = image.metadata;
  const form = formOf(zarrFormat, request);
  const isMirror = zarrFormat === form.zarrFormat && form.shardsCzyx === undefined && form.codec === undefined;
  return isMirror ? mirrorOf(image) : transcoded(image, form);
}

/** Reports what is in the source's folder and will not be in the output. */
async function describeLeftBehind(
  { store, key, metadata }: StoredImage,
  image: OutputImage,
  note: (text: string) => void,
) {
  const documents = [".zgroup", ".zattrs", ".zmetadata", "zarr.json"];
  const copied = new Set(["tables", ...documents, ...metadata.levels.map(({ path }) => path.split("/")[0]!)]);
  if (image.copiesLabels === true) copied.add("labels");
  const inside = await store.list(key);
  if (inside === undefined) return;
  const others = inside.map(({ name }) => name).filter((name) => !copied.has(name));
  if (image.tablesKept !== undefined) {
    const kept = await image.tablesKept();
    const tables = await tableNames(store, joinKey(key, "tables"));
    others.push(...tables.filter((name) => !kept.includes(name)).map((name) => `tables/${name}`));
  }
  if (others.length === 0) return;
  const [few, more] = [others.slice(0, 5).join(", "), others.length > 5 ? ` and ${others.length - 5} more` : ""];
  note(`Beside its pixels and tables the source holds ${few}${more}: the output will not.`);
}

/** The form of an output that mirrors nothing: with the codec of the tiles where it is to be the same. */
function newForm({ tileCodec, location }: Acquisition, request: OutputRequest): OutputForm {
  const form = formOf(2, request);
  if (request.codec !== "same") return form;
  if (tileCodec !== undefined) return { ...form, codec: codecInVersion(tileCodec, form.zarrFormat) };
  throw new IsoluxError({
    kind: "usage",
    what: "The source is not in Zarr, so its codec cannot be kept",
    where: location,
    found: "--codec same",
    advice: "Give --codec lz4, zstd:5 or none, or leave it out",
  });
}

function formOf(usual: ZarrFormat, { omeVersion, shards, codec: name }: OutputRequest): OutputForm {
  const zarrFormat = omeVersion === undefined ? usual : omeVersion === "0.4" ? 2 : 3;
  const codec = name === undefined ? undefined : codecNamed(name);
  const form = { zarrFormat, codec } as const;
  if (shards === undefined) return form;
  if (zarrFormat === 3) return { ...form, shardsCzyx: shards };
  throw new IsoluxError({
    kind: "usage",
    what: "Only OME-Zarr 0.5 has shards",
    found: "--shards for version 0.4",
    advice: "Add --ome-version 0.5, or leave --shards out",
  });
}

/** The codec that a name asks for: `lz4`, `none` or `zstd:LEVEL`; `undefined` for that of the source. */
function codecNamed(name: string): Codec | undefined {
  if (name === "same") return undefined;
  if (name === "none") return { kind: "none" };
  const [, level] = name.split(":");
  return level === undefined ? usualCodec : { ...usualCodec, inner: "zstd", level: Number(level), shuffle: "bit" };
}

function noTileImages({ kind, acquisition }: OpenedAcquisition): IsoluxError {
  return new IsoluxError({
    kind: "usage",
    what: "These tiles cannot be written as separate tiles: that needs OME-Zarr groups or a project of BigStitcher",
    where: acquisition.location,
    found: `--layout tiles for ${kind === "mosaic" ? "a mosaic" : "series, Imaris, HDF5, TIFF, PNG or RAW files"}`,
    advice: "Leave --layout out: the output is then a mosaic",
  });
}

// Outputs in the layout of tiles: a folder with a group for each tile and channel, as the microscope wrote them.

/**
 * The output for tiles that are images of their own: the same groups under the same names, with the files that the
 * microscope wrote beside their folder.
 * @param name of the output
 * @param inForm makes the output of a tile's image
 */
async function tilesOutput(
  tiles: readonly StoredTile[],
  name: string,
  inForm: (image: StoredImage) => OutputImage,
  note: (text: string) => void,
): Promise<OutputTemplate> {
  const images: OutputImage[] = [];
  const beside: FileBeside[] = [];
  for (const [index, tile] of tiles.entries()) {
    const image = await tile.open();
    images.push({ ...inForm(image), key: tile.name, source: { kind: "tile", index } });
    const { store, key } = tile.folder;
    const meta = await store.get(`${key}_${tile.name}_meta.txt`);
    if (meta !== undefined) beside.push({ name: `${name}_${tile.name}_meta.txt`, bytes: meta });
  }
  const { folder } = tiles[0]!;
  const { zarrFormat } = images[0]!;
  const xml = await redirectedFile(folder, name, images, note);
  return {
    images,
    folder: { zarrFormat, attributes: (await readGroup(folder.store, folder.key))?.attributes ?? {} },
    beside: xml === undefined ? beside : [...beside, xml],
  };
}

/** BigStitcher's XML file, where there is one, changed to point to the new tiles. */
async function redirectedFile(
  folder: TilesFolder,
  name: string,
  images: readonly OutputImage[],
  note: (text: string) => void,
): Promise<FileBeside | undefined> {
  const { findTilesXml } = await import("../../acquisition/bdv/tiles-xml.ts");
  const { redirectXml } = await import("../../acquisition/bdv/tiles-xml.ts");
  const xml = await findTilesXml(folder, note);
  if (xml === undefined) return undefined;
  if (images[0]!.zarrFormat === 3)
    note("BigStitcher may be unable to read OME-Zarr 0.5: its XML file is written nevertheless.");
  const missing = xml.groups.filter((group) => !images.some((image) => image.key === group.name));
  if (missing.length > 0) {
    const names = missing.map((group) => group.name).join(", ");
    note(`The XML file of BigStitcher names tiles that are not in the output: ${names}`);
  }
  return { name: `${name}.xml`, bytes: new TextEncoder().encode(redirectXml(xml, name)) };
}
