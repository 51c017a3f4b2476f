import { type Fault, IsoluxError } from "../../errors.ts";
import type { HttpAnswer } from "./exchange.ts";
import { describeStatus } from "./remote-client.ts";
import type { S3Access } from "./s3-address.ts";
import { parseError } from "./s3-xml.ts";

/** Turns an answer of an S3 server that does not serve into a sentence. */
export function s3Fault(answer: HttpAnswer, where: string, access: S3Access): IsoluxError {
  const { code, message } = parseError(answer.body);
  const host = access.endpoint === undefined ? "" : ` from ${access.endpoint}`;
  const words = message === undefined ? "" : `, "${message.trim().replace(/\.$/, "")}"`;
  const found = code === undefined ? `${describeStatus(answer)}${host}` : `${code}${host}${words}`;
  return new IsoluxError({ ...explain(answer, code, access), where, found });
}

function explain(
  { status }: HttpAnswer,
  code: string | undefined,
  { credentials }: S3Access,
): Pick<Fault, "kind" | "what" | "advice"> {
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
