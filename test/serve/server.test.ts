/** What a server answers, and that nothing that went wrong is taken for empty pixels. */
import { once } from "node:events";
import { readFile, rename, rm, truncate, utimes, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { HttpStore } from "../../src/node.ts";
import type { SharedWith } from "../../src/serve/http-rules.ts";
import type { ServedStores } from "../../src/serve/serve-image.ts";
import { checkServer, type ListeningServer, listen } from "../../src/serve/server-node.ts";
import { openImage, temporaryFolder, type WrittenImage, writeImage } from "./serving.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let source: WrittenImage;
const running: ListeningServer[] = [];
beforeAll(async () => {
  folder = await temporaryFolder();
  source = await writeImage(folder.path, "served", {
    gridYx: [1, 2],
    tileShapeYx: [32, 40],
    chunkShapeZyx: [4, 32, 40],
  });
});
afterAll(() => folder.remove());
afterEach(async () => {
  for (const server of running.splice(0)) await server.close();
});

interface Started {
  readonly address: string;
  readonly image: string;
  readonly stores: ServedStores;
}

async function start({ token, shared }: { token?: string; shared?: SharedWith } = {}): Promise<Started> {
  const stores = await openImage(source);
  const server = await listen({
    images: [{ folder: "0123456789ab", name: "image.zarr", store: stores.corrected }],
    host: "127.0.0.1",
    port: 0,
    token,
    shared: shared ?? { kind: "origins", origins: ["https://viewer.example"] },
    pages: async () => ({ root: "<p>page</p>", links: new Map([["viewer", "https://viewer.example/#!image"]]) }),
  });
  running.push(server);
  return { address: server.address, image: `${server.address}/0123456789ab/image.zarr`, stores };
}

const chunk = "0/0/0/0/0";

/** Without what `fetch` does to addresses and headers. */
function ask(
  address: string,
  path: string,
  options: { method?: string; headers?: Record<string, string> | string[] } = {},
) {
  const { port } = new URL(address);
  return new Promise<{ status: number; text: string; headers: Record<string, unknown> }>((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port, path, ...options }, (answer) => {
      let text = "";
      answer.on("data", (piece) => {
        text += piece;
      });
      answer.on("end", () => resolve({ status: answer.statusCode!, text, headers: answer.headers }));
    });
    asked.on("error", reject).end();
  });
}

