/**
 * Opens acquisitions that mesoSPIM-control wrote for BigDataViewer: one HDF5 file with all views, an XML file beside
 * it.
 */
import { IsoluxError } from "../../errors.ts";
import type { Zyx } from "../../shapes.ts";
import type { IlluminationSide } from "../../tiles/tile.ts";
import { joinKey, type ReadableStore } from "../../zarr/store.ts";
import { type MetaBlock, processedBy } from "../native/meta.ts";
import { firstTimeOnly } from "../native/tile-group.ts";
import { savedPixelSize } from "../saved-pixel-size.ts";
import type { Note, TileView } from "../tile-view.ts";
import { type BdvLayout, readLevels } from "./bdv-pixels.ts";
import { Hdf5File } from "./hdf5-file.ts";
import type { OpenSynchronously } from "./hdf5-module.ts";
import { type KnownSetup, knowSetups, setupName } from "./known-setups.ts";
import { readSetups, type SpimData, type SpimSetup } from "./spim-data.ts";
import { parseXml, readXmlText } from "./xml.ts";

/**
 * Opens the views of an acquisition, in the order of their setups. No pixel is read.
 *
 * The XML file gives the tile, channel, side, rotation and position of each view; without one, the `_meta.txt` files
 * do, if there are enough of them. Views that the file lists but that were not acquired, as with sides chosen by
 * position, are left out.
 *
 * Positions from the XML file are inverted, as the microscope does by default when it writes them: the tile at the top
 * left in BigDataViewer has the largest ones, as on the stage.
 *
 * @param key the HDF5 file or the XML file
 * @param openFile opens a file for the HDF5 library
 * @throws IsoluxError `not-found` where the views have no description, `corrupt`, `unsupported`, `storage`
 * @see https://github.com/nvladimus/npy2bdv
 */
export async function openBdv(
  store: ReadableStore,
  key: string,
  openFile: OpenSynchronously,
  note: Note = () => undefined,
): Promise<TileView[]> {
  const { fileKey, spim } = await findFiles(store, key);
  const file = await Hdf5File.open(openFile(joinKey(store.location, fileKey)));
  const layout = readLayout(file);
  if (layout.timepointCount > 1) note(firstTimeOnly(layout.timepointCount), "warning");
  const setups = await knowSetups(store, fileKey, spim, layout, note);
  return setups.map((known) => viewOf(known, file, layout.groups.get(known.id)!));
}

/** Reads the names of a file's groups. @throws IsoluxError `corrupt` */
function readLayout(file: Hdf5File): BdvLayout {
  const names = file.names("/");
  const announced = names.filter((name) => /^s\d{2,}$/.test(name)).length;
  const timepoints = names.filter((name) => /^t\d{5,}$/.test(name)).sort();
  const first = timepoints[0];
  const views = first === undefined ? [] : file.names(`/${first}`).filter((name) => /^s\d{2,}$/.test(name));
  const groups = new Map(views.map((name) => [Number(name.slice(1)), `/${first}/${name}`]));
  if (groups.size > 0) return { announced, groups, timepointCount: timepoints.length };
  throw new IsoluxError({
    kind: "corrupt",
    what: "The HDF5 file holds no views of BigDataViewer",
    where: file.location,
    found: names.length === 0 ? "an empty file" : names.slice(0, 5).join(", "),
    expected: "groups such as /t00000/s00",
  });
}

async function findFiles(store: ReadableStore, key: string): Promise<{ fileKey: string; spim: SpimData | undefined }> {
  const isXml = /\.xml$/i.test(key);
  const xmlKey = isXml ? key : key.replace(/\.[^./]+$/, ".xml");
  const where = joinKey(store.location, xmlKey);
  const text = await readXmlText(store, xmlKey);
  if (text === undefined && isXml) throw new IsoluxError({ kind: "not-found", what: "There is no such file", where });
  const spim = text === undefined ? undefined : parseSpimData(text, where);
  if (spim === undefined || !isXml) return { fileKey: key, spim };
  const named = spim.imageFile.replaceAll("\\", "/").replace(/^(\.\/)+/, "");
  return { fileKey: key.replace(/[^/]+$/, () => named), spim };
}

