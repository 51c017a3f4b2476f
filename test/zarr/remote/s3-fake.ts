/** A bucket in memory that speaks as much S3 as the store needs, checks every signature on its own, and can be faulty. */
import { createHash, createHmac } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { serve, type WebServer } from "./web-server.ts";

/** Whom the bucket lets in. */
export const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "se+cret/key", sessionToken: "to=ken" };

const region = "eu-test-1";

/** A request, before it is answered; a fault answers it and returns true. */
export type Fault = (request: IncomingMessage, response: ServerResponse, body: Buffer) => boolean;

/** A bucket called `bucket`. */
export interface FakeBucket extends WebServer {
  readonly objects: Map<string, Buffer>;
  readonly uploads: Map<string, { key: string; parts: Map<number, Buffer> }>;
  /** What goes wrong; asked first. */
  fault: Fault;
  /** Whether everybody may read. */
  isPublic: boolean;
  pageSize: number;
}

/** Starts the server of a bucket. */
export async function fakeBucket(): Promise<FakeBucket> {
  const server = await serve(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    if (bucket.fault(request, response, body)) return response;
    if (!bucket.isPublic && !isSigned(request, body)) return fail(response, 403, "SignatureDoesNotMatch");
    return answer(bucket, request, response, body);
  });
  const bucket: FakeBucket = Object.assign(server, {
    objects: new Map(),
    uploads: new Map(),
    fault: () => false,
    isPublic: false,
    pageSize: 1000,
  });
  return bucket;
}

