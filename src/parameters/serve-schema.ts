/** The parameters of `isolux serve`: those of a correction that writes nothing, and of the server. */
import * as z from "zod";
import { without } from "../without.ts";
import type { Advice } from "./advice.ts";
import { fieldInfo } from "./field.ts";
import { type CorrectParameters, correctSchema } from "./schema.ts";
import type { ProfileSummary } from "./summaries.ts";
import { distinct, someText, wholeNumber } from "./value-types.ts";

/** The parameters of an image that is corrected when it is read. */
export const serveSchema = correctSchema
  .omit({
    saveModels: true,
    output: true,
    layout: true,
    omeVersion: true,
    shards: true,
    codec: true,
    report: true,
    overwrite: true,
    eraseSourceImage: true,
    expendable: true,
  })
  .extend({
    codec: z
      .enum(["lz4", "same", "raw"])
      .default("lz4")
      .register(fieldInfo, {
        meaning:
          "How chunks are encoded: fast (lz4), as a correction would write them (same), or not compressed, for " +
          "programs on the same machine (raw).",
        allowed: "lz4, same or raw",
        group: "server",
        form: "text",
        valueName: "codec",
      }),
    pyramid: z
      .enum(["quick", "exact"])
      .default("quick")
      .register(fieldInfo, {
        meaning:
          "How coarse levels are made: quick corrects those of the image; exact averages corrected pixels as a " +
          "correction does, and reads all finer levels for it.",
        allowed: "quick or exact",
        group: "server",
        form: "text",
        valueName: "way",
      }),
    raw: z.boolean().default(false).register(fieldInfo, {
      meaning: "Also serve the uncorrected image, for comparison.",
      allowed: "true or false",
      group: "server",
      form: "flag",
    }),
    host: someText().default("127.0.0.1").register(fieldInfo, {
      meaning: "Where the server listens: this machine alone, or with a token another of its addresses.",
      allowed: "a name or address of this machine",
      group: "server",
      form: "text",
      valueName: "address",
    }),
    port: wholeNumber(0, 65535).default(0).register(fieldInfo, {
      meaning: "The port of the server; 0 takes any that is free.",
      allowed: "a whole number from 0 to 65535",
      group: "server",
      form: "number",
      valueName: "n",
    }),
    token: z
      .string()
      .regex(/^[A-Za-z0-9_-]{8,128}$/)
      .optional()
      .register(fieldInfo, {
        meaning: "A secret that becomes the first part of the address; without it the image cannot be read.",
        allowed: "8 to 128 letters, digits, - or _",
        group: "server",
        form: "text",
        valueName: "secret",
        defaultText: "none is needed on this machine",
        example: "3kE9x_secret",
      }),
    cors: distinct(z.string().regex(/^(\*|https?:\/\/[^\s/]+)$/), "each site once")
      .optional()
      .register(fieldInfo, {
        meaning: "Sites whose pages may read the image; * stands for all.",
        allowed: "a list of origins such as https://host, or *",
        group: "server",
        form: "texts",
        valueName: "origins",
        defaultText: "public viewers of OME-Zarr, and pages of this machine",
        example: ["https://viewer.example.org"],
      }),
    open: z.boolean().default(false).register(fieldInfo, {
      meaning: "Open the page of the server in a browser.",
      allowed: "true or false",
      group: "server",
      form: "flag",
    }),
  });

/** The parameters of a server, checked and complete. */
export type ServeParameters = z.output<typeof serveSchema>;

/** The correction that a server makes: that of the same parameters, without what concerns its output. */
export function correctionOf(parameters: ServeParameters): CorrectParameters {
  const { codec, ...rest } = without(parameters, "pyramid", "raw", "host", "port", "token", "cors", "open");
  const nothingWritten = { saveModels: false, layout: "mosaic", overwrite: false, eraseSourceImage: false } as const;
  return { ...rest, ...nothingWritten, ...(codec === "same" && { codec }) };
}

/** What a server serves, and how other programs read it. */
export interface ServeSummary {
  /** The address of the page with all this. */
  readonly page: string;
  /** The address of the corrected image. */
  readonly corrected: string;
  /** The address of the image as it is, where it is served, too. */
  readonly raw?: string;
  readonly source: string;
  readonly profiles: readonly ProfileSummary[];
  readonly readers: readonly ReaderHint[];
  readonly workers: number;
  readonly seconds: number;
  readonly warnings: readonly string[];
  /** How the way to the profiles was chosen, where that was left to Isolux. */
  readonly advice?: Advice;
}

/** How a program reads an image: a link or a command. */
export interface ReaderHint {
  readonly name: string;
  readonly kind: "link" | "command";
  readonly text: string;
}
