import type { Command } from "commander";
import type { Door } from "./door.ts";

interface DemoOptions {
  readonly keep?: boolean;
}

const examples = `
Everything happens in FOLDER (isolux-demo where none is given), and nothing is downloaded.`;

/** Sets up `isolux demo`. */
export function configure(command: Command, door: Door): void {
  command
    .usage("[FOLDER] [options]")
    .argument("[folder]", "Where to write the images and the report.")
    .option("--keep", "Go on with what an earlier demonstration left there.")
    .option("--verbose", "With an error, show where in the program it arose.")
    .helpOption("-h, --help", "Show this help.")
    .addHelpText("after", examples)
    .action(async (folder: string | undefined, { keep }: DemoOptions) => {
      const { runDemo } = await import("./demo.ts");
      await runDemo({ ...(folder !== undefined && { folder }), ...(keep !== undefined && { keep }) }, door);
    });
}
