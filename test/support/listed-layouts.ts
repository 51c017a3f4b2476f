/** One generated acquisition, written in the layouts of several microscopes and programs. */

import type { TileHints } from "../../src/acquisition/listed/stage-axes.ts";
import { encodePng } from "../../src/acquisition/pages/png.ts";
import type { Yx } from "../../src/shapes.ts";
import { SyntheticCamera } from "../../src/synthetic/camera.ts";
import { layOutTiles, type SyntheticLayout, type SyntheticTile } from "../../src/synthetic/layout.ts";
import { completeOptions, type SyntheticOptions } from "../../src/synthetic/options.ts";
import type { WritableStore } from "../../src/zarr/store.ts";
import { tiffFile } from "./tiff-file.ts";

/** Tiles that are no squares, in a grid that is none, with a place left out and two sides of light. */
export const layoutOptions: SyntheticOptions = completeOptions({
  gridYx: [3, 2],
  absentYx: [[2, 1]],
  emptyTiles: [],
  emptyPlanesPerEnd: 0,
  sample: "filled",
  tileShapeYx: [64, 72],
  overlap: 0.25,
  planes: 4,
  pixelSizeZyx: [2, 1.6, 1.6],
  twoSides: true,
  chunkShapeZyx: [4, 64, 72],
  levelCount: 1,
  seed: 11,
});

export const layout: SyntheticLayout = layOutTiles(layoutOptions);
const camera = new SyntheticCamera(layoutOptions, layout);
const { tileShapeYx, planes, channels, pixelSizeZyx } = layoutOptions;
const [stepUm, pixelUm] = [pixelSizeZyx[0], pixelSizeZyx[2]];

/** The planes of a tile in a channel. */
export function planesOf(tile: SyntheticTile, channel: number): Uint16Array[] {
  return Array.from({ length: planes }, (_, z) => {
    const pixels = new Uint16Array(tileShapeYx[0] * tileShapeYx[1]);
    camera.expose(channel, tile, z, [0, 0], tileShapeYx, { pixels, offset: 0, rowStride: tileShapeYx[1] });
    return pixels;
  });
}

/** A written layout: what to open, with what, and what of it is known. */
export interface WrittenLayout {
  readonly key: string;
  readonly hints?: TileHints;
  /** Labels of its channels. */
  readonly labels?: readonly string[];
  readonly hasSides?: boolean;
  /** Whether only rows and columns are known, so that positions are a guess to a pixel. */
  readonly isGrid?: boolean;
}

const pad = (value: number, digits: number) => String(value).padStart(digits, "0");
const stack = (pages: readonly Uint16Array[], description?: string) => tiffFile(pages, tileShapeYx, description);
const umOf = (tile: SyntheticTile): Yx => [tile.stageYx[0] * pixelUm, tile.stageYx[1] * pixelUm];
const text = (lines: readonly string[]) => new TextEncoder().encode(lines.join("\n"));

type Write = (store: WritableStore) => Promise<WrittenLayout>;

const ome = (attributes: string, inside: string, size = "") =>
  `<?xml version="1.0" encoding="UTF-8"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">${imageOf(attributes, inside, size)}</OME>`;

const imageOf = (name: string, inside: string, size = "") =>
  `<Image ID="Image:0" Name="${name}"><Pixels ID="Pixels:0" Type="uint16" DimensionOrder="XYZCT" SizeX="${tileShapeYx[1]}" ` +
  `SizeY="${tileShapeYx[0]}" SizeZ="${planes}" SizeC="${channels.length}" SizeT="1" PhysicalSizeX="${pixelUm * 1000}" ` +
  `PhysicalSizeXUnit="nm" PhysicalSizeY="${pixelUm}" PhysicalSizeZ="${stepUm / 1000}" PhysicalSizeZUnit="mm" ${size}>` +
  `${channels.map(({ label }) => `<Channel Name="${label}"/>`).join("")}${inside}</Pixels></Image>`;

const positionOf = (tile: SyntheticTile) =>
  `<Plane TheZ="0" TheC="0" TheT="0" PositionX="${umOf(tile)[1]}" PositionXUnit="µm" PositionY="${umOf(tile)[0]}" PositionYUnit="µm"/>`;

