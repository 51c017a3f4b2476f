import type { Zyx } from "../../src/shapes.ts";
import { ZarrArray } from "../../src/zarr/array.ts";
import { encodeJson } from "../../src/zarr/json.ts";
import type { ArrayMetadata } from "../../src/zarr/metadata/metadata.ts";
import { serializeArrayMetadata } from "../../src/zarr/metadata/version-2.ts";
import type { WritableStore } from "../../src/zarr/store.ts";

export type Side = "Left" | "Right";

export const sideTileShape: Zyx = [12, 40, 32];

/** Light that falls off towards the far side. */
export function light(side: Side, x: number): number {
  const depth = side === "Left" ? x / 31 : 1 - x / 31;
  return 1.3 - 0.6 * depth;
}

/** A tile group as the microscope software writes it: nothing but evenly lit background seen through one side's light. */
export async function writeSideTile(
  store: WritableStore,
  tile: number,
  side: Side,
  stageYx: readonly [number, number],
): Promise<void> {
  const key = `Mag2_Tile${tile}_Ch488_Flt515LP_Sh${side === "Left" ? 0 : 1}_Rot0.ome.zarr`;
  const metadata: ArrayMetadata = {
    zarrFormat: 2,
    shape: sideTileShape,
    chunkShape: [4, 16, 16],
    type: "uint16",
    byteOrder: "little",
    order: "C",
    fillValue: 0,
    separator: "/",
    codec: { kind: "blosc", inner: "zstd", level: 5, shuffle: "bit", blockBytes: 0 },
  };
  const array = new ZarrArray(store, `${key}/0`, metadata);
  const transformations = [
    { type: "scale", scale: [5, 2, 2] },
    { type: "translation", translation: [0, ...stageYx] },
  ];
  await store.set(".zgroup", encodeJson({ zarr_format: 2 }));
  const axes = ["z", "y", "x"].map((name) => ({ name, type: "space", unit: "micrometer" }));
  const datasets = [{ path: "0", coordinateTransformations: transformations }];
  await store.set(`${key}/.zgroup`, encodeJson({ zarr_format: 2 }));
  await store.set(`${key}/.zattrs`, encodeJson({ multiscales: [{ version: "0.4", name: "image", axes, datasets }] }));
  await store.set(`${key}/0/.zarray`, serializeArrayMetadata(metadata));
  for (let z = 0; z < 3; z++)
    for (let y = 0; y < 3; y++)
      for (let x = 0; x < 2; x++) {
        const pixels = Uint16Array.from({ length: array.chunkLength }, (_, i) =>
          Math.round(1000 * light(side, 16 * x + (i % 16)) * (1 + 0.02 * Math.sin(i * 12.9898 + tile))),
        );
        await store.set(array.chunkKey([z, y, x]), await array.encodeChunk(pixels));
      }
}
