/** How other programs read an image that is served: links and commands, and the page that lists them. */

import type { ReaderHint, ServeSummary } from "../parameters/serve-schema.ts";
import { isJsonObject, type JsonObject } from "../zarr/json.ts";

/** What links need of an image. */
export interface ShownImage {
  readonly name: string;
  readonly address: string;
  /** Its multiscale and display settings. */
  readonly ome: JsonObject;
  /** Extents of the full resolution along planes, rows and columns. */
  readonly shapeZyx: readonly number[];
  readonly pixelSizeUmZyx: readonly number[];
  /** Where its source lies. */
  readonly source: string;
}

/**
 * Links to pages that show images, by short names: the server redirects to the page.
 * @param images one, or two side by side: the first is the corrected one
 */
export function viewerLinks(images: readonly ShownImage[]): ReadonlyMap<string, string> {
  const encoded = encodeURIComponent(images[0]!.address);
  return new Map([
    ["neuroglancer", neuroglancerLink(images)],
    ["vizarr", `https://hms-dbmi.github.io/vizarr/?source=${encoded}`],
    ["look", `app/#${new URLSearchParams({ image: images.at(-1)!.address, source: images[0]!.source })}`],
    ["validator", `https://ome.github.io/ome-ngff-validator/?source=${encoded}`],
  ]);
}

/** How programs read an image of a server. @param server its address */
export function readerHints({ address }: ShownImage, server: string): ReaderHint[] {
  return [
    { name: "Isolux", kind: "link", text: `${server}/look` },
    { name: "Neuroglancer", kind: "link", text: `${server}/neuroglancer` },
    { name: "vizarr", kind: "link", text: `${server}/vizarr` },
    { name: "validator", kind: "link", text: `${server}/validator` },
    { name: "napari", kind: "command", text: `napari --plugin napari-ome-zarr ${address}` },
    { name: "zarr-python", kind: "command", text: `zarr.open_group("${address}", mode="r")["0"]` },
  ];
}

/** A link that shows every channel within its window, in its colour. */
function neuroglancerLink(images: readonly ShownImage[]): string {
  const [first] = images;
  const axes = ["z", "y", "x"];
  const dimensions = Object.fromEntries(axes.map((axis, at) => [axis, [first!.pixelSizeUmZyx[at]! * 1e-6, "m"]]));
  const state = {
    dimensions: { x: dimensions.x, y: dimensions.y, z: dimensions.z },
    position: [2, 1, 0].map((axis) => first!.shapeZyx[axis]! / 2),
    crossSectionScale: Math.max(1, first!.shapeZyx[1]! / 800),
    layers: images.flatMap((image, index) => layersOf(image, index === 0)),
    layout: "xy",
  };
  return `https://neuroglancer-demo.appspot.com/#!${encodeURIComponent(JSON.stringify(state))}`;
}

function layersOf({ name, address, ome }: ShownImage, isVisible: boolean): JsonObject[] {
  const omero = isJsonObject(ome.omero) ? ome.omero : {};
  const channels = Array.isArray(omero.channels) ? omero.channels.filter(isJsonObject) : [];
  const shown = channels.length === 0 ? [{}] : channels;
  return shown.map((channel: JsonObject, index) => {
    const color = /^[0-9a-f]{6}$/i.test(String(channel.color)) ? `#${channel.color}` : "#ffffff";
    const window = isJsonObject(channel.window) ? channel.window : undefined;
    const range = window === undefined ? {} : { shaderControls: { normalized: { range: [window.start, window.end] } } };
    return {
      type: "image",
      source: `zarr://${address}/`,
      name: `${name} ${channel.label ?? index}`,
      localDimensions: { "c'": [1, ""] },
      localPosition: [index],
      shader: `#uicontrol invlerp normalized\n#uicontrol vec3 color color(default="${color}")\nvoid main() { emitRGB(color * normalized()); }`,
      blend: "additive",
      opacity: 1,
      visible: isVisible,
      ...range,
    };
  });
}

/** The page of a server: what it serves, and how that is read. */
export function serverPage({ corrected, raw, source, readers, profiles }: ServeSummary): string {
  const images = [["Corrected", corrected], ...(raw === undefined ? [] : [["As it is", raw]])];
  const rows = [
    ...images.map(([name, address]) => row(name!, link(address!, address!))),
    ...readers.map(({ name, kind, text }) => row(name, kind === "link" ? link(text, `open in ${name}`) : code(text))),
  ];
  const from = profiles.map(({ label, source: kind }) => `${label}: ${kind}`).join(", ");
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Isolux</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 2rem auto; max-width: 46rem; padding: 0 1rem; }
th { text-align: left; padding-right: 1.5rem; vertical-align: top; font-weight: 500; white-space: nowrap; }
td { overflow-wrap: anywhere; }
</style></head><body>
<h1>Corrected when it is read</h1>
<p>${escaped(source)} is served as an OME-Zarr. Nothing is written: every chunk is corrected when a program asks for it.
Profiles: ${escaped(from)}.</p>
<table>${rows.join("\n")}</table>
</body></html>
`;
}

function row(name: string, content: string): string {
  return `<tr><th>${escaped(name)}</th><td>${content}</td></tr>`;
}

function link(address: string, text: string): string {
  return `<a href="${escaped(address)}">${escaped(text)}</a>`;
}

function code(text: string): string {
  return `<code>${escaped(text)}</code>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
