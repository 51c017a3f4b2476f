/** Answers requests for served images: what is refused, what is sent, and what went wrong, as a sentence. */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { IsoluxError } from "../errors.ts";
import { appFile, appPolicy } from "./app-files-node.ts";
import type { CorrectedStore, HeldObject } from "./corrected-store.ts";
import {
  isOwnHost,
  isSameSecret,
  mayRead,
  namesIn,
  preflightHeaders,
  type SharedWith,
  sharingHeaders,
  statusOf,
  wantedPart,
} from "./http-rules.ts";

/** An image by its address: two names, of which the first tells it from what was served before. */
export interface MountedImage {
  readonly folder: string;
  readonly name: string;
  readonly store: CorrectedStore;
}

/** What a server has beside its images. */
export interface ServerPages {
  readonly root: string;
  readonly links: ReadonlyMap<string, string>;
}

/** What requests are answered with. */
export interface Answered {
  readonly images: readonly MountedImage[];
  /** The first name of every path, where there is one. */
  readonly token?: string | undefined;
  readonly shared: SharedWith;
  /** Names of this server, beside those of the loopback. */
  readonly hosts: readonly string[];
  readonly pages: ServerPages;
}

/**
 * A client that takes nothing for so long holds memory that others wait for. Pages do not read while they compute: the
 * engine of our own asks for the next chunk, and fits for a while before it takes it.
 */
const longestPauseMs = 60_000;
/** So does one that takes less than this, in bytes per second: a slow line, but one that moves. */
const slowestRate = 20_000;
/** Requests that wait longer for a chunk are answered by "try again": it may be made by then. */
const longestWaitMs = 120_000;

