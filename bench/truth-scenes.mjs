// @ts-check
/**
 * Writes a single scene of the truth benchmark, after a build; prints where the image lies.
 *
 *     node bench/truth-scenes.mjs list
 *     node bench/truth-scenes.mjs write NAME FOLDER [--seed N] [--size PX] [--planes N]
 */
import { parseArgs } from "node:util";
import { writeScene } from "./truth/scene-files.mjs";
import { scenes } from "./truth/scenes.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: "string" }, size: { type: "string" }, planes: { type: "string" } },
});
const [verb, name, folder] = positionals;
if (verb === "list") {
  for (const [scene, { what }] of Object.entries(scenes)) console.log(`${scene.padEnd(16)}  ${what}`);
} else if (verb === "write" && name !== undefined && folder !== undefined && name in scenes) {
  const { image } = await writeScene(folder, name, extentOf(values));
  console.log(image);
} else {
  console.error("usage: node bench/truth-scenes.mjs write NAME FOLDER [--seed N] [--size PX] [--planes N]");
  console.error(`scenes: ${Object.keys(scenes).join(", ")}`);
  process.exit(2);
}

/** @param {Record<string, string | undefined>} texts */
function extentOf(texts) {
  return Object.fromEntries(Object.entries(texts).map(([option, text]) => [option, Number(text)]));
}
