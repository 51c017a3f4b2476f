/** The parameters of corrections that several processes share, on a cluster or on machines with a common disk. */
import * as z from "zod";
import { fieldInfo } from "./field.ts";
import { outputFields } from "./output-fields.ts";
import { correctSchema } from "./schema.ts";
import { byteSize, someText, wholeNumber } from "./value-types.ts";

const units = wholeNumber(1, 100_000).optional().register(fieldInfo, {
  meaning: "Number of units, each corrected by one process.",
  allowed: "a whole number from 1 to 100000",
  group: "cluster",
  form: "number",
  valueName: "n",
  defaultText: "enough for about 15 minutes each at 20 MB/s per worker",
  example: 20,
});

const convert = z.boolean().default(false).register(fieldInfo, {
  meaning: "Write the pixels as they are, as isolux convert does: no profiles. Needs --output.",
  allowed: "true or false",
  group: "output",
  form: "flag",
});

const preparedOutput = someText().register(fieldInfo, {
  meaning: "The output of a correction that was prepared.",
  allowed: "the path of the new image",
  group: "image",
  form: "operand",
  valueName: "output",
  isPath: true,
});

const asPrepared = {
  workers: outputFields.workers,
  memory: byteSize().optional().register(fieldInfo, {
    meaning: "How much memory the process may use.",
    allowed: "a size such as 512MB, 2GB or 1.5GiB, or a number of bytes",
    group: "machine",
    form: "text",
    valueName: "size",
    defaultText: "as the correction was prepared",
    example: "16GB",
  }),
};

/** `3/20` or `3`; becomes the unit's number and, where it was given, how many there are. */
const unit = z
  .string()
  .regex(/^\d{1,6}(\/\d{1,6})?$/)
  .transform((text) => {
    const [index, count] = text.split("/").map(Number);
    return { index: index!, count };
  })
  .refine(({ index, count }) => count === undefined || index < count, { error: "a number below that of all units" });

/** The parameters of the first step: those of a correction, and how it is shared. */
export const prepareSchema = correctSchema.extend({ convert, units });

/** The parameters of the work on a unit. */
export const workSchema = z.strictObject({
  output: preparedOutput,
  unit: unit.optional().register(fieldInfo, {
    meaning: "Which unit to make, from 0, and of how many.",
    allowed: "a number such as 3, or 3/20",
    group: "cluster",
    form: "text",
    valueName: "k/n",
    defaultText: "the number of the SLURM array task; elsewhere all that is left",
    example: "3/20",
  }),
  ...asPrepared,
});

/** The parameters of the last step. */
export const finishSchema = z.strictObject({ output: preparedOutput, ...asPrepared });

/** The parameters of a look at how far an output is. */
export const statusSchema = z.strictObject({ output: preparedOutput });

const text = (valueName: string, meaning: string, example: string, allowed: string) =>
  someText()
    // It goes into a script, on a line of its own.
    .regex(/^[^\n\r"'\\$`]+$/)
    .optional()
    .register(fieldInfo, {
      meaning,
      allowed,
      group: "cluster",
      form: "text",
      valueName,
      defaultText: "as the cluster sets it",
      example,
    });

/** The parameters of a job script: those of a correction, and the options for SLURM. */
export const slurmSchema = correctSchema.extend({
  convert,
  array: units.register(fieldInfo, { ...fieldInfo.get(units)!, meaning: "How many tasks the array of jobs has." }),
  partition: text("name", "The partition of the cluster.", "normal", "the name of a partition"),
  account: text("name", "The account that pays for it.", "microscopy", "the name of an account"),
  qos: text("name", "The quality of service.", "long", "the name of a quality of service"),
  time: someText()
    .regex(/^(\d+-)?\d+(:\d+){0,2}$/)
    .optional()
    .register(fieldInfo, {
      meaning: "The time limit of each job.",
      allowed: "minutes, or a time such as 02:00:00 or 1-12:00:00",
      group: "cluster",
      form: "text",
      valueName: "time",
      defaultText: "four times what the plan counts on, at least 30 minutes",
      example: "02:00:00",
    }),
  script: someText().optional().register(fieldInfo, {
    meaning: "Where the script is written.",
    allowed: "the path of a file",
    group: "cluster",
    form: "text",
    valueName: "file",
    defaultText: "<output>.slurm.sh beside the output",
    isPath: true,
  }),
  submit: z.boolean().default(false).register(fieldInfo, {
    meaning: "Submit the jobs as well.",
    allowed: "true or false",
    group: "cluster",
    form: "flag",
  }),
});

/** The parameters of the first step, checked and complete. */
export type PrepareParameters = z.output<typeof prepareSchema>;

/** The parameters of the last step, checked and complete. */
export type FinishParameters = z.output<typeof finishSchema>;

/** The parameters of a look at how far an output is, checked and complete. */
export type StatusParameters = z.output<typeof statusSchema>;
