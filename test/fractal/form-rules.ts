/**
 * What fractal-task-tools and fractal-web ask of a schema of arguments, under the numbers of fractal-task-tools where it
 * has some. A schema that breaks a rule has no form, or one that cannot be saved.
 * @see https://github.com/fractal-analytics-platform/fractal-task-tools
 */

export type Json = { readonly [key: string]: unknown };

const primitives = ["boolean", "string", "integer", "number"];
const forbiddenNames = ["args", "kwargs", "v__args", "v__kwargs", "v__duplicate_kwargs", "v__positional_only"];
/** The keywords that fractal-web's validator and forms know. */
const knownKeywords = new Set(
  (
    "$defs $ref $schema title description type properties required additionalProperties items prefixItems minItems " +
    "maxItems uniqueItems minimum maximum exclusiveMinimum exclusiveMaximum minLength maxLength pattern enum const " +
    "default anyOf oneOf discriminator examples deprecated"
  ).split(" "),
);

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const list = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isObject) : []);
const isNull = (schema: Json) => schema.type === "null";

/** The rules that a schema breaks, with the places where it does. */
export function brokenRules(schema: Json, path = ""): string[] {
  const children: [string, Json][] = [
    ...["$defs", "properties"].flatMap((key) =>
      Object.entries(isObject(schema[key]) ? schema[key] : {}).map(([name, child]): [string, Json] => [
        `${path}/${key}/${name}`,
        child as Json,
      ]),
    ),
    ...["items", "additionalProperties"].flatMap((key): [string, Json][] =>
      isObject(schema[key]) ? [[`${path}/${key}`, schema[key]]] : [],
    ),
    ...["anyOf", "oneOf", "prefixItems"].flatMap((key) =>
      list(schema[key]).map((child, index): [string, Json] => [`${path}/${key}/${index}`, child]),
    ),
  ];
  const here = rulesBrokenBy(schema).map((rule) => `${rule} at ${path || "/"}`);
  return [...here, ...children.flatMap(([place, child]) => brokenRules(child, place))];
}

function rulesBrokenBy(schema: Json): string[] {
  const broken: string[] = [];
  const refuse = (rule: string, isBroken: boolean) => {
    if (isBroken) broken.push(rule);
  };
  const anyOf = list(schema.anyOf);
  const oneOf = list(schema.oneOf);
  const names = Object.keys(isObject(schema.properties) ? schema.properties : {});
  refuse(
    "E01 forbidden name",
    names.some((name) => forbiddenNames.includes(name)),
  );
  refuse("E02 definitions", "definitions" in schema);
  refuse("E03 enum of several types", new Set(list2(schema.enum).map((one) => typeof one)).size > 1);
  refuse("E04 no type", !["type", "anyOf", "oneOf", "items", "$ref"].some((key) => key in schema));
  refuse("E10 nullable boolean", anyOf.some(isNull) && anyOf.some(({ type }) => type === "boolean"));
  refuse("E11 nullable enum", anyOf.some(isNull) && anyOf.some((one) => "enum" in one));
  refuse("E12 anyOf of primitives", anyOf.filter(({ type }) => primitives.includes(String(type))).length > 1);
  refuse("E13 anyOf of many", anyOf.length > 2 || anyOf.filter((one) => "$ref" in one).length > 1);
  const isArrayOf = isObject(schema.items) ? schema.items : schema;
  refuse("E20/E21 oneOf without discriminator", oneOf.length > 0 && !("discriminator" in isArrayOf));
  refuse("E22 oneOf of other than references", !oneOf.every((one) => "$ref" in one));
  refuse("E30 array of anything", schema.type === "array" && JSON.stringify(schema.items) === "{}");
  refuse("boolean without default", schema.type === "boolean" && typeof schema.default !== "boolean");
  refuse("null not second", "anyOf" in schema && !(anyOf.length === 2 && isNull(anyOf[1]!) && schema.default === null));
  refuse("list of types", Array.isArray(schema.type));
  refuse("empty text as default", schema.default === "");
  refuse(
    "boolean in a tuple",
    list(schema.prefixItems).some(({ type }) => type === "boolean"),
  );
  refuse("object of booleans", isObject(schema.additionalProperties) && schema.additionalProperties.type === "boolean");
  const isTuple = schema.minItems !== undefined && schema.minItems === schema.maxItems;
  refuse("tuple without prefixItems", isTuple && !("prefixItems" in schema));
  for (const keyword of Object.keys(schema)) refuse(`unknown keyword ${keyword}`, !knownKeywords.has(keyword));
  return broken;
}

const list2 = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
