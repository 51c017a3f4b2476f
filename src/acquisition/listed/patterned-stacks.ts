/** Puts the files that a pattern fits together to stacks: those of one tile, channel and side. */
import { IsoluxError } from "../../errors.ts";
import { formatNumber } from "../../quantities.ts";
import { keyName } from "../../zarr/store.ts";
import { evenSteps } from "./even-steps.ts";
import type { NamedFile } from "./name-pattern.ts";
import { parseSide } from "./name-pattern.ts";
import type { PlacedStack, StackPlace } from "./placed-stacks.ts";

/** How the numbers in names count. */
interface NumbersOfNames {
  /** µm that one step of x, y and z stands for; 1 where not given. */
  readonly unitUm?: number;
  /** The distance of planes in µm, where something tells it; else by z. */
  readonly stepUm?: number;
}

/** Files of one tile, channel and side at one time. */
interface Group {
  readonly files: NamedFile[];
  readonly fields: NamedFile["fields"];
}

/**
 * The stacks, in the order of their first files. With the fields plane or z, files of one tile at one time are its planes;
 * else each file is a stack.
 * @throws IsoluxError `invalid` where files are there twice, or planes are missing
 */
export function stacksOfFiles(files: readonly NamedFile[], numbers: NumbersOfNames): PlacedStack[] {
  const groups = new Map<string, Group>();
  for (const file of files) {
    const { row, col, x, y, channel, side, time } = file.fields;
    const name = [row, col, x, y, time].map((value) => (value === undefined ? "" : Number(value))).join(" ");
    const key = `${name} ${parseSide(side)} ${channel}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { files: [file], fields: file.fields });
    else group.files.push(file);
  }
  return [...groups.values()].map((group) => stackOf(group, numbers));
}

function stackOf({ files, fields }: Group, numbers: NumbersOfNames): PlacedStack {
  const { unitUm = 1 } = numbers;
  const { channel, time } = fields;
  const side = parseSide(fields.side);
  const counted = fields.plane ?? fields.z;
  const rest = {
    ...(channel !== undefined && { channel }),
    ...(side !== undefined && { side }),
    ...(time !== undefined && { time: Number(time) }),
  };
  if (counted === undefined || (fields.plane === undefined && files.length === 1)) {
    if (files.length > 1) throw twice(files);
    const { key } = files[0]!;
    const place = placeOf(fields, { z: Number(fields.z ?? 0) * unitUm }, unitUm);
    return { ...rest, name: keyName(key), files: { kind: "file", key }, place };
  }
  const field = fields.plane === undefined ? "z" : "plane";
  const planes = files
    .map(({ key, fields: own }) => ({ key, number: Number(own[field]) }))
    .sort((a, b) => a.number - b.number);
  const name = nameOfPlanes(planes.map(({ key }) => key));
  const { first, step } = evenSteps(
    planes.map(({ number }) => number),
    name,
  );
  const { stepUm = field === "z" && step !== undefined ? step * unitUm : undefined } = numbers;
  const z = fields.z === undefined ? {} : { z: (field === "z" ? first : Number(fields.z)) * unitUm };
  return {
    ...rest,
    name,
    files: { kind: "planes", keys: planes.map(({ key }) => key), areDepths: field === "z" },
    ...(numbers.stepUm === undefined && { isStepOfFiles: true }),
    place: placeOf(fields, { ...z, ...(field === "plane" && { firstPlane: first / (step ?? 1) }) }, unitUm),
    ...(stepUm !== undefined && { pixelSizeUm: { z: stepUm } }),
  };
}

function placeOf(
  { row, col, x, y }: NamedFile["fields"],
  depth: Pick<StackPlace, "z" | "firstPlane">,
  unitUm: number,
): StackPlace {
  if (x === undefined && y === undefined) {
    return { kind: "grid", rowColumn: [Number(row ?? 0), Number(col ?? 0)], ...depth };
  }
  return { kind: "um", yx: [Number(y ?? 0) * unitUm, Number(x ?? 0) * unitUm], ...depth };
}

/** The first of the planes, in messages. */
function nameOfPlanes(keys: readonly string[]): string {
  const [first = ""] = keys;
  // Planes with a folder of their own are known by its name.
  const folder = keyName(first.slice(0, Math.max(0, first.lastIndexOf("/"))));
  return /^\W*\d+\.\w+$/.test(keyName(first)) && folder !== "" ? folder : keyName(first);
}

function twice(files: readonly NamedFile[]): IsoluxError {
  return new IsoluxError({
    kind: "invalid",
    what: "Several files have the same tile and channel by their names",
    where: files[0]!.key,
    found: files
      .slice(0, 3)
      .map(({ key }) => keyName(key))
      .join(", "),
    advice: `Name what distinguishes the ${formatNumber(files.length)} files in --pattern, such as {plane}, {channel} or {side}`,
  });
}
