/** What the attributes of a project's view setups say: channels, sides of the light sheet, angles, sizes of pixels. */
import { umPerUnit } from "../../ngff/axes.ts";
import type { Zyx } from "../../shapes.ts";
import type { IlluminationSide } from "../../tiles/tile.ts";
import type { Note } from "../tile-view.ts";
import type { ProjectSetup, SetupAttribute } from "./project-xml.ts";

/** What is said of a setup. */
export interface SetupFacts {
  readonly channel: string;
  readonly side: IlluminationSide | undefined;
  /** In degrees. */
  readonly rotation: number;
  readonly pixelSizeUmZyx: Zyx;
}

/**
 * The facts of all setups, in their order.
 * @param note called with what was assumed
 * @param givenUmZyx the size of all pixels, where the user says it
 */
export function setupFacts(setups: readonly ProjectSetup[], note: Note, givenUmZyx?: Zyx): SetupFacts[] {
  const channels = namesOf(setups, "channel", (name) => name.replace(/\s*nm$/, ""));
  const angles = distinct(setups.map((setup) => attribute(setup, "angle").id));
  const sides = sidesOf(setups, note);
  const sizes = setups.map(({ voxelSizeXyz, unit }) => pixelSize(voxelSizeXyz, unit));
  if (givenUmZyx === undefined && sizes.some(({ isAssumed }) => isAssumed)) {
    note(
      "The XML file has no pixel size in a unit of length: its numbers are taken as µm. Give others with --pixel-size",
      "warning",
    );
  }
  return setups.map((setup, index) => ({
    channel: channels.get(attribute(setup, "channel").id)!,
    side: sides.get(attribute(setup, "illumination").id),
    rotation: rotationOf(attribute(setup, "angle"), angles),
    pixelSizeUmZyx: givenUmZyx ?? sizes[index]!.sizeUmZyx,
  }));
}

function attribute(setup: ProjectSetup, kind: string): SetupAttribute {
  return setup.attributes.get(kind) ?? { id: "", name: "" };
}

/** A name for each value of an attribute: its own or, where several have it or it is empty, with the id. */
function namesOf(
  setups: readonly ProjectSetup[],
  kind: string,
  shorten: (name: string) => string,
): Map<string, string> {
  const values = new Map(setups.map((setup) => [attribute(setup, kind).id, attribute(setup, kind)]));
  const names = [...values.values()].map(({ name }) => shorten(name));
  return new Map(
    [...values.values()].map(({ id }, index): [string, string] => {
      const name = names[index]!;
      const isUnique = names.filter((other) => other === name).length === 1;
      if (name !== "") return [id, isUnique ? name : `${name}_${id}`];
      return [id, id === "" ? `${kind}_1` : id];
    }),
  );
}

/** Light comes from the left or the right: by names or, of two illuminations with other names, in the order of ids. */
function sidesOf(setups: readonly ProjectSetup[], note: Note): Map<string, IlluminationSide | undefined> {
  const values = new Map(
    setups.map((setup) => [attribute(setup, "illumination").id, attribute(setup, "illumination")]),
  );
  const named = new Map([...values.values()].map(({ id, name }) => [id, sideOf(name)]));
  const known = [...named.values()];
  if (values.size !== 2 || (known.every((side) => side !== undefined) && known[0] !== known[1])) return named;
  const [left, right] = [...values.values()].sort((a, b) => Number(a.id) - Number(b.id)) as [
    SetupAttribute,
    SetupAttribute,
  ];
  const stated = ({ id, name }: SetupAttribute) => (name === "" || name === id ? id : `${id} (${name})`);
  note(`Illumination ${stated(left)} of the XML file is called Left, ${stated(right)} is called Right`);
  return new Map([
    [left.id, "Left"],
    [right.id, "Right"],
  ]);
}

function sideOf(name: string): IlluminationSide | undefined {
  const words = name.toLowerCase().split(/[^a-z]+/);
  const [isLeft, isRight] = [words.includes("left"), words.includes("right")];
  return isLeft === isRight ? undefined : isLeft ? "Left" : "Right";
}

/** In degrees: given, or in the name; other angles are distinguished by their order. */
function rotationOf({ id, name, degrees }: SetupAttribute, ids: readonly string[]): number {
  if (degrees !== undefined) return degrees;
  const [number] = /-?\d+(\.\d+)?/.exec(name) ?? [];
  if (number === name || (number !== undefined && ids.length > 1)) return Number(number);
  return Math.max(0, ids.indexOf(id));
}

function pixelSize(sizeXyz: readonly number[] | undefined, unit: string): { sizeUmZyx: Zyx; isAssumed: boolean } {
  const um = umPerUnit(unit);
  const isUsable = sizeXyz?.length === 3 && sizeXyz[0]! > 0 && sizeXyz[1]! > 0 && sizeXyz[2]! >= 0;
  const [x, y, z] = isUsable ? sizeXyz : [1, 1, 1];
  const perUnit = um ?? 1;
  // The distance of a single plane from the next may be 0: it counts as 1.
  return { sizeUmZyx: [(z! || 1) * perUnit, y! * perUnit, x! * perUnit], isAssumed: !isUsable || um === undefined };
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
