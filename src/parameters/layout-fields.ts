import * as z from "zod";
import { allStageAxes } from "../acquisition/listed/stage-axes.ts";
import type { Yx, Zyx } from "../shapes.ts";
import { fieldInfo } from "./field.ts";
import { someText } from "./value-types.ts";

const share = z.number().min(0).max(0.9);
const size = z.number().positive();

/** What says how stacks and planes in files lie, where they and their names do not. */
export const layoutFields = {
  pattern: someText()
    .optional()
    .register(fieldInfo, {
      meaning:
        "How files of stacks or planes are named: {row}, {col}, {x}, {y}, {z} (in µm), {plane}, {channel}, " +
        "{side} and {time} stand for what names say, * for any characters; / separates folders.",
      allowed: "a pattern of names",
      group: "image",
      form: "text",
      valueName: "names",
      defaultText: "the layouts that Isolux knows",
      example: "tile[{row} x {col}]_C{channel}_z{plane}.tif",
    }),
  overlap: z
    .union([share, z.tuple([share]), z.tuple([share, share])])
    .transform((value): Yx => (typeof value === "number" ? [value, value] : [value[0], value[1] ?? value[0]]))
    .optional()
    .register(fieldInfo, {
      meaning:
        "The overlap of neighbouring tiles, if the files give only rows and columns: 0.1 is a tenth of a tile; " +
        "two numbers for rows and columns.",
      allowed: "one or two numbers from 0 to 0.9",
      group: "image",
      form: "numbers",
      valueName: "share",
      defaultText: "what the files say",
      example: [0.1],
    }),
  pixelSize: z
    .tuple([size, size, size])
    .transform((value): Zyx => [value[0], value[1], value[2]])
    .optional()
    .register(fieldInfo, {
      meaning: "The size of a pixel, if the files lack it or are wrong.",
      allowed: "three numbers above 0",
      group: "image",
      form: "numbers",
      valueName: "z,y,x",
      unit: "µm",
      defaultText: "what the files say",
      example: [5, 1.5, 1.5],
    }),
  stageAxes: z
    .enum(allStageAxes)
    .optional()
    .register(fieldInfo, {
      meaning:
        "Which axis of the positions runs down the images, and which to the right: with -y,x a tile with a " +
        "larger y lies higher.",
      allowed: "y,x, -y,x, y,-x, -y,-x or the same with x first",
      group: "image",
      form: "text",
      valueName: "axes",
      defaultText: "y,x",
      example: "-y,x",
    }),
};

/** Their names, for commands that open images. */
export const layoutKeys = { pattern: true, overlap: true, pixelSize: true, stageAxes: true } as const;