/** The generated acquisition in each layout, by a name. */
export const listedLayouts: Readonly<Record<string, Write>> = {
  "tiles.csv of stacks": async (store) => {
    const rows = ["File;Channel;Side;X (µm);Y (µm);z;Pixel size;Z step"];
    for (const tile of layout.tiles) {
      for (const [c, { label }] of channels.entries()) {
        const name = `stacks/t${tile.number}_${label}.tif`;
        await store.set(`csv/${name}`, stack(planesOf(tile, c)));
        const [y, x] = umOf(tile).map((um) => String(um).replace(".", ","));
        rows.push(`${name};${label};${tile.side};${x};${y};0;1,6;2,0`);
      }
    }
    await store.set("csv/tiles.csv", text(rows));
    return { key: "csv", hasSides: true };
  },
  "tiles.csv of folders and patterns of planes": async (store) => {
    const rows = ["file,channel,side,x_mm,y_mm,pixel_size_z,pixel_size"];
    for (const tile of layout.tiles) {
      for (const [c, { label }] of channels.entries()) {
        const folder = `${label}/tile_${tile.number}`;
        for (const [z, plane] of planesOf(tile, c).entries()) {
          // Not padded: 10 comes after 9.
          await store.set(`lists/${folder}/p${z + 8}.tif`, stack([plane]));
        }
        const [y, x] = umOf(tile).map((um) => um / 1000);
        rows.push(
          `${c === 0 ? folder : `"${folder}/p{plane}.tif"`},${label},${tile.side.toLowerCase()},${x},${y},2,1.6`,
        );
      }
    }
    await store.set("lists/tiles.csv", text(rows));
    return { key: "lists/tiles.csv", hasSides: true };
  },
  "TileConfiguration.txt of hyperstacks": async (store) => {
    const description = (tile: SyntheticTile) => {
      const pages = channels.map((_, c) => planesOf(tile, c));
      return Array.from({ length: planes * channels.length }, (_, n) => pages[n % 2]![Math.floor(n / 2)]!);
    };
    const told =
      `ImageJ=1.54f\nimages=${planes * channels.length}\nchannels=${channels.length}\nslices=${planes}\nhyperstack=true\n` +
      `mode=grayscale\nunit=um\nspacing=${stepUm}\n`;
    const lines = [
      "# Define the number of dimensions we are working on",
      "dim = 3",
      "",
      "# Define the image coordinates",
    ];
    for (const tile of layout.tiles) {
      await store.set(`fiji/tile_${tile.number}.tif`, stack(description(tile), told));
      lines.push(`tile_${tile.number}.tif; ; (${tile.stageYx[1]}.0, ${tile.stageYx[0]}.0, 0.0)`);
    }
    await store.set("fiji/TileConfiguration.registered.txt", text(lines));
    await store.set("fiji/TileConfiguration.txt", text(["dim = 2", "no; ; (0, 0)"]));
    return { key: "fiji", hints: { pixelSizeUmZyx: pixelSizeZyx }, labels: ["channel_1", "channel_2"] };
  },
  "TileConfiguration.txt of planes": async (store) => {
    const lines = ["dim=3"];
    for (const tile of layout.tiles) {
      for (const [z, plane] of planesOf(tile, 0).entries()) {
        const name = `t${tile.number}-z${z}.tif`;
        await store.set(`fiji2/${name}`, stack([plane]));
        lines.push(`${name};;(${tile.stageYx[1]},${tile.stageYx[0]},${1.5 * z})`);
      }
    }
    await store.set("fiji2/TileConfiguration.txt", text(lines));
    return { key: "fiji2/TileConfiguration.txt", hints: { pixelSizeUmZyx: pixelSizeZyx }, labels: ["channel_1"] };
  },
  "names of planes": async (store) => {
    for (const tile of layout.tiles) {
      for (const [c, { label }] of channels.entries()) {
        for (const [z, plane] of planesOf(tile, c).entries()) {
          const [row, column] = tile.gridYx;
          await store.set(`named/a[${row} x ${pad(column, 2)}]_C${label}_z${z}.tif`, stack([plane]));
        }
      }
    }
    const pattern = "*[{row} x {col}]_C{channel}_z{plane}.tif";
    return { key: "named", hints: { pattern, overlapYx: [0.25, 0.25], pixelSizeUmZyx: pixelSizeZyx }, isGrid: true };
  },
  "names of stacks in folders": async (store) => {
    for (const tile of layout.tiles) {
      for (const [c, { label }] of channels.entries()) {
        const [y, x] = umOf(tile);
        await store.set(`deep/${tile.side}/y${y}_x${x}/${label}.tif`, stack(planesOf(tile, c)));
      }
    }
    const hints = { pattern: "{side}/y{y}_x{x}/{channel}.tif", pixelSizeUmZyx: pixelSizeZyx };
    return { key: "deep", hints, hasSides: true };
  },
  "OME-TIFF, a file for each tile": async (store) => {
    for (const tile of layout.tiles) {
      const pages = channels.flatMap((_, c) => planesOf(tile, c));
      const xml = ome(`tile ${tile.number}`, `<TiffData/>${positionOf(tile)}`);
      await store.set(`ome/t${tile.number}.ome.tif`, stack(pages, xml));
    }
    return { key: "ome" };
  },
  "OME-TIFF, planes in several files that each describe all": async (store) => {
    const names = new Map(layout.tiles.map((tile) => [tile.number, `set_${tile.number}.ome.tif`]));
    const images = layout.tiles.map((tile) => {
      const file = `<UUID FileName="${names.get(tile.number)}">urn:uuid:${tile.number}</UUID>`;
      // Planes of the second channel come first in the file.
      const data = channels.map(
        (_, c) =>
          `<TiffData FirstC="${c}" FirstZ="0" IFD="${c === 0 ? planes : 0}" PlaneCount="${planes}">${file}</TiffData>`,
      );
      return imageOf(`tile ${tile.number}`, `${data.join("")}${positionOf(tile)}`);
    });
    const xml = `<?xml version="1.0"?><OME>${images.join("")}</OME>`;
    for (const tile of layout.tiles) {
      await store.set(`omes/${names.get(tile.number)}`, stack([...planesOf(tile, 1), ...planesOf(tile, 0)], xml));
    }
    return { key: "omes" };
  },
  SmartSPIM: async (store) => {
    const tiles: Record<string, object> = {};
    for (const tile of layout.tiles) {
      const [y, x] = umOf(tile).map((um) => Math.round(10 * um) + 100000) as [number, number];
      for (const [c, { wavelengthId }] of channels.entries()) {
        const entry = {
          Laser: wavelengthId,
          Side: tile.side === "Left" ? "0" : "1",
          X: String(x),
          Y: String(y),
          Z: "977",
        };
        tiles[`t_${Object.keys(tiles).length}`] = entry;
        const folder = `brain/Ex_${wavelengthId}_Ch${c}/${x}/${x}_${y}`;
        for (const [z, plane] of planesOf(tile, c).entries()) {
          const name = `${folder}/${pad(977 + 20 * z, 6)}`;
          if (c === 0) await store.set(`${name}.png`, encodePng(plane, tileShapeYx));
          else await store.set(`${name}.raw`, headedRaw(plane, z % 2 === 0));
        }
      }
    }
    const session = { Obj: "LCT 3.6x", "Z step": "2.00", "\u00b5m/pix": "1.600" };
    const json = JSON.stringify({ session_config: session, tile_config: tiles });
    await store.set(
      "brain/metadata.json",
      Uint8Array.from(json, (letter) => letter.charCodeAt(0)),
    );
    await store.set("brain/Ex_488_Ch0_MIP/x.tif", new Uint8Array(3));
    return { key: "brain", labels: ["488", "561"], hasSides: true };
  },
  "TeraStitcher's folders, rows first": async (store) => {
    for (const tile of layout.tiles) {
      const [y, x] = umOf(tile).map((um) => pad(Math.round(10 * um), 6)) as [string, string];
      for (const [z, plane] of planesOf(tile, 0).entries()) {
        await store.set(`tera/${y}/${y}_${x}/${y}_${x}_${pad(20 * z, 6)}.tif`, stack([plane]));
      }
    }
    const xml =
      `<?xml version="1.0" encoding="UTF-8" ?><!DOCTYPE TeraStitcher SYSTEM "TeraStitcher.DTD"><TeraStitcher><ref_sys ref1="1" ` +
      `ref2="2" ref3="3"/><voxel_dims V="1.6" H="1.6" D="2"/><STACKS/></TeraStitcher>`;
    await store.set("tera/xml_import.xml", text([xml]));
    return { key: "tera", labels: ["channel_1"] };
  },
  "TeraStitcher's folders, placed by its file": async (store) => {
    const stacks: string[] = [];
    for (const tile of layout.tiles) {
      const folder = `${pad(tile.gridYx[1], 6)}/${pad(tile.gridYx[1], 6)}_${pad(tile.gridYx[0], 6)}`;
      for (const [z, plane] of planesOf(tile, 1).entries()) {
        await store.set(`tera2/${folder}/${pad(20 * z, 6)}.tif`, stack([plane]));
      }
      stacks.push(`<Stack ABS_V="${tile.stageYx[0]}" ABS_H="${tile.stageYx[1]}" ABS_D="0" DIR_NAME="${folder}"/>`);
    }
    const xml = `<TeraStitcher><voxel_dims V="-1.6" H="1.6" D="2"/><STACKS>${stacks.join("")}</STACKS></TeraStitcher>`;
    await store.set("tera2/xml_import.xml", text([xml]));
    return { key: "tera2", labels: ["channel_1"] };
  },
  "Blaze with positions": async (store) => {
    const nameOf = (tile: SyntheticTile, c: number, z: number) =>
      `16-22-14_brain_Blaze[${pad(tile.gridYx[1], 2)} x ${pad(tile.gridYx[0], 2)}]_C${pad(c, 2)}_xyz-Table Z${pad(z, 4)}.ome.tif`;
    const lines = layout.tiles.flatMap((tile) =>
      channels.map((_, c) => `  ${nameOf(tile, c, 0)};;(${umOf(tile)[1] - 300}, ${4234.8 - umOf(tile)[0]},${c}, 0.0)`),
    );
    const custom = `<ca:CustomAttributes xmlns:ca="x"><TileConfiguration TileConfiguration="3${lines.join("")}"/></ca:CustomAttributes>`;
    const xml = ome("blaze", "").replace("</Image>", `${custom}</Image>`);
    for (const tile of layout.tiles) {
      for (const [c] of channels.entries()) {
        for (const [z, plane] of planesOf(tile, c).entries())
          await store.set(`blaze/${nameOf(tile, c, z)}`, stack([plane], xml));
      }
    }
    return { key: "blaze", labels: ["C00", "C01"] };
  },
  "UltraMicroscope, a stack in each file": async (store) => {
    const nameOf = (tile: SyntheticTile, c: number) =>
      `14-16-41_brain_UltraII[${pad(tile.gridYx[0], 2)} x ${pad(tile.gridYx[1], 2)}]_C${pad(c, 2)}_UltraII Filter${pad(c, 4)}.ome.tif`;
    const lines = layout.tiles.map(
      (tile) => `\n${nameOf(tile, 0)};;(${umOf(tile)[1] - 4815.7}, ${4234.8 - umOf(tile)[0]},0.000000)`,
    );
    const custom = `<ca:CustomAttributes xmlns:ca="x"><TileConfiguration TileConfiguration="3${lines.join("")}\n"/></ca:CustomAttributes>`;
    const xml = ome("ultra", "")
      .replace("</Image>", `${custom}</Image>`)
      .replace(/SizeC="\d+"/, 'SizeC="1"')
      .replaceAll(/<Channel [^>]*>/g, "");
    for (const tile of layout.tiles) {
      for (const [c] of channels.entries()) {
        await store.set(`stacks/${nameOf(tile, c)}`, stack(planesOf(tile, c), xml));
      }
    }
    return { key: "stacks", labels: ["C00", "C01"] };
  },
  "Blaze without positions": (store) => ultra(store, "ultra", [0], (_, z) => `UltraII Filter${pad(z, 4)}`),
  "Blaze with the filters of channels": (store) =>
    ultra(store, "filters", [0, 1], (c, z) => `xyz-Table Z${pad(z, 4)}_UltraII Filter${pad(c, 4)}`),
};

