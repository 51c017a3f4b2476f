/**
 * The XML files by which BigDataViewer and BigStitcher find tiles in OME-Zarr groups (`bdv.multimg.zarr`).
 * @see https://github.com/AllenNeuralDynamics/bigdataviewer-omezarr
 */
import { joinKey, type ReadableStore } from "../../zarr/store.ts";
import { readSetups, type SpimSetup } from "./spim-data.ts";
import { parseXml, readXmlText, type XmlElement } from "./xml.ts";

/** What such a file says of tiles. */
export interface TilesXml {
  readonly text: string;
  /** The folder of the groups: a path on the computer that wrote the file, or from the file's own folder on. */
  readonly folder: { readonly path: string; readonly isAbsolute: boolean };
  /** The groups of the first time point, each once, with what the file says of the first view that each holds. */
  readonly groups: readonly { readonly name: string; readonly setup?: SpimSetup }[];
  readonly timepointCount: number;
  /** The file's key, where it was read from a store. */
  readonly key?: string;
}

const loaderElement = /<ImageLoader\b[^>]*>[\s\S]*?<\/ImageLoader>/;
const folderElement = /<zarr\b[^>]*>[^<]*<\/zarr>/;
const baseElement = /<BasePath\b[^>]*>[^<]*<\/BasePath>/;

/**
 * Reads such a file; `undefined` where there is none, or where it names no folder of groups on a disk.
 * @throws IsoluxError `corrupt`
 */
export async function readTilesXml(store: ReadableStore, key: string): Promise<TilesXml | undefined> {
  const text = await readXmlText(store, key);
  const xml = text === undefined ? undefined : parseTilesXml(text, joinKey(store.location, key));
  return xml && { ...xml, key };
}

/** The same for the file's text. @throws IsoluxError `corrupt` */
export function parseTilesXml(text: string, where: string): TilesXml | undefined {
  // Much quicker than to parse what is something else.
  if (!text.includes("bdv.multimg.zarr")) return undefined;
  const root = parseXml(text, where).first("SpimData");
  const sequence = root?.first("SequenceDescription");
  const loader = sequence?.first("ImageLoader");
  const isRead = loader?.attribute("format") === "bdv.multimg.zarr" && loader.first("s3bucket") === undefined;
  if (root === undefined || !isRead || loader.first("zarr") === undefined) return undefined;
  const entries = loader.first("zgroups")?.all("zgroup") ?? [];
  const timepointCount = new Set(entries.map(timeOf)).size;
  return { text, folder: folderOf(root, loader), groups: groupsOf(root, entries), timepointCount };
}

/** Paths follow each other as in a shell: what is absolute replaces all before it. */
function folderOf(root: XmlElement, loader: XmlElement): TilesXml["folder"] {
  const steps = [root.first("BasePath"), loader.first("zarr")].map((element) => ({
    path: (element?.text() ?? "").trim().replaceAll("\\", "/"),
    type: element?.attribute("type"),
  }));
  const isAbsolute = ({ path, type }: (typeof steps)[number]) =>
    type === "absolute" || /^(\/|[a-z]:|[a-z][a-z0-9+.-]+:\/\/)/i.test(path);
  const from = Math.max(0, steps.findLastIndex(isAbsolute));
  const path = steps
    .slice(from)
    .map((step) => step.path)
    .join("/");
  return { path, isAbsolute: isAbsolute(steps[from]!) };
}

function timeOf(entry: XmlElement): string | undefined {
  return entry.attribute("tp") ?? entry.attribute("timepoint");
}

function groupsOf(root: XmlElement, entries: readonly XmlElement[]): TilesXml["groups"] {
  const setups = new Map(readSetups(root).map((setup) => [setup.id, setup]));
  // Either spelling is in use: the microscope's, and that of the loader.
  const value = (entry: XmlElement, name: string) => (entry.attribute(name) ?? entry.text(name) ?? "").trim();
  const groups = new Map<string, TilesXml["groups"][number]>();
  for (const entry of entries.filter((one) => timeOf(one) === timeOf(entries[0]!))) {
    const name = value(entry, "path")
      .replaceAll("\\", "/")
      .replace(/^(\.\/)+|\/+$/g, "");
    const setup = setups.get(Number(value(entry, "setup") || Number.NaN));
    if (!groups.has(name)) groups.set(name, { name, ...(setup === undefined ? {} : { setup }) });
  }
  return [...groups.values()];
}

/**
 * The text of such a file with another folder of groups, beside it; everything else, what stitching has found above all,
 * stays byte for byte.
 */
export function redirectXml({ text }: TilesXml, folder: string): string {
  return text
    .replace(baseElement, () => `<BasePath type="relative">.</BasePath>`)
    .replace(loaderElement, (element) => {
      return element.replace(folderElement, () => `<zarr type="relative">${escaped(folder)}</zarr>`);
    });
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
