import type { File, Group } from "h5wasm";
import type { Zyx } from "../../../src/shapes.ts";
import { type GeneratedTile, pixelSizeUmZyx } from "../../support/generated-tiles.ts";

/** What a written file says that is not the usual. */
export interface ImarisOptions {
  readonly labels?: readonly string[];
  readonly unit?: string;
  /** In place of the attributes of the image. */
  readonly image?: Readonly<Record<string, string>>;
  /** Left out. */
  readonly without?: "sizes" | "channels" | "DataSetInfo";
  readonly timePoints?: number;
}

/** Attributes of Imaris are arrays of single characters. */
function writeText(group: Group, name: string, text: string): void {
  group.create_attribute(name, [...text], [text.length], "S1");
}

/** An Imaris file with a tile, as the format's description has it: arrays are padded to whole chunks. */
export async function imarisFile(tile: GeneratedTile, options: ImarisOptions = {}): Promise<Uint8Array> {
  const { ready, File } = await import("h5wasm");
  const { FS } = await ready;
  const path = "/made.ims";
  const file = new File(path, "w");
  if (options.without !== "DataSetInfo") writeInfo(file, tile, options);
  const level = file.create_group("DataSet").create_group("ResolutionLevel 0");
  for (let point = 0; point < (options.timePoints ?? 1); point++) {
    const time = level.create_group(`TimePoint ${point}`);
    const written = options.without === "channels" ? [] : tile.channels.keys();
    for (const index of written) writeChannel(time, tile, index, options);
  }
  file.close();
  const bytes = FS!.readFile(path).slice();
  FS!.unlink(path);
  return bytes;
}

function writeInfo(file: File, { shapeZyx, originUmZyx, channels }: GeneratedTile, options: ImarisOptions): void {
  const { labels = [], unit = "um", image = {} } = options;
  const info = file.create_group("DataSetInfo");
  const corners = ["2", "1", "0"].flatMap((axis, at) => [
    [`ExtMin${axis}`, originUmZyx[at]!.toFixed(4)],
    [`ExtMax${axis}`, (originUmZyx[at]! + shapeZyx[at]! * pixelSizeUmZyx[at]!).toFixed(4)],
  ]);
  const [z, y, x] = shapeZyx;
  const told = {
    X: `${x}`,
    Y: `${y}`,
    Z: `${z}`,
    Unit: unit,
    LensPower: "12x",
    ...Object.fromEntries(corners),
    ...image,
  };
  const group = info.create_group("Image");
  for (const [name, text] of Object.entries<string>(told)) if (text !== "") writeText(group, name, text);
  for (const index of channels.keys()) writeText(info.create_group(`Channel ${index}`), "Name", labels[index] ?? "a");
}

function writeChannel(time: Group, { shapeZyx, channels }: GeneratedTile, index: number, options: ImarisOptions): void {
  const channel = time.create_group(`Channel ${index}`);
  if (options.without !== "sizes") {
    for (const [at, axis] of ["Z", "Y", "X"].entries()) writeText(channel, `ImageSize${axis}`, `${shapeZyx[at]}`);
  }
  const chunks: Zyx = [2, 32, 32];
  const [z, y, x] = shapeZyx.map((extent, axis) => Math.ceil(extent / chunks[axis]!) * chunks[axis]!) as unknown as Zyx;
  const padded = new Uint16Array(z * y * x).fill(9);
  const [planes, rows, columns] = shapeZyx;
  for (let plane = 0; plane < planes; plane++) {
    for (let row = 0; row < rows; row++) {
      const from = (plane * rows + row) * columns;
      padded.set(channels[index]!.subarray(from, from + columns), (plane * y + row) * x);
    }
  }
  const compression = { compression: "gzip" as const, compression_opts: [2] };
  channel.create_dataset({
    name: "Data",
    data: padded,
    shape: [z, y, x],
    dtype: "<H",
    chunks: [...chunks],
    ...compression,
  });
}
