/**
 * Opens projects of BigStitcher and BigDataViewer by their XML file, whatever microscope the pixels come from: HDF5, N5
 * and OME-Zarr.
 */
import { IsoluxError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import { formatCount } from "../../quantities.ts";
import { formatShape, mapAxes, type Zyx } from "../../shapes.ts";
import { spreadChunkKeys } from "../../zarr/chunk-places.ts";
import { joinKey, type ReadableStore } from "../../zarr/store.ts";
import type { ProjectSource, SourceObjects, StoredFolder } from "../acquisition.ts";
import { rotationOf } from "../arrange-views.ts";
import type { PlacingOptions } from "../mosaic-of-placed.ts";
import { objectsBeside, objectsWithin } from "../open-mosaic.ts";
import type { Note, TileView } from "../tile-view.ts";
import { lastName } from "./data-places.ts";
import { type Project, type ProjectSetup, parseProject, type ViewId } from "./project-xml.ts";
import { type SetupFacts, setupFacts } from "./setup-facts.ts";
import { type DataAccess, openData, type ProjectData, type ViewPixels } from "./view-levels.ts";
import { registeredPositions } from "./view-registration.ts";
import { readXmlText } from "./xml.ts";

/** The XML file of a project, with its content. */
interface ProjectFile extends StoredFolder {
  readonly project: Project;
}

/**
 * The project that an XML file describes, or the one of the same name beside an HDF5 file; `undefined` where there is
 * none, or where mesoSPIM-control wrote the HDF5 file, whose own metadata say more; its files hold one time point.
 * @throws IsoluxError `corrupt`, `unsupported`
 */
export async function readProject(store: ReadableStore, key: string): Promise<ProjectFile | undefined> {
  const xmlKey = key.replace(/\.[^./]+$/, ".xml");
  const text = await readXmlText(store, xmlKey);
  if (text === undefined) return undefined;
  const project = parseProject(text, joinKey(store.location, xmlKey));
  const { loader } = project;
  if (loader.kind !== "hdf5") return key === xmlKey ? { store, key, project } : undefined;
  const name = lastName(loader.data);
  const names = (await store.list(key.split("/").slice(0, -1).join("/"))) ?? [];
  const hasMeta = names.some((entry) => entry.name.startsWith(`${name}_`) && entry.name.endsWith("_meta.txt"));
  const isMesoSpims = project.writtenBy === "npy2bdv" && project.times.length === 1;
  return isMesoSpims || hasMeta ? undefined : { store, key: xmlKey, project };
}

/** A project that was opened: its views, and the objects that they are read from. */
interface OpenedProject {
  readonly views: readonly TileView[];
  readonly source: ProjectSource;
  sourceObjects(): Promise<SourceObjects>;
}

/** A setup with its pixels at a time point. */
interface KnownView {
  readonly setup: ProjectSetup;
  readonly facts: SetupFacts;
  /** The first time point at which it was acquired. */
  readonly time: number;
  /** At that time point. */
  readonly pixels: ViewPixels;
  /** At all time points; `undefined` where it was not acquired. */
  readonly ofTimes: readonly (ViewPixels | undefined)[];
}

/** Views whose metadata are read at a time. */
const viewsAtOnce = 32;

/**
 * Opens the views of a project at all of its time points, in the order of setups. No pixel is read. Positions are those of
 * the registrations, in the directions of the images; a view that the file says is missing, or that has no pixels, is
 * left out.
 * @param options.rotation only the views at this angle, in degrees, are used
 * @throws IsoluxError `not-found` where the data are missing, `corrupt`, `unsupported` (turned or sheared views)
 */
export async function openProject(
  { project, ...file }: ProjectFile,
  { note = () => undefined, rotation, hints, ...access }: DataAccess & PlacingOptions,
): Promise<OpenedProject> {
  const where = joinKey(file.store.location, file.key);
  if (project.setups.length > limits.tiles) {
    const found = `${project.setups.length} view setups`;
    throw new IsoluxError({ kind: "unsupported", what: "The XML file lists too many views", where, found });
  }
  const data = await openData(file, project.loader, access);
  if (project.hasFlatfields) {
    note(
      "The XML file has flat-field images of BigStitcher: they are ignored, and the raw pixels are corrected",
      "warning",
    );
  }
  const facts = setupFacts(project.setups, note, hints?.pixelSizeUmZyx);
  const known = await openViews(project, facts, data, note, where);
  const positions = positionsOf(known, project, rotation, where);
  return {
    views: known.map((view, index) => tileView(view, positions[index], project.times)),
    source: { text: project.text, file, data: data.place },
    sourceObjects: () => objectsOf(known, file, data.place),
  };
}

/** The views that have pixels, with a note of others. @throws IsoluxError `not-found` where there is none */
async function openViews(
  project: Project,
  facts: readonly SetupFacts[],
  data: ProjectData,
  note: Note,
  where: string,
): Promise<KnownView[]> {
  const { setups, times } = project;
  const expected = setups.flatMap((setup) => {
    return times
      .filter((time) => !project.isMissing({ time, setup: setup.id }))
      .map((time) => ({ time, setup: setup.id }));
  });
  const opened = await openAll(expected, data);
  const known = setups.flatMap((setup, index): KnownView[] => {
    const ofTimes = times.map((time) => opened.get(`${time} ${setup.id}`));
    const first = ofTimes.findIndex((pixels) => pixels !== undefined);
    if (first < 0) return [];
    checkSameShapes(ofTimes, ofTimes[first]!, where);
    return [{ setup, facts: facts[index]!, time: times[first]!, pixels: ofTimes[first]!, ofTimes }];
  });
  if (known.length === 0) throw noPixels(where, expected.length);
  const empty = new Set(
    expected.filter(({ time, setup }) => !opened.has(`${time} ${setup}`)).map(({ setup }) => setup),
  );
  if (empty.size > 0) {
    const when = times.length === 1 ? "" : " at one or more time points";
    note(`Skipped, because they have no pixels${when}: view setups ${[...empty].join(", ")}`, "warning");
  }
  return known;
}

/** The pixels of views by time point and setup; without those that have none. */
async function openAll(views: readonly ViewId[], data: ProjectData): Promise<Map<string, ViewPixels>> {
  const opened = new Map<string, ViewPixels>();
  for (let first = 0; first < views.length; first += viewsAtOnce) {
    const some = views.slice(first, first + viewsAtOnce);
    const pixels = await Promise.all(some.map((view) => data.open(view)));
    for (const [index, { time, setup }] of some.entries()) {
      if (pixels[index] !== undefined) opened.set(`${time} ${setup}`, pixels[index]);
    }
  }
  return opened;
}

/** A view must be the same at all of its time points, as they share one profile. */
function checkSameShapes(ofTimes: readonly (ViewPixels | undefined)[], first: ViewPixels, where: string): void {
  const shapesOf = ({ levels }: ViewPixels) => levels.map(({ shapeZyx, type }) => `${formatShape(shapeZyx)} ${type}`);
  const expected = shapesOf(first).join(", ");
  const other = ofTimes.find((pixels) => pixels !== undefined && shapesOf(pixels).join(", ") !== expected);
  if (other === undefined) return;
  const found = `${other.name}: ${shapesOf(other).join(", ")}`;
  throw new IsoluxError({
    kind: "invalid",
    what: "A view has another shape at another time point",
    where,
    found,
    expected,
  });
}

function tileView(
  { setup, facts, pixels, ofTimes }: KnownView,
  stageUmZyx: Zyx | undefined,
  times: readonly number[],
): TileView {
  const { channel, side, rotation, pixelSizeUmZyx } = facts;
  return {
    inProject: { setup: setup.id, times },
    ...(ofTimes.length === 1 ? {} : { levelsOfTimes: ofTimes.map((one) => one?.levels) }),
    name: pixels.name,
    channel,
    side,
    rotation,
    stageUmZyx,
    pixelSizeUmZyx,
    levels: pixels.levels,
    metadata: {},
  };
}

/**
 * The positions of views in µm, as on a stage, where the largest are at the top left; `undefined` for those of another
 * angle, where one is chosen, and for all where no registration distinguishes them.
 */
function positionsOf(
  views: readonly KnownView[],
  project: Project,
  rotation: number | undefined,
  where: string,
): (Zyx | undefined)[] {
  const angles = new Set(views.map(({ facts }) => rotationOf(facts)));
  const wanted = rotation ?? (angles.size === 1 ? [...angles][0] : undefined);
  const used = views.filter(({ facts }) => rotationOf(facts) === wanted);
  const registered = used.map(({ setup, time, pixels }) => {
    const affine = project.registrationOf({ time, setup: setup.id });
    return affine && { affine, shapeZyx: pixels.levels[0]!.shapeZyx, where: `${where}, view setup ${setup.id}` };
  });
  const known = registered.filter((view) => view !== undefined);
  const areTold = known.length === used.length && new Set(known.map(({ affine }) => affine.join())).size > 1;
  if (!areTold) return views.map(() => undefined);
  const positions = registeredPositions(known);
  const ofView = new Map(used.map((view, index) => [view, positions[index]!]));
  return views.map((view) => {
    const px = ofView.get(view);
    const um = px && mapAxes(px, (place, axis) => place * view.facts.pixelSizeUmZyx[axis]!);
    return um && [wholeNanometres(um[0]), wholeNanometres(-um[1]), wholeNanometres(-um[2])];
  });
}

/** Positions from decimal numbers have digits of no meaning. */
function wholeNanometres(um: number): number {
  return Math.round(um * 1000) / 1000 + 0;
}

function noPixels(where: string, count: number): IsoluxError {
  return new IsoluxError({
    kind: "not-found",
    what: "None of the views of the XML file has pixels",
    where,
    found: `${formatCount(count, "view")} not said to be missing`,
    advice: "Check that the data are complete",
  });
}

/** Objects on a server whose size and date are requested. */
const remoteSample = 512;

/** All objects of the data on a disk; on a server the documents and a sample of the chunks, spread over the views. */
async function objectsOf(
  views: readonly KnownView[],
  file: StoredFolder,
  { store, key }: StoredFolder,
): Promise<SourceObjects> {
  const own = store === file.store ? [file.key] : [];
  const arrays = views.flatMap(({ pixels }) => (pixels.array === undefined ? [] : [pixels.array]));
  if (arrays.length === 0) return { ...(await objectsBeside(store, key)), documents: own };
  if (!store.isRemote) {
    const { documents, pixels } = await objectsWithin(store, key);
    return { store, documents: [...documents, ...own], pixels };
  }
  const most = Math.ceil(remoteSample / arrays.length);
  return { store, documents: own, pixels: arrays.flatMap((array) => spreadChunkKeys(array, most)) };
}
