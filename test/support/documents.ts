/** Holds what commands print for scripts against docs/documents.schema.json. */
import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { expect } from "vitest";

/** That it is the schema of the types is held by `node scripts/generate-docs.mjs check`. */
export const schema = JSON.parse(readFileSync(new URL("../../docs/documents.schema.json", import.meta.url), "utf8"));
export const ajv = new Ajv({ strict: false, allErrors: true }).addSchema(schema, "documents");

/** Holds a document, as it was printed, against the definition of its format. */
export function holdDocument(output: string): { readonly [key: string]: unknown; readonly format: string } {
  const document = JSON.parse(output);
  const validate = ajv.getSchema(`documents#/definitions/${document.format}`);
  expect(validate, document.format).toBeDefined();
  validate!(document);
  expect(validate!.errors ?? [], JSON.stringify(document)).toEqual([]);
  return document;
}
