/**
 * Uploading large objects in parts: the object appears when all are there.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
 */
import type { FinalAnswer } from "./remote-client.ts";
import type { S3Server } from "./s3-server.ts";
import { completionDocument, isCompletedUpload, parseError, parseUploadId } from "./s3-xml.ts";

/** S3 takes no more parts than that. */
const mostParts = 10_000;

/** Uploads an object in parts of at least `partBytes`. @throws IsoluxError `storage`; nothing is left behind then */
export async function uploadInParts(
  server: S3Server,
  key: string,
  bytes: Uint8Array,
  partBytes: number,
): Promise<void> {
  const begun = await server.send({ method: "POST", key, query: { uploads: "" } });
  const uploadId = begun.status === 200 ? parseUploadId(begun.body) : undefined;
  if (uploadId === undefined) throw server.fault(begun, key);
  try {
    const tags = await sendParts(server, key, bytes, partBytes, uploadId);
    const body = completionDocument(tags);
    const ended = await server.send({ method: "POST", key, query: { uploadId }, body });
    if (isCompletedUpload(ended.body) || (await wasCompleted(server, key, bytes.length, ended))) return;
    throw server.fault(ended, key);
  } catch (error) {
    await abortUpload(server, key, uploadId).catch(() => undefined);
    throw error;
  }
}

/** Gives up an upload; the server then removes its parts. */
export async function abortUpload(server: S3Server, key: string, uploadId: string): Promise<void> {
  const answer = await server.send({ method: "DELETE", key, query: { uploadId } });
  if (answer.status >= 300 && answer.status !== 404) throw server.fault(answer, key);
}

/** Sends all parts and waits for each, so that none is on its way when the upload ends or is given up. */
async function sendParts(
  server: S3Server,
  key: string,
  bytes: Uint8Array,
  partBytes: number,
  uploadId: string,
): Promise<string[]> {
  const step = Math.max(partBytes, Math.ceil(bytes.length / mostParts));
  const count = Math.ceil(bytes.length / step);
  const results = await Promise.allSettled(
    Array.from({ length: count }, async (_, index) => {
      const query = { partNumber: String(index + 1), uploadId };
      const body = bytes.subarray(index * step, (index + 1) * step);
      const answer = await server.send({ method: "PUT", key, query, body });
      const tag = answer.headers.get("etag");
      if (answer.status !== 200 || tag === null) throw server.fault(answer, key);
      return tag;
    }),
  );
  return results.map((result) => {
    if (result.status === "rejected") throw result.reason;
    return result.value;
  });
}

/** Whether an earlier try had completed the upload though its answer was lost: then the server knows of none. */
async function wasCompleted(server: S3Server, key: string, length: number, answer: FinalAnswer): Promise<boolean> {
  if (answer.tries === 1 || parseError(answer.body).code !== "NoSuchUpload") return false;
  const head = await server.send({ method: "HEAD", key });
  return head.status === 200 && head.headers.get("content-length") === String(length);
}