/** Reads such a file. @throws IsoluxError `corrupt`, `unsupported` where the pixels are in no HDF5 file */
function parseSpimData(text: string, where: string): SpimData {
  const root = parseXml(text, where).first("SpimData");
  const sequence = root?.first("SequenceDescription");
  const loader = sequence?.first("ImageLoader");
  if (root === undefined || sequence === undefined || loader === undefined) {
    throw new IsoluxError({ kind: "corrupt", what: "The XML file does not describe an image of BigDataViewer", where });
  }
  const imageFile = loader.text("hdf5")?.trim();
  if (loader.attribute("format") !== "bdv.hdf5" || !imageFile) {
    throw new IsoluxError({
      kind: "unsupported",
      what: "The pixels that the XML file describes are not read through it",
      where,
      found: loader.attribute("format") ?? "no format",
      expected: "bdv.hdf5, or bdv.multimg.zarr with a folder of groups",
    });
  }
  const setups = readSetups(root);
  if (setups.length > 0 && setups.every(({ id }) => Number.isInteger(id))) return { imageFile, setups };
  throw new IsoluxError({ kind: "corrupt", what: "The XML file lists no views", where });
}

function viewOf({ id, setup, block }: KnownSetup, file: Hdf5File, group: string): TileView {
  const levels = readLevels(file, group);
  return {
    name: setupName(id),
    channel: channelOf(setup, block),
    side: sideOf(setup?.attributes.get("illumination")) ?? sideOf(block?.find("CFG", "Shutter")),
    rotation: rotationOf(setup) ?? block?.rotation ?? 0,
    stageUmZyx: stagePosition(setup, block),
    ...(block?.runsDown === true && { runsDown: true }),
    pixelSizeUmZyx: pixelSize(setup, block, levels[0]!.shapeZyx, file.location + group),
    levels,
    metadata: block?.all ?? {},
    ...processedBy(block),
  };
}

/** Without names, channels are named by their number, which is no laser line. */
function channelOf(setup: SpimSetup | undefined, block: MetaBlock | undefined): string {
  const name = setup?.attributes.get("channel") ?? "";
  const laser = name === "" || /^\d{1,2}$/.test(name) ? block?.channel : undefined;
  return laser ?? (name.replace(/\s*nm$/, "") || "channel_1");
}

function sideOf(name: string | undefined): IlluminationSide | undefined {
  return name === "Left" || name === "Right" ? name : undefined;
}

function rotationOf(setup: SpimSetup | undefined): number | undefined {
  const name = setup?.attributes.get("angle") ?? "";
  return name !== "" && Number.isFinite(Number(name)) ? Number(name) : undefined;
}

/** Translations are in pixels, also along z. */
function stagePosition(setup: SpimSetup | undefined, block: MetaBlock | undefined): Zyx | undefined {
  const ofStage = block?.isPlaced ? block.stageUmZyx : undefined;
  if (setup?.translationPxZyx === undefined || setup.voxelSizeUmZyx === undefined) return ofStage;
  const [z, y, x] = setup.translationPxZyx.map((pixels, axis) => pixels * setup.voxelSizeUmZyx![axis]!);
  return [ofStage?.[0] ?? wholeNanometres(z!), wholeNanometres(-y!), wholeNanometres(-x!)];
}

/** Translations are written with six decimals. */
function wholeNanometres(um: number): number {
  return Math.round(um * 1000) / 1000 + 0;
}

function pixelSize(setup: SpimSetup | undefined, block: MetaBlock | undefined, saved: Zyx, where: string): Zyx {
  const size = (block && savedPixelSize(block, saved)) ?? setup?.voxelSizeUmZyx;
  if (size !== undefined) return size;
  throw new IsoluxError({
    kind: "not-found",
    what: "The pixel size of a view is not known",
    where,
    expected: "voxelSize in µm in the XML file, or Pixelsize and z_stepsize in its _meta.txt",
  });
}