async function ultra(
  store: WritableStore,
  key: string,
  which: readonly number[],
  ending: (channel: number, z: number) => string,
): Promise<WrittenLayout> {
  for (const tile of layout.tiles) {
    const [row, column] = tile.gridYx;
    for (const c of which) {
      for (const [z, plane] of planesOf(tile, c).entries()) {
        const name = `x_UltraII[${pad(row, 2)} x ${pad(column, 2)}]_C${pad(c, 2)}_${ending(c, z)}.tif`;
        await store.set(`${key}/${name}`, stack([plane]));
      }
    }
  }
  const hints: TileHints = { overlapYx: [0.25, 0.25], pixelSizeUmZyx: pixelSizeZyx, stageAxes: "x,y" };
  return { key, hints, labels: which.map((c) => `C${pad(c, 2)}`), isGrid: true };
}

/** A plane as SmartSPIM writes it in RAW. */
function headedRaw(plane: Uint16Array, isLittleEndian: boolean): Uint8Array {
  const view = new DataView(new ArrayBuffer(8 + 2 * plane.length));
  view.setUint32(0, tileShapeYx[1], isLittleEndian);
  view.setUint32(4, tileShapeYx[0], isLittleEndian);
  for (const [n, value] of plane.entries()) view.setUint16(8 + 2 * n, value, isLittleEndian);
  return new Uint8Array(view.buffer);
}
