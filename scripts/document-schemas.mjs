// The JSON Schema of all documents that commands print, from their types: one definition for each `format`.
import { fileURLToPath } from "node:url";
import { createGenerator } from "ts-json-schema-generator";

const root = fileURLToPath(new URL("..", import.meta.url));

/** The text of docs/documents.schema.json. */
export function documentSchemasText() {
  const generator = createGenerator({
    path: `${root}src/cli/documents.ts`,
    tsconfig: `${root}tsconfig.json`,
    skipTypeCheck: true,
  });
  const { definitions } = generator.createSchema("Documents");
  const { Documents, DocumentHeading, ProgressEvent, ...parts } = definitions;
  const documents = Object.entries(Documents.properties.results.properties).map(([name, result]) => [
    `isolux.${name}`,
    documentOf(`isolux.${name}`, DocumentHeading, alternatives(result, definitions)),
  ]);
  const schema = {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Isolux: documents of --json, and events of --progress json",
    description: "A document is what its `format` names; of version 1. Events are `#/definitions/event`.",
    oneOf: documents.map(([name]) => ({ $ref: `#/definitions/${name}` })),
    definitions: {
      ...Object.fromEntries(documents),
      event: ProgressEvent,
      ...onlyUsed(parts, [documents, ProgressEvent]),
    },
  };
  return `${JSON.stringify(schema)}\n`;
}

/** The object schemas of a result: several where it is one of several. */
function alternatives(schema, definitions) {
  if (schema.anyOf !== undefined) return schema.anyOf.flatMap((one) => alternatives(one, definitions));
  if (schema.$ref === undefined) return [schema];
  return alternatives(definitions[decodeURIComponent(schema.$ref.replace("#/definitions/", ""))], definitions);
}

/** What a document begins with takes the place of keys of the same name in the result. */
function documentOf(format, heading, results) {
  const of = ({ properties, required = [], ...rest }) => ({
    ...rest,
    properties: { ...properties, ...heading.properties, format: { const: format } },
    required: [...new Set([...heading.required, ...required])],
  });
  return results.length === 1 ? of(results[0]) : { anyOf: results.map(of) };
}

/** The definitions that something refers to, directly or through others. */
function onlyUsed(definitions, users) {
  const used = {};
  const waiting = [users];
  while (waiting.length > 0) {
    const references = JSON.stringify(waiting.pop()).matchAll(/"#\/definitions\/([^"]+)"/g);
    for (const [, encoded] of references) {
      const name = decodeURIComponent(encoded);
      if (name in used || !(name in definitions)) continue;
      used[name] = definitions[name];
      waiting.push(definitions[name]);
    }
  }
  return Object.fromEntries(Object.entries(used).sort(([a], [b]) => (a < b ? -1 : 1)));
}
