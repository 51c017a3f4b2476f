/** `isolux demo`: shows all ways to a profile on an acquisition with known shading. */

import { definePlainCommand, onlyVerbose } from "../define-command.ts";
import { asInterruption } from "../perform.ts";

const examples = `
Everything happens in FOLDER (isolux-demo where none is given): a mosaic of
tiles with known shading, corrected with measured profiles, from empty regions
and by BaSiC. Nothing is downloaded.`;

/** Sets up `isolux demo`. */
export const configure = definePlainCommand({
  usage: "[FOLDER] [options]",
  examples,
  extras: (command) => command.argument("[folder]", "A new folder, or that of an earlier demonstration."),
  messages: onlyVerbose,
  act: async ({ operands: [folder], door }) => {
    const { runDemo } = await import("./run-demo.ts");
    await runDemo({ folder }, door).catch((cause: unknown) => {
      throw asInterruption(cause, door.signal, "Repeat the same command to start again");
    });
  },
});
