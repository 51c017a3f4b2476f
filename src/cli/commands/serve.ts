/** `isolux serve`: serves an image that is corrected when it is read. */

import { spawn } from "node:child_process";
import { leavesProfileOpen, orderOf } from "../../parameters/profile-source.ts";
import { correctionOf, type ServeParameters, type ServeSummary, serveSchema } from "../../parameters/serve-schema.ts";
import type { RawParameters } from "../../parameters/validate.ts";
import { withWorkers } from "../../pipeline/threads/platform-node.ts";
import { formatSeconds } from "../../quantities.ts";
import type { CliContext } from "../context.ts";
import { defineCommand } from "../define-command.ts";
import { loadEngine, type Work } from "../perform.ts";

const examples = `
Finds the profiles as isolux correct does, then serves the corrected image as
an OME-Zarr: every chunk is corrected when a program asks for it, and nothing
is written. Ctrl-C ends it.

Examples:
  isolux serve sample.zarr/raw_image --models-folder measured
  isolux serve sample.zarr/raw_image --fov-list 1,3 --raw --open
  isolux serve tiles_of_the_microscope --models-folder measured --port 8000
  isolux serve raw_image --host 0.0.0.0 --token 3kE9x_secret --memory 8GB`;

/** Sets up `isolux serve`. */
export const configure = defineCommand({
  schema: serveSchema,
  usage: "IMAGE [options]",
  examples,
  given: withWorkers,
  work: ({ parameters, raw, context }) => serving(parameters, raw, context, ({ page }) => page),
});

/** The work of a server, which goes on until the user ends it. @param shown the page to open */
function serving(
  parameters: ServeParameters,
  raw: RawParameters,
  context: CliContext,
  shown: (summary: ServeSummary) => string,
): Work<ServeSummary> {
  const order = orderOf(correctionOf(parameters), raw, "option");
  let close: (() => Promise<void>) | undefined;
  return {
    run: async (hooks) => {
      const running = await (await loadEngine()).serveImage(parameters, order, hooks);
      close = running.close;
      return running.summary;
    },
    show: serveText,
    onDone: async (summary) => {
      if (parameters.open) openInBrowser(shown(summary));
      await aborted(context.signal);
      await close?.();
    },
    whenInterrupted: "Nothing has been written",
    warnings: order.warnings,
  };
}

/** `isolux open`: the same with the page in the browser, on the image as it is. */
export const configureOpen = defineCommand({
  schema: serveSchema,
  usage: "IMAGE [options]",
  examples: `
Opens the page on an image: find empty tiles, make a profile, see before and
after, take the profile away. Reads what isolux correct reads; Ctrl-C ends it.

Examples:
  isolux open sample.zarr/raw_image
  isolux open folder_of_the_microscope`,
  given: (raw) => ({ ...withWorkers(evenWhereOpen(raw)), raw: true, open: true }),
  work: ({ parameters, raw, context }) => serving(parameters, raw, context, (summary) => `${summary.page}look`),
});

/** Without a way to a profile none is looked for: that is done in the page. */
function evenWhereOpen(raw: RawParameters): RawParameters & { readonly workers?: unknown } {
  return leavesProfileOpen(raw) ? { ...raw, start: "even", refine: "off" } : raw;
}

/** What is served, and how other programs read it. */
function serveText({ page, corrected, raw, readers, profiles, seconds }: ServeSummary): string {
  const width = Math.max(...readers.map(({ name }) => name.length));
  const lines = readers.map(({ name, text }) => `  ${name.padEnd(width)}  ${text}\n`);
  const from = profiles.map(({ label, source }) => `${label}: ${source}`).join(", ");
  return `${lines.join("")}
Profiles ${from === "" ? "of no channel" : from}; ready after ${formatSeconds(seconds)}.
${raw === undefined ? "" : `As it is:  ${raw}\n`}Corrected: ${corrected}
Page:      ${page}
Ctrl-C ends the server.
`;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** Opens a page as the system does; where it cannot, the address is on the screen. */
function openInBrowser(page: string): void {
  const [command, ...args] =
    process.platform === "darwin"
      ? ["open", page]
      : process.platform === "win32"
        ? ["explorer.exe", page]
        : ["xdg-open", page];
  const child = spawn(command!, args, { stdio: "ignore", detached: true });
  child.on("error", () => undefined);
  child.unref();
}