/** Answers with an error as S3 words it. */
export function fail(response: ServerResponse, status: number, code: string): ServerResponse {
  response.writeHead(status, { "content-type": "application/xml" });
  return response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>As told.</Message></Error>`);
}

function answer(bucket: FakeBucket, request: IncomingMessage, response: ServerResponse, body: Buffer): ServerResponse {
  const url = new URL(request.url!, "http://x");
  const [, name, ...rest] = url.pathname.split("/");
  const key = decodeURIComponent(rest.join("/"));
  if (name !== "bucket") return fail(response, 404, "NoSuchBucket");
  const query = url.searchParams;
  if (key === "" && query.has("uploads")) return listUploads(bucket, query.get("prefix") ?? "", response);
  if (key === "") return list(bucket, query, response);
  if (query.has("uploads") || query.has("uploadId")) return upload(bucket, request, key, query, body, response);
  const found = bucket.objects.get(key);
  switch (request.method) {
    case "PUT":
      if (request.headers["if-none-match"] === "*" && found) return fail(response, 412, "PreconditionFailed");
      bucket.objects.set(key, body);
      return response.writeHead(200, { etag: '"x"' }).end();
    case "DELETE":
      bucket.objects.delete(key);
      return response.writeHead(204).end();
    default:
      if (found === undefined) return fail(response, 404, "NoSuchKey");
      response.writeHead(200, { "content-length": found.length });
      return response.end(request.method === "HEAD" ? undefined : found);
  }
}

function list({ objects, pageSize }: FakeBucket, query: URLSearchParams, response: ServerResponse): ServerResponse {
  const [prefix, delimiter] = [query.get("prefix") ?? "", query.get("delimiter")];
  const names = new Set<string>();
  for (const key of objects.keys()) {
    if (!key.startsWith(prefix)) continue;
    const end = delimiter ? key.indexOf(delimiter, prefix.length) : -1;
    names.add(end < 0 ? `K${key}` : `P${key.slice(0, end + 1)}`);
  }
  const all = [...names].sort((a, b) => (a.slice(1) < b.slice(1) ? -1 : 1));
  const from = Number(query.get("continuation-token") ?? 0);
  const items = all.slice(from, from + pageSize).map((item) => {
    const encoded = encodeURIComponent(item.slice(1)).replaceAll("%2F", "/").replaceAll("%20", "+");
    const isPrefix = item.startsWith("P");
    return isPrefix
      ? `<CommonPrefixes><Prefix>${encoded}</Prefix></CommonPrefixes>`
      : `<Contents><Key>${encoded}</Key></Contents>`;
  });
  const isTruncated = from + pageSize < all.length;
  const next = isTruncated ? `<NextContinuationToken>${from + pageSize}</NextContinuationToken>` : "";
  const encoding = "<EncodingType>url</EncodingType>";
  const truncated = `<IsTruncated>${isTruncated}</IsTruncated>`;
  return response
    .writeHead(200)
    .end(`<ListBucketResult>${encoding}${truncated}${next}${items.join("")}</ListBucketResult>`);
}

function listUploads({ uploads }: FakeBucket, prefix: string, response: ServerResponse): ServerResponse {
  const items = [...uploads]
    .filter(([, { key }]) => key.startsWith(prefix))
    .map(([id, { key }]) => `<Upload><Key>${key}</Key><UploadId>${id.replace("<", "&lt;")}</UploadId></Upload>`);
  return response.writeHead(200).end(`<ListMultipartUploadsResult>${items.join("")}</ListMultipartUploadsResult>`);
}

let uploadCount = 0;

function upload(
  { objects, uploads }: FakeBucket,
  request: IncomingMessage,
  key: string,
  query: URLSearchParams,
  body: Buffer,
  response: ServerResponse,
): ServerResponse {
  const id = query.get("uploadId") ?? "";
  if (query.has("uploads")) {
    const made = `upload<${uploadCount++}>`;
    uploads.set(made, { key, parts: new Map() });
    const text = made.replace("<", "&lt;");
    return response.end(`<InitiateMultipartUploadResult><UploadId>${text}</UploadId></InitiateMultipartUploadResult>`);
  }
  const begun = uploads.get(id);
  if (begun === undefined) return fail(response, 404, "NoSuchUpload");
  if (request.method === "PUT") {
    const part = Number(query.get("partNumber"));
    begun.parts.set(part, body);
    return response.writeHead(200, { etag: `"part-${part}"` }).end();
  }
  uploads.delete(id);
  if (request.method === "DELETE") return response.writeHead(204).end();
  const tags = [
    ...body.toString().matchAll(/<PartNumber>(\d+)<\/PartNumber><ETag>(?:"|&quot;)part-(\d+)(?:"|&quot;)<\/ETag>/g),
  ];
  if (tags.length !== begun.parts.size || tags.some(([, a, b]) => a !== b)) return fail(response, 400, "InvalidPart");
  objects.set(key, Buffer.concat(tags.map(([, number]) => begun.parts.get(Number(number))!)));
  return response.end("<CompleteMultipartUploadResult/>");
}

/**
 * Whether a request is signed as it must be, checksum included.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
function isSigned({ method, url, headers }: IncomingMessage, body: Buffer): boolean {
  const pattern =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, SignedHeaders=([^,]+), Signature=(\w+)$/;
  const [, id, day, place, names, signature] = pattern.exec(headers.authorization ?? "") ?? [];
  if (id !== credentials.accessKeyId || place !== region || !names || !day) return false;
  if (headers["x-amz-security-token"] !== credentials.sessionToken) return false;
  if (!names.split(";").includes("host") || !names.split(";").includes("x-amz-content-sha256")) return false;
  if (headers["x-amz-content-sha256"] !== createHash("sha256").update(body).digest("hex")) return false;
  const [path, search = ""] = url!.split("?");
  const sorted = search === "" ? "" : search.split("&").sort().join("&");
  const signed = names.split(";").map((name) => `${name}:${String(headers[name]).trim()}\n`);
  const canonical = [method, path, sorted, signed.join(""), names, headers["x-amz-content-sha256"]].join("\n");
  const scope = `${day}/${region}/s3/aws4_request`;
  const digest = createHash("sha256").update(canonical).digest("hex");
  const text = ["AWS4-HMAC-SHA256", headers["x-amz-date"], scope, digest].join("\n");
  const hmac = (key: string | Buffer, data: string) => createHmac("sha256", key).update(data).digest();
  const start: Buffer = hmac(`AWS4${credentials.secretAccessKey}`, day);
  const key = [region, "s3", "aws4_request"].reduce((before, part) => hmac(before, part), start);
  return hmac(key, text).toString("hex") === signature;
}

/** How a store reaches the bucket. */
export function accessTo(bucket: FakeBucket) {
  return { region, endpoint: bucket.url, credentials, firstWaitMs: 4, longestWaitMs: 20, stallMs: 500 };
}
