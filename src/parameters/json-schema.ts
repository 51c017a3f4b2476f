import * as z from "zod";
import { type FieldInfo, fieldInfo, meaningWithUnit } from "./field.ts";
import { correctSchema } from "./schema.ts";
import { snakeCase } from "./spelling.ts";

/** The JSON Schema (draft 7, which editors know best) of parameter files. */
export function parameterFileSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(correctSchema, {
    io: "input",
    target: "draft-07",
    override({ zodSchema, jsonSchema }) {
      const info = fieldInfo.get(zodSchema);
      if (info !== undefined) jsonSchema.description = describe(info);
      if (info?.referenceName === "FOV_list" || info?.form === "texts") jsonSchema.uniqueItems = true;
      if (jsonSchema.properties !== undefined) jsonSchema.properties = inSnakeCase(jsonSchema.properties);
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
  return { ...schema, title: "Parameters of a flat-field correction with Isolux" };
}

/** A parameter's meaning with its unit and, where it is found out at run time, its default. */
function describe(info: FieldInfo): string {
  return `${meaningWithUnit(info)}${info.defaultText === undefined ? "" : ` Default: ${info.defaultText}.`}`;
}

function inSnakeCase<Value>(properties: Readonly<Record<string, Value>>): Record<string, Value> {
  return Object.fromEntries(Object.entries(properties).map(([key, value]) => [snakeCase(key), value]));
}
