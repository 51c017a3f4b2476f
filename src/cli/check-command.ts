import { writeFile } from "node:fs/promises";
import type { Command } from "commander";
import { IsoluxError } from "../errors.ts";
import { checkSchema } from "../parameters/schema.ts";
import { validate } from "../parameters/validate.ts";
import type { QualityReport, VerdictKind } from "../report/quality/quality-report.ts";
import { checkText } from "./check-text.ts";
import type { Door } from "./door.ts";
import { loadEngine } from "./engine.ts";
import { exitCodes, reasonOf } from "./errors.ts";
import { addFields, rawParameters } from "./field-options.ts";
import { perform } from "./perform.ts";

const examples = `
Looks at the same planes of both images: where neighbouring tiles overlap on
the stage they show the same tissue, and should look the same. Where none do,
steps at the edges of tiles and the mean over all planes are judged, which is
less sure. Says how sure the verdict is.

Exit codes: 0 improved, 3 no gain, 4 worse; 1, 2 and 130 as for all commands.

Examples:
  isolux check raw_image raw_image_flatfield_corr
  isolux check raw_image corrected_elsewhere --report report.html
  isolux check raw_image corrected --json figures.json && echo improved`;

const codes: Readonly<Record<VerdictKind, number>> = {
  improved: exitCodes.done,
  "no-gain": exitCodes.noGain,
  worse: exitCodes.worse,
};

/** Sets up `isolux check`. */
export function configure(command: Command, door: Door): void {
  addFields(command, checkSchema)
    .optionsGroup("Messages:")
    .option(
      "--json <file>",
      "Write the figures as one JSON document to a file; - is stdout, all else goes to stderr then.",
    )
    .option("--quiet", "Say nothing but errors.")
    .option("--verbose", "With an error, show where in the program it arose.")
    .helpOption("-h, --help", "Show this help.")
    .usage("IMAGE CORRECTED [options]")
    .addHelpText("after", examples)
    .action(async () => {
      const parameters = validate(checkSchema, rawParameters(command, checkSchema), { spelling: "option" });
      const { json, quiet = false } = command.opts<{ json?: string; quiet?: boolean }>();
      const toStdout = json === "-";
      await perform(command, door, {
        run: async (hooks) => {
          const report = await (await loadEngine()).checkImages(parameters, hooks);
          if (json !== undefined && !toStdout) await writeFigures(json, report);
          return report;
        },
        telling: { json: toStdout, quiet },
        show: (report) => checkText(report, parameters.report),
        onDone: ({ verdict }) => door.endWith?.(codes[verdict.kind]),
        whenInterrupted: "Nothing has been written",
      });
    });
}

async function writeFigures(file: string, report: QualityReport): Promise<void> {
  try {
    await writeFile(file, `${JSON.stringify(report, undefined, 2)}\n`);
  } catch (cause) {
    const found = reasonOf(cause);
    throw new IsoluxError({ kind: "storage", what: "The figures cannot be written", where: file, found, cause });
  }
}
