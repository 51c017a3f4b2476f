/** A web server in the test's own process that answers as the test tells it. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Answers a request. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

/** A running server and the requests that it got, as `METHOD /path range`. */
export interface WebServer {
  readonly url: string;
  readonly requests: string[];
  close(): Promise<void>;
}

/** Starts a server on a free port of this computer only. */
export async function serve(handler: Handler): Promise<WebServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push([request.method, request.url, request.headers.range].filter(Boolean).join(" "));
    handler(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** What a server of files makes of a range. */
export interface FileServerOptions {
  /** Ranges are `ignored`, as by simple servers, or taken but for those that count from the end. */
  readonly ranges?: "all" | "ignored" | "noSuffixes";
  readonly refusesHead?: boolean;
  /** The status for what is not there. */
  readonly missing?: number;
}

/** Answers like a server of files that holds these objects; keys are decoded paths without the first slash. */
export function fileHandler(
  read: (key: string) => Uint8Array | undefined | Promise<Uint8Array | undefined>,
  { ranges = "all", refusesHead = false, missing = 404 }: FileServerOptions = {},
): Handler {
  return async (request, response) => {
    const key = decodeURIComponent(new URL(request.url!, "http://x").pathname.slice(1));
    const bytes = await read(key);
    if (request.method === "HEAD" && refusesHead) return response.writeHead(405).end();
    if (bytes === undefined) return response.writeHead(missing, { "content-type": "text/plain" }).end("no");
    const headers = { "last-modified": "Wed, 21 Oct 2015 07:28:00 GMT", etag: '"e"' };
    const part = ranges === "ignored" ? undefined : parseRange(request.headers.range, bytes.length, ranges);
    if (part === undefined) {
      response.writeHead(200, { ...headers, "content-length": bytes.length });
      return response.end(request.method === "HEAD" ? undefined : bytes);
    }
    const [from, to] = part;
    if (from >= bytes.length) return response.writeHead(416, { "content-range": `bytes */${bytes.length}` }).end();
    response.writeHead(206, { ...headers, "content-range": `bytes ${from}-${to - 1}/${bytes.length}` });
    return response.end(bytes.subarray(from, to));
  };
}

function parseRange(
  range: string | undefined,
  size: number,
  ranges: "all" | "noSuffixes",
): [number, number] | undefined {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(range ?? "") ?? [];
  if (first === undefined || (first === "" && ranges === "noSuffixes")) return undefined;
  if (first === "") return [Math.max(0, size - Number(last)), size];
  return [Number(first), Math.min(size, Number(last) + 1)];
}
