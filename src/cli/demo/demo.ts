/** `isolux demo`: shows all ways to a profile on an acquisition with known shading. */

import { definePlainCommand } from "../define-command.ts";
import { demoText } from "./demo-text.ts";

const examples = `
Everything happens in FOLDER (isolux-demo where none is given): a mosaic of
tiles with known shading, corrected with measured profiles, from empty regions
and by BaSiC. Nothing is downloaded.`;

/** Sets up `isolux demo`. */
export const configure = definePlainCommand({
  usage: "[FOLDER] [options]",
  examples,
  extras: (command) => command.argument("[folder]", "A new folder, or that of an earlier demonstration."),
  work: ({ operands: [folder] }) => ({
    run: async (hooks) => await (await import("./run-demo.ts")).runDemo({ folder }, hooks),
    show: demoText,
    whenInterrupted: "Repeat the same command to start again",
  }),
});