/** An answer that says why it is none, or nothing but its status. */
interface Refusal {
  readonly status: number;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A connection with more requests that are not answered yet is closed: no browser or library sends so much ahead. */
const mostWaiting = 32;

/** Answers every request; never throws. */
export function answerWith(answered: Answered): RequestListener {
  /** The last request of each connection: those that follow it on the same one hold no memory before it is answered. */
  const last = new WeakMap<Socket, Promise<void>>();
  const waiting = new WeakMap<Socket, number>();
  const count = (socket: Socket, change: number) => {
    const left = (waiting.get(socket) ?? 0) + change;
    waiting.set(socket, left);
    return left;
  };
  return (request, response) => {
    const { socket } = request;
    if (count(socket, 1) > mostWaiting) socket.destroy();
    response.once("close", () => count(socket, -1));
    const before = last.get(socket) ?? Promise.resolve();
    const done = before.then(() => (socket.destroyed ? undefined : answer(answered, request, response)));
    last.set(socket, done);
  };
}

async function answer(answered: Answered, request: IncomingMessage, response: ServerResponse): Promise<void> {
  for (const [name, value] of Object.entries(commonHeaders(answered, request))) response.setHeader(name, value);
  try {
    const refusal = refusalOf(answered, request) ?? (await serve(answered, request, response));
    if (refusal !== undefined) refuse(request, response, refusal);
  } catch (error) {
    if (response.headersSent) response.destroy();
    else refuse(request, response, describe(error));
  }
}

function commonHeaders({ shared }: Answered, { headers }: IncomingMessage): Record<string, string> {
  return {
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "cross-origin",
    ...sharingHeaders(headers.origin, shared),
  };
}

// What is asked for.

/** Longer addresses are none of an image. */
const longestTarget = 2048;

/** Whether a client has an object already. @param header its `If-None-Match` */
function hasAlready(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  return header.trim() === "*" || header.split(",").some((one) => one.trim().replace(/^W\//, "") === tag);
}

/** Seconds after which a request that found no memory may come again. */
const retryAfterSeconds = "1";

/** What is refused without a look at what it asks for. */
function refusalOf(
  { hosts, shared }: Answered,
  { method = "", url = "", headers, headersDistinct }: IncomingMessage,
): Refusal | undefined {
  const { origin } = headers;
  const [host, ...furtherHosts] = headersDistinct.host ?? [];
  if (!isOwnHost(host, hosts) || furtherHosts.length > 0) {
    return { status: 421, text: "This server is not the one that the request names." };
  }
  if (method === "OPTIONS") {
    if (origin !== undefined && !mayRead(origin, shared)) {
      return { status: 403, text: "Pages of this site may not read the image: --cors says which may." };
    }
    const allowed = origin === undefined ? { allow: "GET, HEAD, OPTIONS" } : preflightHeaders;
    return { status: 204, text: "", headers: allowed };
  }
  if (method !== "GET" && method !== "HEAD") {
    const allow = { allow: "GET, HEAD, OPTIONS" };
    return { status: 405, text: "The image can only be read.", headers: allow };
  }
  return url.length > longestTarget
    ? { status: 414, text: "The address is too long to be one of the image." }
    : undefined;
}

async function serve(
  { token, images, pages }: Answered,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Refusal | undefined> {
  const names = namesIn(request.url!);
  if (names === undefined) return { status: 400, text: "The address is no path." };
  if (token !== undefined && !isSameSecret(names.shift() ?? "", token)) {
    return { status: 403, text: "The address lacks the token with which the server was started." };
  }
  if (names.length === 0) return sendPage(request, response, pages.root);
  const [folder, name, ...key] = names;
  if (folder === "app") return sendApp(request, response, names.slice(1).join("/"));
  const location = name === undefined ? pages.links.get(folder!) : undefined;
  if (location !== undefined) return { status: 302, text: "", headers: { location } };
  const image = images.find((one) => one.folder === folder && one.name === name);
  if (image !== undefined) return await sendObject(image.store, key.join("/"), request, response);
  if (!images.some((one) => one.name === name)) return { status: 404, text: "There is nothing of that name." };
  // Not 404: the viewer of an image that was served before would take its chunks for empty ones
  return {
    status: 500,
    text: "This image is no longer served: the server was restarted with another source or profile.",
  };
}

/** A file of the page in the browser; its other files are named relative to its folder. */
function sendApp(request: IncomingMessage, response: ServerResponse, name: string): Refusal | undefined {
  if (/\/app$/.test(request.url!)) return { status: 302, text: "", headers: { location: "app/" } };
  const file = appFile(name === "" ? "index.html" : name);
  if (file === undefined) return { status: 404, text: "There is no such file." };
  response.setHeader("content-security-policy", appPolicy);
  response.writeHead(200, { "content-type": file.type, "content-length": file.bytes.length });
  response.end(request.method === "HEAD" ? undefined : file.bytes);
  return undefined;
}

function sendPage(request: IncomingMessage, response: ServerResponse, page: string): undefined {
  const bytes = new TextEncoder().encode(page);
  response.setHeader(
    "content-security-policy",
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  );
  response.writeHead(200, { "content-type": "text/html; charset=utf-8", "content-length": bytes.length });
  response.end(request.method === "HEAD" ? undefined : bytes);
}

async function sendObject(
  store: CorrectedStore,
  key: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Refusal | undefined> {
  const absent = { status: 404, text: "There is no such object." };
  const digest = await store.tag(key);
  if (digest === undefined) return absent;
  const tag = `"${digest}"`;
  const { headers } = request;
  // Known without making it
  response.setHeader("cache-control", "no-cache");
  if (hasAlready(headers["if-none-match"], tag)) return { status: 304, text: "", headers: { etag: tag } };
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const object = await store.open(key, AbortSignal.any([gone.signal, AbortSignal.timeout(longestWaitMs)]));
  if (object === undefined) return absent;
  try {
    const part = wantedPart(headers.range, object.size, tag, String(headers["if-range"] ?? "") || undefined);
    const type = /\.z(array|attrs|group|metadata)$|\.json$/.test(key) ? "application/json" : "application/octet-stream";
    const facts = { etag: tag, "accept-ranges": "bytes", "content-type": type };
    if (part.kind === "beyond") {
      const headers = { etag: tag, "content-range": `bytes */${object.size}` };
      return { status: 416, text: "The object ends before that part.", headers };
    }
    const { start, end } = part.kind === "whole" ? { start: 0, end: object.size } : part;
    const range = part.kind === "whole" ? {} : { "content-range": `bytes ${start}-${end - 1}/${object.size}` };
    response.writeHead(part.kind === "whole" ? 200 : 206, { ...facts, ...range, "content-length": end - start });
    if (request.method !== "HEAD") await sendPieces(object, start, end, response);
    else response.end();
    return undefined;
  } finally {
    object.release();
  }
}

/** Returns once the last byte was handed to the system, so that memory is not free before. */
async function sendPieces(object: HeldObject, start: number, end: number, response: ServerResponse): Promise<void> {
  // Ends the connection where nothing moves, or too slowly
  response.setTimeout(longestPauseMs);
  const tooLate = setTimeout(() => response.destroy(), longestPauseMs + (1000 * (end - start)) / slowestRate);
  response.once("close", () => clearTimeout(tooLate));
  for await (const piece of object.read(start, end)) {
    if (response.destroyed) return;
    await new Promise<void>((resolve) => {
      response.once("close", resolve);
      response.write(piece, () => {
        response.removeListener("close", resolve);
        resolve();
      });
    });
  }
  response.end();
}

function refuse(request: IncomingMessage, response: ServerResponse, { status, text, headers = {} }: Refusal): void {
  const bytes = new TextEncoder().encode(text === "" ? "" : `${text}\n`);
  const isEmpty = status === 204 || status === 304;
  const described = isEmpty ? {} : { "content-type": "text/plain; charset=utf-8", "content-length": bytes.length };
  response.writeHead(status, { ...described, ...headers });
  response.end(isEmpty || request.method === "HEAD" ? undefined : bytes);
}

/** What went wrong, as a sentence. */
function describe(error: unknown): Refusal {
  const known = error instanceof IsoluxError ? error : undefined;
  const status = statusOf(known?.kind);
  const text = known?.message ?? "The server failed to make this.";
  return { status, text, ...(status === 503 && { headers: { "retry-after": retryAfterSeconds } }) };
}
