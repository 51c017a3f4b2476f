/**
 * The XML that S3 speaks.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
 */
import { XMLParser } from "fast-xml-parser";
import { isJsonObject, type JsonObject } from "../json.ts";

/** Lists may have one entry or none; names keep their spaces and are no numbers, even where they look like them. */
const parser = new XMLParser({
  ignoreAttributes: true,
  parseTagValue: false,
  trimValues: false,
  isArray: (name) => name === "Contents" || name === "CommonPrefixes" || name === "Upload",
});

/** A part of a listing of objects. */
export interface ListingPage {
  /** Keys in the bucket. */
  readonly keys: readonly string[];
  /** The beginnings that keys share up to the delimiter, with it. */
  readonly prefixes: readonly string[];
  /** Where the next part begins; none after the last. */
  readonly next?: string;
}

/** A listing of objects as the server sent it, or `undefined` where that is none. */
export function parseListing(xml: Uint8Array): ListingPage | undefined {
  const listing = rootOf(xml, "ListBucketResult");
  if (listing === undefined) return undefined;
  const decode = textOf(listing, "EncodingType") === "url" ? decodeName : (name: string) => name;
  const next = textOf(listing, "NextContinuationToken");
  const isTruncated = textOf(listing, "IsTruncated") === "true";
  // What follows could not be asked for: half of a listing is none
  if (isTruncated && next === undefined) return undefined;
  return {
    keys: itemsOf(listing, "Contents").map((item) => decode(textOf(item, "Key") ?? "")),
    prefixes: itemsOf(listing, "CommonPrefixes").map((item) => decode(textOf(item, "Prefix") ?? "")),
    ...(isTruncated && { next }),
  };
}

/** An upload in parts that was begun and not ended. */
interface UnfinishedUpload {
  /** The key in the bucket. */
  readonly key: string;
  readonly uploadId: string;
}

/** The unfinished uploads that the server lists (at most a thousand), or `undefined` where it sent something else. */
export function parseUploads(xml: Uint8Array): UnfinishedUpload[] | undefined {
  const listing = rootOf(xml, "ListMultipartUploadsResult");
  if (listing === undefined) return undefined;
  return itemsOf(listing, "Upload").map((item) => ({
    key: textOf(item, "Key") ?? "",
    uploadId: textOf(item, "UploadId") ?? "",
  }));
}

/** The name under which the server takes the parts of an upload, or `undefined` where it sent something else. */
export function parseUploadId(xml: Uint8Array): string | undefined {
  const result = rootOf(xml, "InitiateMultipartUploadResult");
  return result && textOf(result, "UploadId");
}

/** Whether a server says that an upload is complete: it may begin its answer with 200 and then end it with an error. */
export function isCompletedUpload(xml: Uint8Array): boolean {
  // moto, a stand-in for S3, has another name for it.
  const names = ["CompleteMultipartUploadResult", "CompleteMultipartUploadResponse"];
  return names.some((name) => rootOf(xml, name) !== undefined);
}

/** S3's word for an error, such as `AccessDenied`, and its explanation; nothing where the answer is not S3's. */
export function parseError(xml: Uint8Array): { readonly code?: string; readonly message?: string } {
  const error = rootOf(xml, "Error");
  const [code, message] = error === undefined ? [] : [textOf(error, "Code"), textOf(error, "Message")];
  return { ...(code && { code }), ...(message && { message }) };
}

function rootOf(xml: Uint8Array, name: string): JsonObject | undefined {
  let document: unknown;
  try {
    // While it is busy, S3 sends blanks ahead of its answer.
    document = parser.parse(new TextDecoder().decode(xml).trim());
  } catch {
    return undefined;
  }
  const root = isJsonObject(document) ? document[name] : undefined;
  // An element without anything in it is parsed as an empty text.
  if (root === "") return {};
  return isJsonObject(root) ? root : undefined;
}

function itemsOf(element: JsonObject, name: string): JsonObject[] {
  const items = element[name];
  return Array.isArray(items) ? items.filter(isJsonObject) : [];
}

function textOf(element: JsonObject, name: string): string | undefined {
  const text = element[name];
  return typeof text === "string" ? text : undefined;
}

/** Keys are sent percent-encoded, since XML cannot hold every character; some servers write a space as a plus. */
function decodeName(name: string): string {
  try {
    return decodeURIComponent(name.replaceAll("+", "%20"));
  } catch {
    return name;
  }
}
