// What the tasks in Fractal must have made: pixels, reports, and the list of images, held against what they should be.
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { digestFolder } from "./digest-folder.mjs";

const { correctImage } = await import("../dist/node.js");

/** The list of images has the corrected ones, which took attributes and types of their origins over. */
export function checkList(items, images, fail) {
  const expected = images.flatMap((image) => [
    { zarr_url: image, origin: null, attributes: { image: "raw_image" }, types: { is_3D: true } },
    {
      zarr_url: `${image}_flatfield_corr`,
      origin: image,
      attributes: { image: "raw_image_flatfield_corr" },
      types: { is_3D: true, flatfield_corrected: true },
    },
  ]);
  const sorted = (list) => JSON.stringify(list.map(plain).sort((a, b) => a.zarr_url.localeCompare(b.zarr_url)));
  if (sorted(items) !== sorted(expected)) fail(`the list of images is ${sorted(items)}`);
}

/** Keys in one order. */
function plain({ zarr_url, origin, attributes, types }) {
  const inOrder = (object) => Object.fromEntries(Object.entries(object).sort());
  return { zarr_url, origin, attributes: inOrder(attributes), types: inOrder(types) };
}

/** A corrected image has the bytes that isolux correct makes in `folder`. */
export async function checkPixels(image, folder, fail, basic = { maxWorkers: 2 }) {
  const output = join(folder, basename(dirname(dirname(image))), basename(dirname(image)), "raw_image_flatfield_corr");
  mkdirSync(dirname(output), { recursive: true });
  await correctImage({ image, output, fovList: [1], nZplanes: 8, basic });
  if (digestFolder(output) !== digestFolder(`${image}_flatfield_corr`))
    fail(`${image}: other bytes than isolux correct makes`);
}

/** A page with pictures of both images and its figures lie beside a corrected image. */
export function checkReport(image, fail) {
  const report = `${image}_flatfield_corr.report`;
  const page = existsSync(`${report}.html`) ? readFileSync(`${report}.html`, "utf8") : "";
  const isWhole = page.includes("as it was taken") && existsSync(`${report}.json`);
  if (!isWhole) fail(`there is no report on ${image}`);
}
