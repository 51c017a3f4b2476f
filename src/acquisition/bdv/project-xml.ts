/**
 * Reads the XML file of a project of BigStitcher or BigDataViewer: where its pixels are, its view setups, time points and
 * registrations.
 * @see https://imagej.net/plugins/bdv/#about-the-bigdataviewer-data-format
 * @see https://github.com/bigdataviewer/spimdata (`XmlIoSpimData`)
 */

import { IsoluxError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import { formatCount } from "../../quantities.ts";
import { hasFlatfields, type ImageLoader, readLoader } from "./image-loader.ts";
import { type Affine, composeRegistration } from "./view-registration.ts";
import { parseXml, type XmlElement } from "./xml.ts";

/** A view: a setup at a time point, both by their ids. */
export interface ViewId {
  readonly time: number;
  readonly setup: number;
}

/** An attribute of a setup: which of the channels, tiles, angles or illuminations it has. */
export interface SetupAttribute {
  readonly id: string;
  /** Empty where it has none. */
  readonly name: string;
  /** Of an angle, where the file gives them. */
  readonly degrees?: number;
}

/** A view setup: stacks of planes with the same attributes, one for each time point. */
export interface ProjectSetup {
  readonly id: number;
  readonly attributes: ReadonlyMap<string, SetupAttribute>;
  readonly voxelSizeXyz: readonly number[] | undefined;
  readonly unit: string;
}

/** The content of such a file. */
export interface Project {
  readonly text: string;
  /** The name of the library that wrote it, where it gives one. */
  readonly writtenBy: string | undefined;
  readonly loader: ImageLoader;
  /** Whether BigStitcher corrects the pixels by flat-field images of its own when it reads them. */
  readonly hasFlatfields: boolean;
  readonly setups: readonly ProjectSetup[];
  /** Ids of time points, ascending. */
  readonly times: readonly number[];
  /** Whether the file says that a view was not acquired. */
  isMissing(view: ViewId): boolean;
  /** All transformations of a view as one; `undefined` where there are none. */
  registrationOf(view: ViewId): Affine | undefined;
}

/** More views are no project, but a damaged file. */
const mostViews = 5 * limits.tiles;

/** Reads such a file. @throws IsoluxError `corrupt`, `unsupported` */
export function parseProject(text: string, where: string): Project {
  const root = parseXml(text, where).first("SpimData");
  const sequence = root?.first("SequenceDescription");
  const loader = sequence?.first("ImageLoader");
  if (root === undefined || sequence === undefined || loader === undefined) {
    throw new IsoluxError({ kind: "corrupt", what: "The XML file does not describe an image of BigDataViewer", where });
  }
  const setups = readProjectSetups(sequence.first("ViewSetups"), where);
  const imageLoader = readLoader(loader, root.first("BasePath"), where);
  const times = readTimes(sequence.first("Timepoints"), imageLoader, where);
  if (setups.length * times.length > mostViews) {
    const found = `${formatCount(setups.length, "view setup")} at ${formatCount(times.length, "time point")}`;
    throw new IsoluxError({ kind: "unsupported", what: "The XML file lists too many views", where, found });
  }
  const missing = new Set((sequence.first("MissingViews")?.all("MissingView") ?? []).map(viewOf));
  const registrations = new Map(
    (root.first("ViewRegistrations")?.all("ViewRegistration") ?? []).map((one) => [viewOf(one), one]),
  );
  return {
    text,
    writtenBy: root.text("generatedBy", "library")?.trim(),
    hasFlatfields: hasFlatfields(loader),
    loader: imageLoader,
    setups,
    times,
    isMissing: (view) => missing.has(keyOf(view)),
    registrationOf: (view) => {
      const registration = registrations.get(keyOf(view));
      return registration && composeRegistration(registration);
    },
  };
}

function keyOf({ time, setup }: ViewId): string {
  return `${time} ${setup}`;
}

function viewOf(element: XmlElement): string {
  return keyOf({ time: idOf(element.attribute("timepoint")), setup: idOf(element.attribute("setup")) });
}

/** An id as a whole number; NaN for anything else. */
function idOf(text: string | undefined): number {
  return /^\s*\d{1,9}\s*$/.test(text ?? "") ? Number(text) : Number.NaN;
}

function readProjectSetups(views: XmlElement | undefined, where: string): ProjectSetup[] {
  const lists = new Map((views?.all("Attributes") ?? []).map((list) => [list.attribute("name") ?? "", list]));
  const attributes = new Map(
    ["illumination", "channel", "tile", "angle"].map((kind) => [kind, attributesOf(kind, lists.get(kind))]),
  );
  const setups = (views?.all("ViewSetup") ?? []).map((setup): ProjectSetup => {
    return {
      id: idOf(setup.text("id")),
      attributes: new Map(
        [...attributes].map(([kind, byId]) => {
          const id = setup.text("attributes", kind)?.trim() ?? "";
          return [kind, byId.get(id) ?? { id, name: "" }];
        }),
      ),
      voxelSizeXyz: setup.numbers("voxelSize", "size"),
      unit: setup.text("voxelSize", "unit")?.trim() ?? "",
    };
  });
  const ids = new Set(setups.map(({ id }) => id));
  if (setups.length === 0) throw new IsoluxError({ kind: "corrupt", what: "The XML file lists no views", where });
  if (ids.size === setups.length && !ids.has(Number.NaN)) return setups;
  throw new IsoluxError({ kind: "corrupt", what: "The view setups of the XML file have no ids, or the same", where });
}

function attributesOf(kind: string, list: XmlElement | undefined): Map<string, SetupAttribute> {
  const elements = list?.all(kind[0]!.toUpperCase() + kind.slice(1)) ?? [];
  return new Map(
    elements.map((element) => {
      const id = element.text("id")?.trim() ?? "";
      const name = element.text("name")?.trim() ?? "";
      const [degrees] = element.numbers("degrees") ?? [];
      return [id, { id, name, degrees }];
    }),
  );
}

/**
 * The ids of time points: of a range, a list, or a pattern such as `0,2-4,10-50:10`; where the file has none, those of
 * its groups, or 0.
 */
function readTimes(element: XmlElement | undefined, loader: ImageLoader, where: string): number[] {
  if (element === undefined && loader.kind === "zarr" && loader.groups.length > 0) {
    return [...new Set(loader.groups.map(({ time }) => time))].sort((a, b) => a - b);
  }
  const pattern = element?.text("integerpattern")?.trim();
  const listed = element?.all("Timepoint").map((one) => idOf(one.text("id"))) ?? [];
  const [first, last] = [idOf(element?.text("first")), idOf(element?.text("last"))];
  const ranges: (readonly [number, number, number])[] = pattern
    ? pattern.split(",").map(rangeOf)
    : listed.length > 0
      ? listed.map((id) => [id, id, 1] as const)
      : element?.first("first") === undefined
        ? [[0, 0, 1]]
        : [[first, last, 1]];
  const times = new Set<number>();
  for (const [from, to, step] of ranges) {
    // Comparisons with NaN are false.
    if (!(from <= to && step >= 1)) throw unusableTimes(where);
    for (let time = from; time <= to; time += step) {
      times.add(time);
      if (times.size > mostViews) throw unusableTimes(where);
    }
  }
  return [...times].sort((a, b) => a - b);
}

function rangeOf(text: string): [number, number, number] {
  const [, from, to = from, step = "1"] =
    /^\s*(\d{1,9})(?:\s*-\s*(\d{1,9})(?:\s*:\s*(\d{1,9}))?)?\s*$/.exec(text) ?? [];
  return [Number(from), Number(to), Number(step)];
}

function unusableTimes(where: string): IsoluxError {
  return new IsoluxError({
    kind: "corrupt",
    what: "The time points of the XML file cannot be used",
    where,
    expected: `a range, a list or a pattern of at most ${mostViews} time points`,
  });
}
