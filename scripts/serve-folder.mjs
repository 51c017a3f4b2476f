// Serves a folder over HTTP to this machine: parts of files too (ranges), and to pages of other sites (CORS).
import { readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";

const types = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css",
  ".js": "text/javascript",
  ".wasm": "application/wasm",
};

/** What pages of other sites may ask for, and see of the answers besides the bytes. */
const sharing = {
  "access-control-allow-origin": "*",
  "access-control-allow-headers": "range",
  "access-control-allow-methods": "GET, HEAD",
};
const seen = { "access-control-expose-headers": "content-range, etag, last-modified" };

/**
 * Starts a server of a folder on a free port.
 * @param {string} folder
 * @param {"shared" | "hidden headers" | "own pages only"} policy what pages of other sites get
 * @returns its `url`, `close()`, `requests`: how many of each kind it answered, and `hold(pattern)`: lets those for such
 * paths wait until what that returns is called
 */
export async function serveFolder(folder, policy) {
  const requests = { whole: 0, ranges: 0, preflights: 0 };
  const common = {
    ...(policy !== "own pages only" && sharing),
    ...(policy === "shared" && seen),
    "cache-control": "no-store",
  };
  let held = { pattern: /$^/, until: Promise.resolve() };
  const hold = (pattern) => {
    let release;
    held = { pattern, until: new Promise((resolve) => (release = resolve)) };
    return () => {
      held = { pattern: /$^/, until: Promise.resolve() };
      release();
    };
  };
  const server = createServer(async (request, response) => {
    if (held.pattern.test(request.url)) await held.until;
    if (request.method === "OPTIONS") {
      requests.preflights++;
      return response.writeHead(204, common).end();
    }
    const path = join(folder, normalize(decodeURIComponent(new URL(request.url, "http://x").pathname)));
    if (!isFile(path)) return response.writeHead(404, common).end();
    const bytes = readFileSync(path);
    const headers = { ...common, "content-type": types[extname(path)] ?? "application/octet-stream" };
    const [from, to] = rangeOf(request.headers.range, bytes.length) ?? [0, bytes.length];
    const isPart = from > 0 || to < bytes.length;
    requests[isPart ? "ranges" : "whole"]++;
    if (isPart) headers["content-range"] = `bytes ${from}-${to - 1}/${bytes.length}`;
    response.writeHead(isPart ? 206 : 200, { ...headers, "content-length": to - from });
    return response.end(request.method === "HEAD" ? undefined : bytes.subarray(from, to));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${server.address().port}`, requests, close, hold };
}

/** The bytes that a range names, half-open; none where there is no range. */
function rangeOf(header, size) {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? [];
  if (first === undefined) return undefined;
  if (first === "") return [Math.max(0, size - Number(last)), size];
  return [Math.min(size, Number(first)), last === "" ? size : Math.min(size, Number(last) + 1)];
}

function isFile(path) {
  try {
    return statSync(path).isFile();
  } catch {
    // Not there, or below a file
    return false;
  }
}
