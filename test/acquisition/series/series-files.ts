import type { Zyx } from "../../../src/shapes.ts";
import type { JsonObject } from "../../../src/zarr/json.ts";
import type { WritableStore } from "../../../src/zarr/store.ts";
import { type GeneratedTile, pixelSizeUmZyx } from "../../support/generated-tiles.ts";
import { writeArray, writeGroup } from "../write-image.ts";

/** What is written that is not the usual. */
export interface SeriesOptions {
  readonly labels?: readonly string[];
  /** How the places of tiles are told. */
  readonly places?: "planes" | "labels" | "none" | "no document";
  /** The unit of places, and its size in µm. */
  readonly unit?: readonly [name: string, um: number];
  /** Without the list of series in the group `OME`. */
  readonly isUnlisted?: boolean;
  /** Positions along z become smaller. */
  readonly runsDown?: boolean;
}

/** Writes tiles as bioformats2raw does: a series each, with the metadata of all of them in one document. */
export async function writeSeries(
  store: WritableStore,
  root: string,
  tiles: readonly GeneratedTile[],
  options: SeriesOptions = {},
): Promise<void> {
  await writeGroup(store, root, { "bioformats2raw.layout": 3 });
  for (const [index, { shapeZyx, channels }] of tiles.entries()) {
    await writeGroup(store, `${root}/${index}`, seriesAttributes(options.labels));
    const shape = [1, channels.length, ...shapeZyx];
    const pixels = Uint16Array.from(channels.flatMap((of) => [...of]));
    await writeArray(store, `${root}/${index}/0`, { shape, chunkShape: [1, 1, 1, 64, 64], pixels });
  }
  if (options.places === "no document") return;
  const series = tiles.map((_, index) => String(index));
  await writeGroup(store, `${root}/OME`, options.isUnlisted ? {} : { series });
  await store.set(`${root}/OME/METADATA.ome.xml`, new TextEncoder().encode(omeXml(tiles, options)));
}

function seriesAttributes(labels: readonly string[] | undefined): JsonObject {
  const axes = [
    { name: "t", type: "time" },
    { name: "c", type: "channel" },
    ...["z", "y", "x"].map((name) => ({ name, type: "space", unit: "micrometer" })),
  ];
  const coordinateTransformations = [{ type: "scale", scale: [1, 1, ...pixelSizeUmZyx] }];
  const multiscales = [{ version: "0.4", axes, datasets: [{ path: "0", coordinateTransformations }] }];
  const channels = labels?.map((label) => ({ label, color: "FF0000", window: { start: 0, end: 9, min: 0, max: 9 } }));
  return { multiscales, ...(channels === undefined ? {} : { omero: { channels } }) };
}

/** The document, with an element for every plane. */
export function omeXml(tiles: readonly GeneratedTile[], options: SeriesOptions): string {
  const images = tiles.map((tile, index) => imageElement(tile, index, options));
  return `<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" Creator="OME Bio-Formats">${images.join("\n")}</OME>`;
}

function imageElement(
  { shapeZyx, channels, originUmZyx }: GeneratedTile,
  index: number,
  options: SeriesOptions,
): string {
  const { places = "planes", unit: [unit, um] = ["µm", 1], labels = [], runsDown = false } = options;
  const [Z, Y, X] = shapeZyx;
  const [z, y, x] = originUmZyx.map((place) => place / um) as unknown as Zyx;
  const label =
    places === "labels" ? `<StageLabel Name="Tile" X="${x}" XUnit="${unit}" Y="${y}" YUnit="${unit}"/>` : "";
  const step = ((runsDown ? -1 : 1) * pixelSizeUmZyx[0]) / um;
  const planes = channels.flatMap((_, c) =>
    Array.from({ length: Z }, (_, plane) => {
      const at = `PositionX="${x}" PositionXUnit="${unit}" PositionY="${y}" PositionYUnit="${unit}" PositionZ="${z + step * plane}" PositionZUnit="${unit}"`;
      // Some have elements of their own in them
      const end = plane === 1 ? '><AnnotationRef ID="Annotation:0"/></Plane>' : "/>";
      return `<Plane DeltaT="0.1" TheC="${c}" TheT="0" TheZ="${plane}" ${places === "planes" ? at : ""}${end}`;
    }),
  );
  const own = channels.map(
    (_, c) => `<Channel ID="Channel:${index}:${c}" Name="${labels[c] ?? ""}" SamplesPerPixel="1"/>`,
  );
  return `<Image ID="Image:${index}" Name="brain.czi #${index + 1}">${label}
<Pixels DimensionOrder="XYZCT" ID="Pixels:${index}" PhysicalSizeX="1.5" PhysicalSizeXUnit="µm" SizeC="${channels.length}" SizeT="1" SizeX="${X}" SizeY="${Y}" SizeZ="${Z}" Type="uint16">
${own.join("")}<MetadataOnly/>${planes.join("\n")}</Pixels></Image>`;
}
