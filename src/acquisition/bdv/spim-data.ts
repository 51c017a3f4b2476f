/**
 * Reads the XML file beside a BigDataViewer file, which lists its views and their positions.
 * @see https://imagej.net/plugins/bdv/#about-the-bigdataviewer-data-format
 */
import { umPerUnit } from "../../ngff/axes.ts";
import type { Zyx } from "../../shapes.ts";
import { type Affine, composeRegistration } from "./view-registration.ts";
import type { XmlElement } from "./xml.ts";

/** One view setup: a stack of planes with the attributes that distinguish it from others. */
export interface SpimSetup {
  readonly id: number;
  /** The names of its attributes, such as `488 nm` for `channel`. */
  readonly attributes: ReadonlyMap<string, string>;
  /** `undefined` where the unit is no length. */
  readonly voxelSizeUmZyx: Zyx | undefined;
  /** The translation by the acquisition, in pixels. */
  readonly translationPxZyx: Zyx | undefined;
  /** The position by all registrations, stitching included. */
  readonly registration: Affine | undefined;
}

/** The parts of such a file that are used. */
export interface SpimData {
  /** The path of the HDF5 file, relative to this one. */
  readonly imageFile: string;
  readonly setups: readonly SpimSetup[];
}

/** The setups in such a file; empty where it has none; the id of one without a number is NaN. */
export function readSetups(root: XmlElement): SpimSetup[] {
  const views = root.first("SequenceDescription", "ViewSetups");
  const names = attributeNames(views);
  const registrations = readRegistrations(root);
  return (views?.all("ViewSetup") ?? []).map((setup): SpimSetup => {
    const id = Number(setup.text("id") || Number.NaN);
    const registration = registrations.get(id);
    return {
      id,
      attributes: new Map(
        [...names].map(([attribute, nameOf]) => {
          const value = setup.text("attributes", attribute)?.trim() ?? "";
          return [attribute, nameOf.get(value) ?? value];
        }),
      ),
      voxelSizeUmZyx: voxelSize(setup.first("voxelSize"), setup.numbers("size")?.[2] === 1),
      translationPxZyx: registration && acquiredTranslation(registration),
      registration: registration && composeRegistration(registration),
    };
  });
}

/** The names of the values of each attribute. */
function attributeNames(views: XmlElement | undefined): Map<string, Map<string, string>> {
  const lists = new Map((views?.all("Attributes") ?? []).map((list) => [list.attribute("name"), list]));
  return new Map(
    ["illumination", "channel", "tile", "angle"].map((attribute) => {
      const elements = lists.get(attribute)?.all(attribute[0]!.toUpperCase() + attribute.slice(1)) ?? [];
      return [
        attribute,
        new Map(elements.map((one) => [one.text("id")?.trim() ?? "", one.text("name")?.trim() ?? ""])),
      ];
    }),
  );
}

/** The voxel size of a single plane along z may be 0: it counts as 1. */
function voxelSize(element: XmlElement | undefined, isSinglePlane: boolean): Zyx | undefined {
  const unit = umPerUnit(element?.text("unit") ?? "");
  const sizes = element?.numbers("size")?.map((size, axis) => (isSinglePlane && axis === 2 && size === 0 ? 1 : size));
  if (unit === undefined || sizes?.length !== 3 || !sizes.every((size) => size > 0)) return undefined;
  const [x, y, z] = sizes;
  return [z! * unit, y! * unit, x! * unit];
}

/** By setup, at the first time point. */
function readRegistrations(root: XmlElement): Map<number, XmlElement> {
  const registrations = root.first("ViewRegistrations")?.all("ViewRegistration") ?? [];
  const first = registrations[0]?.attribute("timepoint");
  return new Map(
    registrations
      .filter((registration) => registration.attribute("timepoint") === first)
      .map((registration) => [Number(registration.attribute("setup")), registration]),
  );
}

/**
 * The translation of a view by the acquisition. Transformations apply from the last in the list to the first: the
 * calibration, then the translation of the acquisition, then what was fitted later, as in stitching.
 */
function acquiredTranslation(registration: XmlElement): Zyx | undefined {
  const ofAcquisition = registration
    .all("ViewTransform")
    .filter((transform) => transform.text("Name")?.trim().toLowerCase() !== "calibration")
    .at(-1);
  const affine = ofAcquisition?.numbers("affine");
  if (affine?.length !== 12) return undefined;
  const [a, b, c, x, d, e, f, y, g, h, i, z] = affine;
  const isTranslation = [a, e, i].every((scale) => scale === 1) && [b, c, d, f, g, h].every((shear) => shear === 0);
  return isTranslation ? [z!, y!, x!] : undefined;
}
