/**
 * The XML files by which BigDataViewer and BigStitcher find tiles in OME-Zarr groups (`bdv.multimg.zarr`).
 * @see https://github.com/AllenNeuralDynamics/bigdataviewer-omezarr
 */
import { parseXml } from "./xml.ts";

/** Such a file, and the groups that it names. */
export interface RedirectedXml {
  readonly text: string;
  readonly groups: readonly string[];
}

const loaderElement = /<ImageLoader\b[^>]*>[\s\S]*?<\/ImageLoader>/;
const folderElement = /<zarr\b[^>]*>[^<]*<\/zarr>/;
const baseElement = /<BasePath\b[^>]*>[^<]*<\/BasePath>/;

/**
 * Such a file with another folder of groups, beside it; everything else, what stitching has found above all, stays
 * byte for byte. `undefined` where it names no folder on a disk.
 * @throws IsoluxError `corrupt`
 */
export function redirectXml(text: string, folder: string, where: string): RedirectedXml | undefined {
  const loader = parseXml(text, where).first("SpimData", "SequenceDescription", "ImageLoader");
  const isRead = loader?.attribute("format") === "bdv.multimg.zarr" && loader.first("s3bucket") === undefined;
  if (!isRead || loader.first("zarr") === undefined) return undefined;
  const pointed = text
    .replace(baseElement, () => `<BasePath type="relative">.</BasePath>`)
    .replace(loaderElement, (element) => {
      return element.replace(folderElement, () => `<zarr type="relative">${escaped(folder)}</zarr>`);
    });
  // Either spelling is in use: the microscope's, and that of the loader.
  const groups = loader.first("zgroups")?.all("zgroup") ?? [];
  return { text: pointed, groups: groups.map((group) => group.attribute("path") ?? group.text("path") ?? "") };
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
