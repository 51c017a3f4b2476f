import type { MosaicImage } from "../acquisition/acquisition.ts";
import type { OpenedAcquisition } from "../acquisition/open-acquisition.ts";
import { IsoluxError, unreachable } from "../errors.ts";
import { tableObjects } from "../ngff/table-objects.ts";
import type { Czyx } from "../shapes.ts";
import { joinKey } from "../zarr/store.ts";
import { newMosaic, type OutputForm, transcoded } from "./new-output.ts";
import type { OutputImage, OutputTemplate } from "./output-template.ts";

/** What the user asks of an output's form. */
export interface OutputWishes {
  readonly omeVersion?: "0.4" | "0.5";
  readonly shards?: Czyx;
}

/**
 * What an output will be: a mosaic's mirror or, where another form is asked for, its transcription; of tiles a new
 * mosaic of that name.
 * @throws IsoluxError `usage` for shards in a version that has none, or that hold no whole number of chunks
 */
export function templateOf(opened: OpenedAcquisition, name: string, wishes: OutputWishes): OutputTemplate {
  const form = outputForm(opened, wishes);
  switch (opened.kind) {
    case "mosaic": {
      const { metadata } = opened.acquisition;
      const isMirror = metadata.zarrFormat === form.zarrFormat && form.shardsCzyx === undefined;
      return { images: [isMirror ? mirrorOf(opened.acquisition) : transcoded(opened.acquisition, form)] };
    }
    case "tiles":
      return { images: [newMosaic(opened.acquisition, name, form)] };
    default:
      return unreachable(opened);
  }
}

function outputForm(opened: OpenedAcquisition, { omeVersion, shards }: OutputWishes): OutputForm {
  const usual = opened.kind === "mosaic" ? opened.acquisition.metadata.zarrFormat : 2;
  const zarrFormat = omeVersion === undefined ? usual : omeVersion === "0.4" ? 2 : 3;
  if (shards === undefined) return { zarrFormat };
  if (zarrFormat === 3) return { zarrFormat, shardsCzyx: shards };
  throw new IsoluxError({
    kind: "usage",
    what: "Only OME-Zarr 0.5 has shards",
    found: "--shards for version 0.4",
    advice: "Add --ome-version 0.5, or leave --shards out",
  });
}

/** The output that mirrors a mosaic: the same arrays; groups, array metadata and tables byte for byte. */
export function mirrorOf(mosaic: MosaicImage): OutputImage {
  const { store, key, metadata, levels } = mosaic;
  if (levels.some(({ array }) => array.metadata.indexLocation === "start")) throw indexAtStart(mosaic.location);
  return {
    key: "",
    source: { kind: "mosaic" },
    zarrFormat: metadata.zarrFormat,
    attributes: metadata.attributes,
    levels: levels.map(({ array, factorsZyx }, index) => {
      return { path: metadata.levels[index]!.path, metadata: array.metadata, factorsZyx };
    }),
    async writeUnchanged(image) {
      const documents = metadata.zarrFormat === 2 ? [".zarray", ".zattrs"] : ["zarr.json"];
      const arrays = metadata.levels.flatMap(({ path }) => documents.map((name) => `${path}/${name}`));
      const tables = await tableObjects(store, joinKey(key, "tables"));
      const names = [".zgroup", ...arrays, ...tables.map((table) => table.slice(key.length + 1))];
      for (const name of names) {
        const bytes = await store.get(joinKey(key, name));
        if (bytes !== undefined) await image.store.set(joinKey(image.key, name), bytes);
      }
    },
  };
}

function indexAtStart(where: string): IsoluxError {
  return new IsoluxError({
    kind: "unsupported",
    what: "The image has shards that begin with their index, which Isolux reads but does not write",
    where,
    advice: "Give --shards, such as --shards 1,64,2048,2048: then the shards end with it",
  });
}
