// Commands that write, each with its source in a folder of work: what proofs kill, and let fail.
import { cpSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const { DirectoryStore } = await import("../dist/node.js");
const { writeSyntheticAcquisition } = await import("../dist/synthetic/write-acquisition.js");

/** Tiles that a microscope wrote, with their descriptions. */
const microscope = fileURLToPath(new URL("../test/fixtures/native", import.meta.url));
const filesOfTiles = readdirSync(microscope).filter((name) => name.startsWith("v04"));
const fit = ["--fov-list", "1", "--n-zplanes", "3"];

/**
 * The commands by name, their sources generated in `folder`. Each has its arguments, says what is special of it, lays
 * its source into the folder of work with `prepare`, and tells where the source is and what it is to be.
 */
export async function writingCommands(folder) {
  const { imageKey } = await writeSyntheticAcquisition(new DirectoryStore(folder), "sample.zarr", {
    gridYx: [2, 2],
    tileShapeYx: [96, 80],
    planes: 6,
    chunkShapeZyx: [2, 32, 32],
    levelCount: 3,
  });
  const pristine = join(folder, imageKey);
  const work = join(folder, "work");
  const [image, output, tiles] = ["image", "out", "v04_Mag5x.ome.zarr"].map((name) => join(work, name));
  const to = ["--output", output, "--quiet"];
  /** Half of what takes the time; the other channel is written as it is. */
  const half = ["--channels", "MBP"];
  const commands = {
    correct: { args: ["correct", image, ...fit, ...to] },
    tiles: { args: ["correct", tiles, ...fit, "--layout", "tiles", ...to], isOfTiles: true, beside: /^out[._]/ },
    shards: { args: ["correct", image, ...fit, "--ome-version", "0.5", "--shards", "1,4,64,64", ...half, ...to] },
    "one shard": {
      // Of each channel, so that two workers make parts of it
      args: ["correct", image, ...fit, "--ome-version", "0.5", "--shards", "1,6,256,256", "--workers", "2", ...to],
    },
    erase: { args: ["correct", image, ...fit, "--erase-source-image", ...to], erases: true },
    overwrite: { args: ["correct", image, ...fit, ...half, "--overwrite", ...to], overwrites: true },
    report: {
      args: ["correct", image, ...fit, ...half, "--report", join(work, "report.html"), ...to],
      beside: /^report\./,
    },
    "save models": {
      args: ["correct", image, ...fit, ...half, "--save-models", join(work, "models"), ...to],
      beside: /^models$/,
    },
    auto: { args: ["correct", image, "--auto", "--n-zplanes", "3", ...half, ...to] },
    convert: { args: ["convert", tiles, output, "--quiet"], isOfTiles: true },
    estimate: { args: ["estimate", image, ...fit, ...to], grows: true },
  };

  function prepare({ overwrites, isOfTiles }) {
    rmSync(work, { recursive: true, force: true });
    mkdirSync(work);
    const copies = isOfTiles
      ? filesOfTiles.map((name) => [join(microscope, name), join(work, name)])
      : [[pristine, image]];
    for (const [from, into] of copies) cpSync(from, into, { recursive: true, preserveTimestamps: true });
    if (overwrites) cpSync(pristine, output, { recursive: true });
  }

  /** Where the source of a command is, and what it is to be. */
  const sourceOf = ({ isOfTiles }) => (isOfTiles ? [tiles, join(microscope, "v04_Mag5x.ome.zarr")] : [image, pristine]);
  /** What is to be beside the output; reports tell of their own time, so their bytes do not count. */
  const beside = ({ beside }) => (beside === undefined ? [] : readdirSync(work).filter((name) => beside.test(name)));
  /** What should not be there any more. */
  const remains = (command) => {
    const known = (file) => ["image", "out", ...filesOfTiles].includes(file) || command.beside?.test(file);
    return readdirSync(work).filter((file) => !known(file));
  };
  return { commands, prepare, sourceOf, beside, remains, work, image, output, pristine };
}
