import type { Command } from "commander";
import type { Door } from "./door.ts";
import { asInterruption } from "./perform.ts";

const examples = `
Everything happens in FOLDER (isolux-demo where none is given): a mosaic of
tiles with known shading, corrected with measured profiles, from empty regions
and by BaSiC. Nothing is downloaded.`;

/** Sets up `isolux demo`. */
export function configure(command: Command, door: Door): void {
  command
    .usage("[FOLDER] [options]")
    .argument("[folder]", "A new folder, or that of an earlier demonstration.")
    .option("--verbose", "With an error, show where in the program it arose.")
    .helpOption("-h, --help", "Show this help.")
    .addHelpText("after", examples)
    .action(async (folder: string | undefined) => {
      const { runDemo } = await import("./demo.ts");
      await runDemo(folder === undefined ? {} : { folder }, door).catch((cause: unknown) => {
        throw asInterruption(cause, door.signal, "The same command begins anew");
      });
    });
}
