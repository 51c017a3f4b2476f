import type { StoredImage } from "../acquisition/acquisition.ts";
import type { OpenedAcquisition } from "../acquisition/open-acquisition.ts";
import { IsoluxError, unreachable } from "../errors.ts";
import type { OmeVersion } from "../ngff/group.ts";
import type { Czyx } from "../shapes.ts";
import type { ZarrFormat } from "../zarr/metadata.ts";
import { mirrorOf } from "./mirror-output.ts";
import type { OutputForm } from "./new-array.ts";
import { newMosaic, transcoded } from "./new-output.ts";
import type { OutputImage, OutputTemplate } from "./output-template.ts";
import { tilesOutput } from "./tiles-output.ts";

/** What the user asks of an output's form. */
export interface OutputWishes {
  readonly layout: "mosaic" | "tiles";
  readonly omeVersion?: OmeVersion;
  readonly shards?: Czyx;
}

/**
 * What an output of that name will be: a mosaic's mirror or, where another form is asked for, its transcription; of
 * tiles a new mosaic or, in the layout of tiles, the mirror or transcription of each.
 * @param note told what a user should know of
 * @throws IsoluxError `usage` for a layout or a form that the source does not allow
 */
export async function templateOf(
  opened: OpenedAcquisition,
  name: string,
  wishes: OutputWishes,
  note: (text: string) => void = () => undefined,
): Promise<OutputTemplate> {
  const { acquisition } = opened;
  if (wishes.layout === "tiles") {
    const { tileImages } = acquisition;
    if (tileImages === undefined) throw noTileImages(opened);
    return tilesOutput(tileImages, name, (image) => inForm(image, wishes), note);
  }
  switch (opened.kind) {
    case "mosaic": {
      const image = inForm(opened.acquisition, wishes);
      await tellLeftBehind(opened.acquisition, image, note);
      return { images: [image] };
    }
    case "tiles":
      return { images: [newMosaic(acquisition, name, formOf(2, wishes))] };
    default:
      return unreachable(opened);
  }
}

/** An image as it is, or in the form that is asked for. */
function inForm(image: StoredImage, wishes: OutputWishes): OutputImage {
  const { zarrFormat } = image.metadata;
  const form = formOf(zarrFormat, wishes);
  const isMirror = zarrFormat === form.zarrFormat && form.shardsCzyx === undefined;
  return isMirror ? mirrorOf(image) : transcoded(image, form);
}

/** Tells what lies in the source's folder that the output will not have. */
async function tellLeftBehind({ store, key, metadata }: StoredImage, image: OutputImage, note: (text: string) => void) {
  const documents = [".zgroup", ".zattrs", ".zmetadata", "zarr.json"];
  const copied = new Set(["tables", ...documents, ...metadata.levels.map(({ path }) => path.split("/")[0]!)]);
  if (image.copiesLabels === true) copied.add("labels");
  const others = ((await store.list(key)) ?? []).map(({ name }) => name).filter((name) => !copied.has(name));
  if (others.length === 0) return;
  const [few, more] = [others.slice(0, 5).join(", "), others.length > 5 ? ` and ${others.length - 5} more` : ""];
  note(`Beside its pixels and tables the source holds ${few}${more}: the output will not.`);
}

function formOf(usual: ZarrFormat, { omeVersion, shards }: OutputWishes): OutputForm {
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

function noTileImages({ kind, acquisition }: OpenedAcquisition): IsoluxError {
  return new IsoluxError({
    kind: "usage",
    what: "Only tiles that are OME-Zarr groups of their own are written as tiles",
    where: acquisition.location,
    found: `--layout tiles for ${kind === "mosaic" ? "a mosaic" : "an acquisition in HDF5, TIFF or RAW"}`,
    advice: "Leave --layout out: the output is then a mosaic",
  });
}