describe("a server", () => {
  it("sends whole chunks and parts of them", async () => {
    const { image } = await start();
    const whole = await fetch(`${image}/${chunk}`);
    const bytes = new Uint8Array(await whole.arrayBuffer());
    const size = bytes.length;
    expect([whole.status, whole.headers.get("content-length"), whole.headers.get("content-encoding")]).toEqual([
      200,
      String(size),
      null,
    ]);
    for (const [range, status, start, end] of [
      ["bytes=0-9", 206, 0, 10],
      ["bytes=5-5", 206, 5, 6],
      [`bytes=10-${10 * size}`, 206, 10, size],
      ["bytes=100-", 206, 100, size],
      ["bytes=-16", 206, size - 16, size],
      [`bytes=-${2 * size}`, 206, 0, size],
      [`bytes=${size}-`, 416, 0, 0],
      ["bytes=-0", 416, 0, 0],
      // What is not understood, or several parts, count as the whole
      ["bytes=9-5", 200, 0, size],
      ["bytes=-", 200, 0, size],
      ["bytes=0-1,4-5", 200, 0, size],
      ["lines=0-1", 200, 0, size],
      ["bytes=0--1", 200, 0, size],
      ["bytes=a-b", 200, 0, size],
      ["bytes=0x0-9", 200, 0, size],
      ["bytes= 0-9 ", 206, 0, 10],
      [`bytes=0-${"9".repeat(15)}`, 206, 0, size],
      [`bytes=0-${"9".repeat(40)}`, 200, 0, size],
      [`bytes=${"9".repeat(15)}-`, 416, 0, 0],
    ] as const) {
      const part = await fetch(`${image}/${chunk}`, { headers: { range } });
      expect([range, part.status]).toEqual([range, status]);
      const named = status === 206 ? `bytes ${start}-${end - 1}/${size}` : status === 416 ? `bytes */${size}` : null;
      expect([range, part.headers.get("content-range")]).toEqual([range, named]);
      const content = new Uint8Array(await part.arrayBuffer());
      if (status !== 416) expect(Buffer.from(content).equals(bytes.subarray(start, end))).toBe(true);
    }
  });

  it("answers HEAD, and what a client has already, without the bytes", async () => {
    const { image, stores } = await start();
    const head = await fetch(`${image}/${chunk}`, { method: "HEAD" });
    const whole = await fetch(`${image}/${chunk}`);
    const size = (await whole.arrayBuffer()).byteLength;
    expect([head.status, Number(head.headers.get("content-length"))]).toEqual([200, size]);
    const tag = whole.headers.get("etag")!;
    expect(head.headers.get("etag")).toBe(tag);
    const other = await fetch(`${image}/0/0/1/0/0`);
    expect(other.headers.get("etag")).not.toBe(tag);
    for (const [header, status] of [
      [tag, 304],
      [`"x", W/${tag}`, 304],
      ["*", 304],
      ['"x"', 200],
    ] as const) {
      expect((await fetch(`${image}/${chunk}`, { headers: { "if-none-match": header } })).status).toBe(status);
    }
    // A part is wanted of the same object only
    const part = (ifRange: string) =>
      fetch(`${image}/${chunk}`, { headers: { range: "bytes=0-9", "if-range": ifRange } });
    expect([(await part(tag)).status, (await part('"x"')).status]).toEqual([206, 200]);
    // Not made again by another server's memory: known without making
    expect(await stores.corrected.tag(chunk)).toBe(tag.slice(1, -1));
  });

  it("knows of no objects but those of the image", async () => {
    const { address, image } = await start();
    const path = new URL(image).pathname;
    const absent = [`${chunk}0`, "9/0/0/0/0", "0/0/0/0/-1", ".zmetadata", "zarr.json", "tables", "0"];
    const outside = [
      "../../../../etc/passwd",
      "..%2f..%2fetc%2fpasswd",
      "%2e%2e/%2e%2e/.zattrs",
      "0/%00",
      "%2fetc%2fpasswd",
      "%252e%252e%252f%252e%252e%252fetc%252fpasswd",
      "..\\..\\.zattrs",
      "..%5c..%5c.zattrs",
      ".%2e/image.zarr/.zattrs",
      "0/0/0/0/0%00",
      "0/0/0/0/0%20",
      "0/0/0/0/00",
      "0/0/0/0/0x0",
      "0/0/0/0/%EF%BC%90",
    ];
    for (const key of [...absent, ...outside]) {
      const { status, text } = await ask(address, `${path}/${key}`);
      expect([key, status, text.includes("root:")]).toEqual([key, 404, false]);
    }
    expect((await ask(address, "/nothing/here")).status).toBe(404);
    expect((await ask(address, `${path}/%zz`)).status).toBe(400);
    expect((await ask(address, `/${"x".repeat(5000)}`)).status).toBe(414);
    // Longer than what is read of a request at all: the rest is not read, so the answer may be lost; the server goes on
    const tooLong = ask(address, `/${"x".repeat(100_000)}`);
    const told = await tooLong.then(
      ({ status }) => status,
      ({ code }) => code,
    );
    expect([431, "ECONNRESET", "EPIPE"]).toContain(told);
    expect((await ask(address, `${path}/0/.zarray`)).status).toBe(200);
    // Another profile has another address; a viewer of the old one is told, and draws no black
    expect((await ask(address, "/ba9876543210/image.zarr/0/0/0/0/0")).status).toBe(500);
    expect((await ask(address, "//0123456789ab//image.zarr//.zattrs?x=1")).status).toBe(200);
  });

  it("can only be read, by its own name, and by pages that may", async () => {
    const { address, image } = await start();
    const path = `${new URL(image).pathname}/${chunk}`;
    for (const method of ["POST", "PUT", "DELETE", "PATCH", "TRACE"]) {
      const { status, headers } = await ask(address, path, { method });
      expect([method, status, headers.allow]).toEqual([method, 405, "GET, HEAD, OPTIONS"]);
    }
    const status = async (host: string) => (await ask(address, path, { headers: { host } })).status;
    for (const host of ["localhost:99", "127.0.0.1", "[::1]:8000"])
      expect([host, await status(host)]).toEqual([host, 200]);
    for (const host of ["evil.example", "127.0.0.1.evil.example", "localhost@evil"]) {
      expect([host, await status(host)]).toEqual([host, 421]);
    }
    // What stands before a server may take the other one of two
    const two = ["host", "127.0.0.1", "host", "evil.example"];
    expect((await ask(address, path, { headers: two })).status).toBe(421);
    const preflight = (origin: string) =>
      ask(address, path, { method: "OPTIONS", headers: { origin, "access-control-request-method": "GET" } });
    const allowed = await preflight("https://viewer.example");
    expect([allowed.status, allowed.headers["access-control-allow-origin"]]).toEqual([204, "https://viewer.example"]);
    expect(allowed.headers["access-control-allow-headers"]).toMatch(/Range.*If-None-Match/);
    expect((await preflight("http://localhost:5173")).status).toBe(204);
    const refused = await preflight("https://evil.example");
    expect([refused.status, refused.headers["access-control-allow-origin"]]).toEqual([403, undefined]);
    const read = await ask(address, path, { headers: { origin: "https://viewer.example" } });
    expect(read.headers["access-control-expose-headers"]).toMatch(/Content-Length, Content-Range, ETag/);
    const others = await ask(address, path, { headers: { origin: "https://evil.example" } });
    expect([others.headers["access-control-allow-origin"], others.headers.vary]).toEqual([undefined, "Origin"]);
  });

  it("wants its token first, where it has one", async () => {
    const { address, image, stores } = await start({ token: "a-secret-of-mine", shared: { kind: "everybody" } });
    expect(image).toContain("/a-secret-of-mine/0123456789ab/");
    expect(
      (await fetch(`${image}/.zattrs`, { headers: { origin: "https://any.example" } })).headers.get(
        "access-control-allow-origin",
      ),
    ).toBe("*");
    const key = "0123456789ab/image.zarr/.zattrs";
    for (const path of [
      `/${key}`,
      `/a-secret-of-minE/${key}`,
      `/a-secret-of-mine2/${key}`,
      `/a-secret-of-min/${key}`,
      `/a-secret-of-mine%2f${key}`,
      `/x/../a-secret-of-mine/${key}`,
      `/%2e/a-secret-of-mine/${key}`,
      `/?token=a-secret-of-mine`,
      "/",
      "/app/main.js",
    ]) {
      expect([path, (await ask(address, path)).status]).toEqual([path, 403]);
    }
    // Encoded, it is the same name
    expect((await ask(address, `/%61-secret-of-mine/${key}`)).status).toBe(200);
    const moved = await fetch(`${address}/viewer`, { redirect: "manual" });
    expect([moved.status, moved.headers.get("location")]).toEqual([302, "https://viewer.example/#!image"]);
    const store = new HttpStore(image);
    expect(await store.get(chunk)).toEqual(await stores.corrected.get(chunk));
    expect(await store.getRange(chunk, { kind: "suffix", length: 9 })).toEqual((await store.get(chunk))!.slice(-9));
  });
});

