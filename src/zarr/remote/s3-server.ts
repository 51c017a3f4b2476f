/** Signed requests to a bucket, and what its answers mean. */
import { AwsV4Signer } from "aws4fetch";
import { type Fault, IsoluxError } from "../../errors.ts";
import { sha256 } from "../codecs/sha256.ts";
import { joinKey } from "../store.ts";
import type { HttpAnswer, HttpRequest } from "./exchange.ts";
import {
  describeStatus,
  type FinalAnswer,
  isPassingStatus,
  keyPath,
  percentEncode,
  RemoteClient,
  type RemoteSettings,
} from "./remote-client.ts";
import type { ObjectQuestion, ObjectServer, Verdict } from "./remote-reader.ts";
import { parseError } from "./s3-xml.ts";

/** A request to a bucket: about an object, or, with an empty key, about the bucket itself. */
interface S3Request extends Pick<HttpRequest, "method" | "body" | "part" | "mostBytes"> {
  /** The key in the store. */
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Errors that pass although their status does not say so. */
const passingCodes = new Set(["RequestTimeout", "OperationAborted", "ConditionalRequestConflict"]);

/** A bucket, seen from a prefix in it. */
export class S3Server implements ObjectServer {
  readonly location: string;
  readonly #bucket: string;
  readonly #prefix: string;
  readonly #client: RemoteClient;
  #access: S3Access;

  constructor(bucket: string, prefix: string, access: S3Access, settings: Partial<RemoteSettings>) {
    bucketUrl(bucket, access);
    this.location = joinKey(`s3://${bucket}`, prefix);
    if (prefix !== "") keyPath(prefix, `s3://${bucket}`);
    this.#bucket = bucket;
    this.#prefix = prefix;
    this.#access = access;
    this.#client = new RemoteClient(settings, mayPass);
  }

  where(key: string): string {
    return joinKey(this.location, key);
  }

  /** A key of the store as one of the bucket. */
  bucketKey(key: string): string {
    return joinKey(this.#prefix, key);
  }

  async ask({ headers = {}, ...question }: ObjectQuestion): Promise<FinalAnswer> {
    return await this.send({ ...question, headers });
  }

  /** The final answer to a request, of whatever status. @throws IsoluxError `storage` where there is none */
  async send(request: S3Request): Promise<FinalAnswer> {
    const answer = await this.#sendOnce(request);
    const region = answer.headers.get("x-amz-bucket-region");
    const isElsewhere = answer.status >= 300 && region !== null && region !== this.#access.region;
    if (!isElsewhere || this.#access.endpoint !== undefined) return answer;
    this.#access = { ...this.#access, region };
    return await this.#sendOnce(request);
  }

  classify(answer: HttpAnswer): Verdict {
    const { status, body } = answer;
    if (status === 200 || status === 206 || status === 416) return "there";
    const { code } = parseError(body);
    if (status === 404 && code !== "NoSuchBucket") return "missing";
    return status === 403 && (code === undefined || code === "AccessDenied") ? "hidden" : "refused";
  }

  fault(answer: HttpAnswer, key: string): IsoluxError {
    return s3Fault(answer, this.where(key), this.#access);
  }

  async #sendOnce({ key, query = {}, ...request }: S3Request): Promise<FinalAnswer> {
    const path = this.#path(request.method, key);
    const search = Object.entries(query).map(([name, value]) => `${name}=${percentEncode(value)}`);
    return await this.#client.send(async () => {
      const url = `${bucketUrl(this.#bucket, this.#access)}/${path}${search.length > 0 ? `?${search.join("&")}` : ""}`;
      // A signature and the token beside it are for this host: no other is given them.
      return { ...request, url, headers: await this.#headers(url, request), redirect: "never" };
    }, this.where(key));
  }

  #path(method: S3Request["method"], key: string): string {
    if (key === "") return "";
    // Some programs make empty objects that stand for folders; they are removed with the folder.
    if (method === "DELETE" && key.endsWith("/")) return `${this.#path(method, key.slice(0, -1))}/`;
    return keyPath(this.bucketKey(key), this.location);
  }

  async #headers(url: string, { method, headers = {}, body }: Omit<S3Request, "key" | "query">) {
    // Ranges and sizes count the bytes as stored. Not signed: some servers change this header on its way.
    const plain = { ...headers, "accept-encoding": "identity" };
    const { credentials, region } = this.#access;
    if (credentials === undefined) return plain;
    // The checksum lets the server notice what was damaged on its way.
    const checksum = { "x-amz-content-sha256": body === undefined ? sha256() : sha256(body) };
    const signer = new AwsV4Signer({
      method,
      url,
      headers: { ...headers, ...checksum },
      ...(typeof credentials === "function" ? await credentials() : credentials),
      service: "s3",
      region,
    });
    return { ...Object.fromEntries((await signer.sign()).headers), "accept-encoding": "identity" };
  }
}

