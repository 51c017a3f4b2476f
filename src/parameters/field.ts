import * as z from "zod";

/** The groups in which parameters are shown, in this order. */
export const groupTitles = {
  image: "Image",
  source: "Source of the profile (without one Isolux chooses)",
  sampling: "Estimation",
  basic: "BaSiC",
  correction: "Correction",
  output: "Output",
  report: "Report",
  server: "Server",
  machine: "Machine",
  cluster: "Several processes",
} as const;

/** The name of a group of parameters. */
export type GroupName = keyof typeof groupTitles;

/**
 * How a parameter is written on a command line: `operand` without a name, `flag` as `--name`, `switch` as `--name` or
 * `--no-name`, lists with commas, `text-or-flag` as `--name` or `--name TEXT`.
 */
export type FieldForm = "operand" | "flag" | "switch" | "text" | "texts" | "number" | "numbers" | "text-or-flag";

/** What people need to know about a parameter beside its type, its bounds and its default. */
export interface FieldInfo {
  /** What it does, in whole sentences. */
  readonly meaning: string;
  /** Which values it takes, as the end of "expected ...". */
  readonly allowed: string;
  readonly group: GroupName;
  readonly form: FieldForm;
  /** What stands for the value in help texts. */
  readonly valueName?: string;
  readonly unit?: string;
  /** What happens without it, where that is found out only at run time. */
  readonly defaultText?: string;
  /** A value that shows how it is written, for parameters without a default. */
  readonly example?: string | number | readonly (string | number)[];
  /** Its name in the reference task, where that is another one. */
  readonly referenceName?: string;
  /** A path: relative ones in a parameter file start at the file's folder. */
  readonly isPath?: true;
}

/** Holds the {@link FieldInfo} of every parameter's schema. */
export const fieldInfo = z.registry<FieldInfo>();

/** One parameter: where it stands in the nested object of parameters, its schema and what to know about it. */
export interface Field {
  readonly path: readonly string[];
  readonly schema: z.core.$ZodType;
  readonly info: FieldInfo;
  /** The default as people write it, before it is parsed; `undefined` where there is none. */
  readonly defaultValue: unknown;
}

/** The parameters of an object schema in their order, those of nested objects in place. */
export function fieldsOf(schema: z.ZodObject, parent: readonly string[] = []): Field[] {
  return Object.entries(schema.shape).flatMap(([key, child]): Field[] => {
    const path = [...parent, key];
    const nested = nestedObject(child);
    if (nested !== undefined) return fieldsOf(nested, path);
    const info = fieldInfo.get(child);
    if (info === undefined) throw new Error(`the parameter ${path.join(".")} is not described`);
    return [{ path, schema: child, info, defaultValue: defaultOf(child) }];
  });
}

/** The object of parameters that a schema stands for; `undefined` where it is a parameter itself. */
export function nestedObject(schema: z.core.$ZodType): z.ZodObject | undefined {
  const inner = schema instanceof z.ZodPrefault ? schema.def.innerType : schema;
  return inner instanceof z.ZodObject ? inner : undefined;
}

function defaultOf(schema: z.core.$ZodType): unknown {
  return schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault ? schema.def.defaultValue : undefined;
}

/** A parameter's meaning and the unit of its value, in sentences. */
export function meaningWithUnit({ meaning, unit }: FieldInfo): string {
  return unit === undefined ? meaning : `${meaning} In ${unit}.`;
}

/** What holds where a parameter is not given; `undefined` where it must be. */
export function defaultWords({ info, defaultValue }: Pick<Field, "info" | "defaultValue">): string | undefined {
  return info.defaultText ?? (defaultValue === undefined ? undefined : String(defaultValue));
}