describe("a place to listen", () => {
  it("needs a token where other machines reach it, and is free", async () => {
    await expect(checkServer({ host: "0.0.0.0", port: 0 })).rejects.toThrow(/Add --token/);
    await expect(checkServer({ host: "0.0.0.0", port: 0, token: "a-secret-of-mine" })).resolves.toBeUndefined();
    const { address } = await start();
    const port = Number(new URL(address).port);
    await expect(checkServer({ host: "127.0.0.1", port })).rejects.toThrow(/in use already.*another --port/);
  });
});

describe("a server whose source fails", () => {
  const files = () => join(source.image, "0", "0", "0", "0");

  it("says so where a chunk is damaged, and serves the others", async () => {
    const file = join(files(), "0");
    const whole = await readFile(file);
    await truncate(file, whole.length - 20);
    try {
      const { image } = await start();
      const answer = await fetch(`${image}/${chunk}`);
      expect([answer.status, await answer.text()]).toEqual([500, expect.stringMatching(/^[A-Z].*\.\n$/)]);
      expect((await fetch(`${image}/0/0/0/0/1`)).status).toBe(200);
    } finally {
      await writeFile(file, whole);
    }
  });

  it("says so where it was changed meanwhile, of chunks that were read before, too", async () => {
    const { image } = await start();
    expect((await fetch(`${image}/${chunk}`)).status).toBe(200);
    const later = new Date(Date.now() + 60_000);
    await utimes(join(files(), "0"), later, later);
    const answer = await fetch(`${image}/${chunk}`);
    expect([answer.status, await answer.text()]).toEqual([500, expect.stringContaining("changed while it is served")]);
    const past = new Date(Date.now() - 60_000);
    await utimes(join(files(), "0"), past, past);
  });

  it("does not take a source that is gone for an empty one", async () => {
    const { image } = await start();
    await rename(source.image, `${source.image}-gone`);
    try {
      // What was looked at just now is not looked at again
      await new Promise((resolve) => setTimeout(resolve, 1100));
      const answer = await fetch(`${image}/0/0/0/0/1`);
      expect([answer.status, await answer.text()]).toEqual([
        500,
        expect.stringContaining("changed while it is served"),
      ]);
    } finally {
      await rename(`${source.image}-gone`, source.image);
    }
  });

  it("serves an absent chunk of the source as the correction writes it", async () => {
    await rm(join(files(), "1"));
    const { image, stores } = await start();
    const answer = await fetch(`${image}/0/0/0/0/1`);
    const made = await stores.corrected.get("0/0/0/0/1");
    expect(answer.status).toBe(made === undefined ? 404 : 200);
  });

  it("has buffer for a client beside a thousand that never end their requests", async () => {
    const { address, image } = await start();
    const { port } = new URL(address);
    const idle = Array.from({ length: 1100 }, () => {
      const socket = connect(Number(port), "127.0.0.1");
      socket.on("error", () => undefined);
      socket.write("GET / HTTP/1.1\r\nhost: localhost\r\nx: ");
      return socket;
    });
    try {
      await Promise.all(idle.map((socket) => once(socket, "connect").catch(() => undefined)));
      expect((await ask(address, `${new URL(image).pathname}/0/.zarray`)).status).toBe(200);
    } finally {
      for (const socket of idle) socket.destroy();
    }
  });

  it("closes connections whose requests it does not understand, and goes on", async () => {
    const { address, image } = await start();
    const { port, pathname } = new URL(image);
    for (const text of [
      "GET\r\n\r\n",
      "\0\0\0",
      "GET / HTTP/9.9\r\n\r\n",
      "GET http://evil.example/ HTTP/1.1\r\nhost: evil.example\r\n\r\n",
    ]) {
      const socket = connect(Number(port), new URL(address).hostname);
      let answer = "";
      socket.on("data", (piece) => {
        answer += piece;
      });
      socket.on("error", () => undefined);
      socket.end(text);
      await once(socket, "close");
      expect([text, answer === "" || /^HTTP\/1\.1 4\d\d/.test(answer)]).toEqual([text, true]);
    }
    expect((await ask(address, `${pathname}/0/.zarray`)).status).toBe(200);
  });

  it("answers requests that come at once on a connection one after the other", async () => {
    const { address, image, stores } = await start();
    const { port, pathname } = new URL(image);
    const socket = connect(Number(port), new URL(address).hostname);
    const paths = [`${pathname}/${chunk}`, `${pathname}/0/0/1/0/0`, `${pathname}/nothing`, `${pathname}/0/.zarray`];
    const texts = paths.map((path) => `GET ${path} HTTP/1.1\r\nhost: localhost\r\n`);
    socket.write(`${texts.join("\r\n")}connection: close\r\n\r\n`);
    const pieces: Buffer[] = [];
    socket.on("data", (piece: Buffer) => pieces.push(piece));
    await once(socket, "close");
    const answers = Buffer.concat(pieces)
      .toString("latin1")
      .split(/(?=HTTP\/1\.1 \d)/);
    expect(answers.map((answer) => Number(answer.slice(9, 12)))).toEqual([200, 200, 404, 200]);
    const first = answers[0]!.slice(answers[0]!.indexOf("\r\n\r\n") + 4);
    expect(Buffer.from(first, "latin1")).toEqual(Buffer.from((await stores.corrected.get(chunk))!));
  });

  it("closes a connection with too many requests ahead, and goes on", async () => {
    const { address, image, stores } = await start();
    const { port, pathname } = new URL(image);
    const socket = connect(Number(port), new URL(address).hostname);
    socket.on("error", () => undefined);
    const text = `GET ${pathname}/${chunk} HTTP/1.1\r\nhost: localhost\r\n\r\n`;
    socket.write(text.repeat(200));
    socket.resume();
    await once(socket, "close");
    expect(socket.bytesRead).toBeLessThan(200 * (await stores.corrected.get(chunk))!.length);
    expect((await ask(address, `${pathname}/0/.zarray`)).status).toBe(200);
  });
});