function mayPass(answer: HttpAnswer): boolean {
  if (isPassingStatus(answer)) return true;
  return answer.status >= 400 && passingCodes.has(parseError(answer.body).code ?? "");
}

/** Who asks. */
export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Gives the credentials, renewed where access expires. @throws IsoluxError where they cannot be renewed */
export type CredentialSource = () => Promise<S3Credentials>;

/** Where a bucket is and who asks for it. */
export interface S3Access {
  /** Such as `eu-central-1`; some servers have none and take any. */
  readonly region: string;
  /** The address of a server other than Amazon's, such as `https://minio.example.org:9000`. */
  readonly endpoint?: string;
  /** None to ask without a signature, as for public data. */
  readonly credentials?: S3Credentials | CredentialSource;
}

/**
 * The address of a bucket: its own host at Amazon; below any other server, a folder.
 * @throws IsoluxError `usage` where the endpoint or the bucket's name cannot be
 */
export function bucketUrl(bucket: string, { endpoint, region }: Omit<S3Access, "credentials">): string {
  checkBucket(bucket);
  if (endpoint !== undefined) return `${checkedEndpoint(endpoint)}/${bucket}`;
  const domain = `s3.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`;
  // A certificate for any name before the domain is not one for names with dots.
  return bucket.includes(".") ? `https://${domain}/${bucket}` : `https://${bucket}.${domain}`;
}

function checkedEndpoint(endpoint: string): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  const isPlain = url !== undefined && /^https?:$/.test(url.protocol) && url.search === "" && url.username === "";
  if (isPlain) return `${url.origin}${url.pathname}`.replace(/\/+$/, "");
  throw new IsoluxError({
    kind: "usage",
    what: "The address of the S3 server cannot be used",
    where: "AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL or endpoint_url",
    found: JSON.stringify(endpoint),
    expected: "https://host",
  });
}

function checkBucket(bucket: string): void {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(bucket) && !bucket.includes("..")) return;
  throw new IsoluxError({
    kind: "usage",
    what: "This is not a valid bucket name",
    found: JSON.stringify(bucket),
    expected: "letters, digits, hyphens and dots, as in s3://bucket/folder/image.zarr",
  });
}

/** Turns an answer of an S3 server that does not serve into a sentence. */
function s3Fault(answer: HttpAnswer, where: string, access: S3Access): IsoluxError {
  const { code, message } = parseError(answer.body);
  const host = access.endpoint === undefined ? "" : ` from ${access.endpoint}`;
  const words = message === undefined ? "" : `, "${message.trim().replace(/\.$/, "")}"`;
  const to = answer.status >= 300 && answer.status < 400 ? answer.headers.get("location") : null;
  const onward = to === null ? "" : ` to ${to.replace(/[?#].*/s, "")}`;
  const found = code === undefined ? `${describeStatus(answer)}${host}${onward}` : `${code}${host}${onward}${words}`;
  return new IsoluxError({ ...explain(answer, code, access), where, found });
}

function explain(
  { status }: HttpAnswer,
  code: string | undefined,
  { credentials }: S3Access,
): Pick<Fault, "kind" | "what" | "advice"> {
  if (status === 0 || (status >= 300 && status < 400)) {
    return {
      kind: "storage",
      what: "The server redirects to another address, which does not get your credentials",
      advice: "Give the address of the server that has the bucket, or its region",
    };
  }
  switch (code) {
    case "NoSuchBucket":
      return { kind: "not-found", what: "There is no such bucket", advice: "Check its name and the server's address" };
    case "ExpiredToken":
    case "InvalidToken":
      return { kind: "storage", what: "Your access has expired", advice: "Renew the session token, then run again" };
    case "InvalidAccessKeyId":
    case "SignatureDoesNotMatch":
      return {
        kind: "storage",
        what: "The server does not accept your key",
        advice: "Check the access key, the secret key and the server's address",
      };
    case "RequestTimeTooSkewed":
      return { kind: "storage", what: "The clock of this computer is wrong", advice: "Set it, then run again" };
    case "InvalidObjectState":
      return { kind: "storage", what: "The object is archived", advice: "Restore it from the archive first" };
  }
  if (status !== 401 && status !== 403) return { kind: "storage", what: "The server's answer cannot be used" };
  return credentials === undefined
    ? {
        kind: "storage",
        what: "The server does not allow this to everybody, and no credentials were found",
        advice: "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
      }
    : {
        kind: "storage",
        what: "You do not have the permission to do this there",
        advice: "Ask the bucket's owner for the permission",
      };
}

/** Gives up an upload; the server then removes its parts. */
export async function abortUpload(server: S3Server, key: string, uploadId: string): Promise<void> {
  const answer = await server.send({ method: "DELETE", key, query: { uploadId } });
  if (answer.status >= 300 && answer.status !== 404) throw server.fault(answer, key);
}
