/**
 * Uploading large objects in parts: the object appears when all are there.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
 */
import type { ObjectWriter } from "../store.ts";
import type { FinalAnswer } from "./remote-client.ts";
import { abortUpload, type S3Server } from "./s3-server.ts";
import { isCompletedUpload, parseError, parseUploadId } from "./s3-xml.ts";

/** S3 takes no more parts than that. */
const mostParts = 10_000;

/** An upload that has begun: the server keeps its parts until it is completed or given up. */
class PartedUpload {
  readonly #server: S3Server;
  readonly #key: string;
  readonly #uploadId: string;
  readonly #tags: string[] = [];
  #length = 0;

  private constructor(server: S3Server, key: string, uploadId: string) {
    this.#server = server;
    this.#key = key;
    this.#uploadId = uploadId;
  }

  static async begin(server: S3Server, key: string): Promise<PartedUpload> {
    const begun = await server.send({ method: "POST", key, query: { uploads: "" } });
    const uploadId = begun.status === 200 ? parseUploadId(begun.body) : undefined;
    if (uploadId === undefined) throw server.fault(begun, key);
    return new PartedUpload(server, key, uploadId);
  }

  /** Sends part `index`, counted from 0. */
  async send(index: number, body: Uint8Array): Promise<void> {
    const query = { partNumber: String(index + 1), uploadId: this.#uploadId };
    const answer = await this.#server.send({ method: "PUT", key: this.#key, query, body });
    const tag = answer.headers.get("etag");
    if (answer.status !== 200 || tag === null) throw this.#server.fault(answer, this.#key);
    this.#tags[index] = tag;
    this.#length += body.length;
  }

  async complete(): Promise<void> {
    const query = { uploadId: this.#uploadId };
    const body = completionDocument(this.#tags);
    const ended = await this.#server.send({ method: "POST", key: this.#key, query, body });
    if (isCompletedUpload(ended.body) || (await this.#wasCompleted(ended))) return;
    throw this.#server.fault(ended, this.#key);
  }

  async abort(): Promise<void> {
    await abortUpload(this.#server, this.#key, this.#uploadId);
  }

  /** Whether an earlier try had completed the upload though its answer was lost: then the server knows of none. */
  async #wasCompleted(answer: FinalAnswer): Promise<boolean> {
    if (answer.tries === 1 || parseError(answer.body).code !== "NoSuchUpload") return false;
    const head = await this.#server.send({ method: "HEAD", key: this.#key });
    return head.status === 200 && head.headers.get("content-length") === String(this.#length);
  }
}

/** The document that completes an upload from parts with these marks. */
function completionDocument(tags: readonly string[]): Uint8Array {
  // Quotes stay: they are part of the marks, and some servers compare what they get as it is written
  const parts = tags.map((tag, index) => {
    const text = tag.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
    return `<Part><PartNumber>${index + 1}</PartNumber><ETag>${text}</ETag></Part>`;
  });
  return new TextEncoder().encode(`<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`);
}

/** Uploads an object in parts of at least `partBytes`. @throws IsoluxError `storage`; nothing is left behind then */
export async function uploadInParts(
  server: S3Server,
  key: string,
  bytes: Uint8Array,
  partBytes: number,
): Promise<void> {
  const step = Math.max(partBytes, Math.ceil(bytes.length / mostParts));
  const count = Math.ceil(bytes.length / step);
  const upload = await PartedUpload.begin(server, key);
  try {
    // All are waited for, so that none is on its way when the upload ends or is given up.
    const sent = await Promise.allSettled(
      Array.from({ length: count }, (_, index) => upload.send(index, bytes.subarray(index * step, (index + 1) * step))),
    );
    for (const part of sent) if (part.status === "rejected") throw part.reason;
    await upload.complete();
  } catch (error) {
    await upload.abort().catch(() => undefined);
    throw error;
  }
}

/**
 * An object that is uploaded as it grows, in parts of equal size but the last, as some servers want them. It holds one
 * part and sends it when it is full; an object that is no larger than one part is put at once.
 */
export class GrowingUpload implements ObjectWriter {
  readonly #server: S3Server;
  readonly #key: string;
  readonly #partBytes: number;
  readonly #put: (bytes: Uint8Array) => Promise<void>;
  #part = new Uint8Array(0);
  #filled = 0;
  #sent = 0;
  #upload: PartedUpload | undefined;

  /**
   * @param mostBytes of the object: more than 10000 parts are not to be
   * @param put puts a small object at once
   */
  constructor(
    server: S3Server,
    key: string,
    size: { readonly partBytes: number; readonly mostBytes: number },
    put: (bytes: Uint8Array) => Promise<void>,
  ) {
    this.#server = server;
    this.#key = key;
    this.#partBytes = Math.max(size.partBytes, Math.ceil(size.mostBytes / mostParts));
    this.#put = put;
  }

  async append(bytes: Uint8Array): Promise<void> {
    for (let taken = 0; taken < bytes.length; ) {
      // A part is sent only when more is to come: the last one goes with the end.
      if (this.#filled === this.#partBytes) await this.#sendPart();
      const piece = bytes.subarray(taken, taken + this.#partBytes - this.#filled);
      this.#grow(piece.length);
      this.#part.set(piece, this.#filled);
      this.#filled += piece.length;
      taken += piece.length;
    }
  }

  async finish(): Promise<void> {
    if (this.#upload === undefined) await this.#put(this.#part.subarray(0, this.#filled));
    else {
      await this.#sendPart();
      await this.#upload.complete();
    }
    this.#part = new Uint8Array(0);
  }

  async discard(): Promise<void> {
    this.#part = new Uint8Array(0);
    await this.#upload?.abort();
    this.#upload = undefined;
  }

  async #sendPart(): Promise<void> {
    this.#upload ??= await PartedUpload.begin(this.#server, this.#key);
    await this.#upload.send(this.#sent, this.#part.subarray(0, this.#filled));
    this.#sent++;
    this.#filled = 0;
  }

  /** Small objects are many: none of them takes the memory of a whole part. */
  #grow(extra: number): void {
    if (this.#filled + extra <= this.#part.length) return;
    const buffer = Math.min(this.#partBytes, Math.max(2 * this.#part.length, this.#filled + extra));
    const larger = new Uint8Array(buffer);
    larger.set(this.#part.subarray(0, this.#filled));
    this.#part = larger;
  }
}
