/** Signed requests to a bucket, and what its answers mean. */
import { AwsV4Signer } from "aws4fetch";
import type { IsoluxError } from "../../errors.ts";
import { joinKey } from "../store.ts";
import type { HttpAnswer, HttpRequest } from "./exchange.ts";
import { keyPath, percentEncode } from "./key-path.ts";
import { type FinalAnswer, isPassingStatus, RemoteClient, type RemoteSettings } from "./remote-client.ts";
import type { ObjectQuestion, ObjectServer, Verdict } from "./remote-reader.ts";
import { bucketUrl, type S3Access } from "./s3-address.ts";
import { s3Fault } from "./s3-fault.ts";
import { parseError } from "./s3-xml.ts";

/** A request to a bucket: about an object, or, with an empty key, about the bucket itself. */
export interface S3Request extends Pick<HttpRequest, "method" | "body" | "part"> {
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

  async ask({ key, method, headers = {}, part }: ObjectQuestion): Promise<FinalAnswer> {
    return await this.send({ key, method, headers, ...(part && { part }) });
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

  judge(answer: HttpAnswer): Verdict {
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
      return { ...request, url, headers: await this.#headers(url, request) };
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
    const checksum = { "x-amz-content-sha256": await sha256(body ?? new Uint8Array(0)) };
    const signer = new AwsV4Signer({
      method,
      url,
      headers: { ...headers, ...checksum },
      ...credentials,
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

async function sha256(bytes: Uint8Array): Promise<string> {
  // Bytes come from ordinary buffers here; one that is shared between threads would be refused.
  const digest = await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>);
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
