import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { IsoluxError } from "../../../src/errors.ts";
import { HttpStore } from "../../../src/zarr/remote/http-store.ts";
import { type ObjectQuestion, RemoteReader } from "../../../src/zarr/remote/remote-reader.ts";
import { type FileServerOptions, fileHandler, type Handler, serve, type WebServer } from "./web-server.ts";

/** Little patience, so that tests are fast. */
const hasty = { firstWaitMs: 4, longestWaitMs: 20, stallMs: 500 };
const content = Uint8Array.from({ length: 1000 }, (_, i) => i % 251);
const open: WebServer[] = [];

afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

async function start(handler: Handler): Promise<WebServer> {
  const server = await serve(handler);
  open.push(server);
  return server;
}

async function files(objects: Record<string, Uint8Array>, options?: FileServerOptions) {
  const server = await start(fileHandler((key) => objects[key], options));
  return { server, store: new HttpStore(`${server.url}/data/`, hasty) };
}

/** A server that is handed one handler for each request, the last one for all that follow. */
async function sequence(...handlers: Handler[]) {
  const left = [...handlers];
  const server = await start((request, response) => (left.length > 1 ? left.shift()! : left[0]!)(request, response));
  return { server, store: new HttpStore(server.url, hasty) };
}

const whole = fileHandler((key) => (key === "a" ? content : undefined));
const status =
  (code: number, headers: Record<string, string> = {}): Handler =>
  (_, response) =>
    response.writeHead(code, headers).end("explanation");

describe("a server that compresses on the way", () => {
  it("does not tell the length of an object, which is counted", async () => {
    const packed = gzipSync(new Uint8Array(3e6));
    const server = await start((request, response) => {
      response.writeHead(200, { "content-encoding": "gzip", "content-length": packed.length });
      response.end(request.method === "HEAD" ? undefined : packed);
    });
    expect(await new HttpStore(server.url, hasty).facts("a")).toMatchObject({ bytes: 3e6 });
  });

  it("is asked to send the object, of which no more than a byte is kept: it may be a thousand times as large", async () => {
    const asked: ObjectQuestion[] = [];
    const headers = new Headers({ "content-encoding": "gzip" });
    const reader = new RemoteReader({
      ask: async (question) => {
        asked.push(question);
        return { status: 200, statusText: "", headers, body: new Uint8Array(0), received: 5000, tries: 1 };
      },
      classify: () => "there",
      fault: (_, key) => new IsoluxError({ kind: "storage", what: "No answer", where: key }),
      where: (key) => key,
    });
    expect(await reader.facts("a")).toMatchObject({ bytes: 5000 });
    expect(asked.filter(({ method }) => method === "GET").map(({ part }) => part?.length)).toEqual([1, 1]);
  });
});

describe.each<[string, FileServerOptions]>([
  ["takes ranges", {}],
  ["ignores ranges", { ranges: "ignored" }],
  ["takes no ranges that count from the end", { ranges: "noSuffixes" }],
  ["knows no HEAD", { refusesHead: true }],
  ["knows neither", { refusesHead: true, ranges: "ignored" }],
])("a server that %s", (_, options) => {
  const objects = { "data/a": content, "data/empty": new Uint8Array(0) };

  it("gives objects and parts of them", async () => {
    const { store } = await files(objects, options);
    expect(await store.get("a")).toEqual(content);
    expect(await store.getRange("a", { kind: "slice", offset: 3, length: 5 })).toEqual(content.subarray(3, 8));
    expect(await store.getRange("a", { kind: "slice", offset: 990, length: 99 })).toEqual(content.subarray(990));
    expect(await store.getRange("a", { kind: "slice", offset: 1000, length: 9 })).toEqual(new Uint8Array(0));
    expect(await store.getRange("a", { kind: "slice", offset: 2, length: 0 })).toEqual(new Uint8Array(0));
    for (let round = 0; round < 2; round++) {
      expect(await store.getRange("a", { kind: "suffix", length: 7 })).toEqual(content.subarray(993));
    }
    expect(await store.getRange("a", { kind: "suffix", length: 7000 })).toEqual(content);
    expect(await store.getRange("empty", { kind: "suffix", length: 7 })).toEqual(new Uint8Array(0));
    expect((await store.get("a"))!.buffer.byteLength).toBe(1000);
  });

  it("tells size and time", async () => {
    const { store } = await files(objects, options);
    expect(await store.facts("a")).toEqual({ bytes: 1000, modifiedMs: 1445412480000, tag: '"e"' });
    expect((await store.facts("empty"))!.bytes).toBe(0);
  });

  it("has nothing where there is nothing", async () => {
    const { store } = await files(objects, options);
    for (const key of ["b", "a/b", ""]) {
      expect(await store.get(key), key).toBeUndefined();
      expect(await store.facts(key), key).toBeUndefined();
      for (const length of [0, 4]) {
        expect(await store.getRange(key, { kind: "slice", offset: 0, length }), key).toBeUndefined();
        expect(await store.getRange(key, { kind: "suffix", length }), key).toBeUndefined();
      }
    }
  });
});

describe("an HTTP store", () => {
  it("cannot list, and says so", async () => {
    const { server, store } = await files({});
    expect(await store.list()).toBeUndefined();
    expect(server.requests).toEqual([]);
  });

  it("asks for as little as it needs", async () => {
    const { server, store } = await files({ "data/a": content });
    await store.getRange("a", { kind: "slice", offset: 3, length: 5 });
    await store.getRange("a", { kind: "suffix", length: 5 });
    await store.facts("a");
    expect(server.requests).toEqual(["GET /data/a bytes=3-7", "GET /data/a bytes=-5", "HEAD /data/a"]);
  });

  it("does not read on where a server ignores the range", async () => {
    let sent = 0;
    const endless: Handler = (_, response) => {
      response.writeHead(200, { "content-length": 1e12 });
      const more = () => {
        while (!response.destroyed && response.write(new Uint8Array(65_536).fill(7))) sent += 65_536;
        response.once("drain", more);
      };
      more();
    };
    const { store } = await sequence(endless);
    expect(await store.getRange("a", { kind: "slice", offset: 70_000, length: 4 })).toEqual(new Uint8Array(4).fill(7));
    expect(sent).toBeLessThan(64 << 20);
  });

  it("keeps any name within its folder", async () => {
    const keys = ["with space", "a+b", "100%", "ü/é", "q?x=1", "h#1", "%2e%2e", "it's (1)*!"];
    const { store } = await files(Object.fromEntries(keys.map((key) => [`data/${key}`, content])));
    for (const key of keys) expect(await store.get(key), key).toEqual(content);
    for (const key of ["../data/a", "a/../b", "./a", "/a", "a//b", "a/", "\ud800"]) {
      await expect(store.get(key), key).rejects.toMatchObject({ kind: "invalid" });
    }
  });

  it("sends tokens and passwords with every request and shows them in no message", async () => {
    const seen: string[] = [];
    const server = await start((request, response) => {
      seen.push(`${request.url} ${request.headers.authorization}`);
      response.writeHead(400).end();
    });
    const store = new HttpStore(`${server.url.replace("://", "://me:p%40ss@")}/x?token=secret`, hasty);
    const error = await store.get("a").catch((reason: Error) => reason);
    expect(seen).toEqual([`/x/a?token=secret Basic ${btoa("me:p@ss")}`]);
    expect(store.location).toBe(`${server.url}/x`);
    expect(String(error)).toContain(`${server.url}/x/a`);
    expect(String(error)).not.toMatch(/secret|p@ss|p%40ss/);
  });

  it.each(["ftp://host/x", "nonsense", "https://", ""])("refuses the address %j", (address) => {
    expect(() => new HttpStore(address)).toThrow(expect.objectContaining({ kind: "usage" }));
  });

  it("tells that other sites may be kept out, where a browser tells no reason", async () => {
    const original = globalThis.fetch;
    globalThis.fetch = () => Promise.reject(new TypeError("Failed to fetch"));
    try {
      const store = new HttpStore("https://host/data", { ...hasty, tries: 1 });
      await expect(store.get("a")).rejects.toMatchObject({ advice: expect.stringContaining("(CORS)") });
    } finally {
      globalThis.fetch = original;
    }
    // Nobody listens at this port: Node tells so
    const closed = await start(whole);
    await closed.close();
    const error = await new HttpStore(closed.url, { ...hasty, tries: 1 }).get("a").catch((reason: unknown) => reason);
    expect(error).toMatchObject({ advice: expect.not.stringContaining("CORS"), found: expect.stringMatching(/ECONN/) });
  });

  it("asks only a few things at once", async () => {
    let [running, most] = [0, 0];
    const server = await start((_, response) => {
      most = Math.max(most, ++running);
      setTimeout(() => {
        running--;
        response.writeHead(200).end("x");
      }, 5);
    });
    const store = new HttpStore(server.url, { ...hasty, requestsAtOnce: 3 });
    await Promise.all(Array.from({ length: 20 }, (_, n) => store.get(`${n}`)));
    expect(most).toBe(3);
  });
});

describe("a server with passing faults", () => {
  const cut: Handler = (_, response) => {
    response.writeHead(200, { "content-length": 1000 });
    response.write(content.subarray(0, 400));
    setTimeout(() => response.destroy(), 10);
  };
  const cutWithoutLength: Handler = (_, response) => {
    response.writeHead(200);
    response.write(content.subarray(0, 400));
    setTimeout(() => response.destroy(), 10);
  };
  const silent: Handler = () => {};
  const stalled: Handler = (_, response) => {
    response.writeHead(200, { "content-length": 1000 });
    response.write(content.subarray(0, 400));
  };
  const dropped: Handler = (request) => request.socket.destroy();
  const crawling: Handler = (_, response) => {
    response.writeHead(200, { "content-length": 1000 });
    const timer = setInterval(() => response.write(content.subarray(0, 1)), 20);
    response.on("close", () => clearInterval(timer));
  };

  it.each<[string, Handler]>([
    ["500", status(500)],
    ["503", status(503)],
    ["429 and a wait", status(429, { "retry-after": "3600" })],
    ["408", status(408)],
    ["a body that breaks off", cut],
    ["a body of unknown length that breaks off", cutWithoutLength],
    ["no answer", silent],
    ["a body that comes to a standstill", stalled],
    ["a connection that is dropped", dropped],
  ])("is asked again after %s", async (_, fault) => {
    const { server, store } = await sequence(fault, fault, whole);
    expect(await store.get("a")).toEqual(content);
    expect(server.requests).toHaveLength(3);
  });

  it.each<[string, Handler, number, RegExp]>([
    ["503", status(503), 5, /found HTTP status 503 \(Service Unavailable\)/],
    ["a wrong length", cut, 5, /terminated|closed|ended/],
    ["silence", silent, 3, /nothing came for 0.5 s/],
    ["a body that crawls", crawling, 3, /less than 1000 bytes a second came/],
    ["a dropped connection", dropped, 5, /fetch failed|closed|hang up/],
  ])("fails in the end after %s, with the address and the tries", async (_, fault, tries, found) => {
    const { server, store } = await sequence(fault);
    const error = await store.get("x/a").catch((reason: unknown) => reason);
    expect(error).toMatchObject({ kind: "storage", where: `${server.url}/x/a`, message: expect.stringMatching(found) });
    expect(error).toMatchObject({ what: expect.stringContaining(`in ${tries} tries`) });
    expect(server.requests).toHaveLength(tries);
  });

  it("is given up soon where it answers nothing, however many requests wait for it", async () => {
    const { url, requests } = await start(silent);
    const store = new HttpStore(url, { ...hasty, requestsAtOnce: 3 });
    const asked = Array.from({ length: 60 }, (_, index) => store.get(`a${index}`));
    await expect(Promise.race(asked)).rejects.toThrow("nothing came");
    expect(requests.length).toBeLessThan(20);
    await Promise.allSettled(asked.slice(0, 3));
  });

  it("that sends without an end is left, and not asked again", async () => {
    const { url, requests } = await start((_, response) => {
      const more = () => response.write(new Uint8Array(10_000)) && setImmediate(more);
      response.on("drain", more);
      more();
    });
    const store = new HttpStore(`${url}?token=secret`, { ...hasty, mostBytes: 100_000 });
    const refused = {
      kind: "storage",
      where: `${url}/a`,
      message: expect.stringMatching(/more than an object.*100000 bytes/),
    };
    await expect(store.get("a")).rejects.toMatchObject(refused);
    expect(requests).toHaveLength(1);
  });

  it("goes on as long as something comes", async () => {
    const { store } = await sequence((_, response) => {
      response.writeHead(200, { "content-length": 1000 });
      for (let i = 0; i < 10; i++) setTimeout(() => response.write(content.subarray(i * 100, (i + 1) * 100)), 40 * i);
    });
    expect(await store.get("a")).toEqual(content);
  });

  it("that nobody runs is named", async () => {
    const server = await serve(whole);
    await server.close();
    const store = new HttpStore(server.url, hasty);
    await expect(store.get("a")).rejects.toMatchObject({ found: expect.stringContaining("ECONNREFUSED") });
  });

  it.each([400, 401, 402, 405, 418, 501])("is not asked again after %i", async (code) => {
    const { server, store } = await sequence(status(code));
    await expect(store.get("a")).rejects.toMatchObject({ kind: "storage", found: expect.stringContaining(`${code}`) });
    expect(server.requests).toHaveLength(1);
  });
});

describe("a server that sends something else", () => {
  const partial =
    (range: string, bytes: Uint8Array): Handler =>
    (_, response) =>
      response.writeHead(206, { "content-range": range }).end(bytes);

  it.each<[string, Handler]>([
    ["another part", partial("bytes 0-4/1000", content.subarray(0, 5))],
    ["too little", partial("bytes 3-5/1000", content.subarray(3, 6))],
    ["too much", partial("bytes 3-9/1000", content.subarray(3, 10))],
  ])("than the part asked for: %s", async (_, handler) => {
    const { store } = await sequence(handler);
    await expect(store.getRange("a", { kind: "slice", offset: 3, length: 5 })).rejects.toMatchObject({
      kind: "storage",
      expected: "5 bytes from 3 on",
    });
  });

  it("than the end asked for: the size is asked for first", async () => {
    const { store } = await sequence(partial("bytes 0-4/1000", content.subarray(0, 5)), whole);
    expect(await store.getRange("a", { kind: "suffix", length: 5 })).toEqual(content.subarray(995));
  });

  it("without a length: the object is read to know it", async () => {
    const { store } = await sequence((request, response) => {
      response.writeHead(200);
      response.end(request.method === "HEAD" ? undefined : content);
    });
    expect(await store.facts("a")).toEqual({ bytes: 1000, modifiedMs: 0 });
  });
});

describe("403", () => {
  const forbidden = (isThere: (key: string) => boolean, missing: number) =>
    fileHandler((key) => (isThere(key) ? content : undefined), { missing });

  it("means absence where the server says it of everything that is not there", async () => {
    const { store } = await sequence(forbidden((key) => key === "a/.zarray", 403));
    expect(await store.get("a/.zgroup")).toBeUndefined();
    expect(store.absenceNote).toMatch(/403/);
    expect(await store.get("a/.zarray")).toEqual(content);
    expect(await store.get("a/0.0")).toBeUndefined();
    expect(await store.facts("a/0.1")).toBeUndefined();
  });

  it("is an error where the server says otherwise of what is not there: the object cannot be read", async () => {
    const locked: Handler = (request, response) => {
      if (request.url === "/a/0.0") response.writeHead(403).end();
      else whole(request, response);
    };
    const { store } = await sequence(locked);
    await expect(store.get("a/0.0")).rejects.toMatchObject({
      kind: "storage",
      where: expect.stringMatching(/a\/0.0$/),
    });
  });

  it("is an error where the server knows the size of what it does not send, also if it hides what is missing", async () => {
    const hiding = forbidden((key) => key.startsWith("a/"), 403);
    const { store } = await sequence((request, response) => {
      if (request.method === "GET" && request.url === "/a/0.0") response.writeHead(403).end();
      else hiding(request, response);
    });
    expect(await store.get("a/.zarray")).toEqual(content);
    expect(await store.get("b")).toBeUndefined();
    await expect(store.get("a/0.0")).rejects.toMatchObject({
      kind: "storage",
      where: expect.stringMatching(/a\/0.0$/),
    });
  });

  it("is an error once what could be read cannot any more: no chunk is missing then", async () => {
    let isValid = true;
    const { store } = await sequence(forbidden((key) => isValid && key === "a", 403));
    expect(await store.get("a")).toEqual(content);
    expect(await store.get("b")).toBeUndefined();
    isValid = false;
    await expect(store.get("c")).rejects.toMatchObject({ kind: "storage", where: expect.stringMatching(/\/a$/) });
  });
});

describe("a server that redirects", () => {
  it("is followed, but no header that may be a secret goes to another host", async () => {
    const seen: Record<string, unknown>[] = [];
    const other = await start((request, response) => {
      seen.push(request.headers);
      return whole(request, response);
    });
    const elsewhere = other.url.replace("127.0.0.1", "localhost");
    const first = await start((request, response) => {
      const isOnce = !request.url!.startsWith("/b");
      response.writeHead(302, { location: isOnce ? `/b${request.url}` : elsewhere + request.url!.slice(2) }).end();
    });
    const headers = { "x-api-key": "SECRET", authorization: "Bearer SECRET" };
    const store = new HttpStore(first.url, { ...hasty, headers });
    expect(await store.getRange("a", { kind: "slice", offset: 3, length: 5 })).toEqual(content.subarray(3, 8));
    expect(seen[0]).toMatchObject({ range: "bytes=3-7" });
    expect(JSON.stringify(seen)).not.toContain("SECRET");
    const own = new HttpStore(other.url, { ...hasty, headers });
    expect(await own.get("a")).toEqual(content);
    expect(JSON.stringify(seen)).toContain("SECRET");
  });

  it("in a circle is not followed for ever", async () => {
    const circle = await start((_, response) => response.writeHead(302, { location: "/a" }).end());
    const store = new HttpStore(circle.url, { ...hasty, headers: { "x-api-key": "1" } });
    await expect(store.get("a")).rejects.toThrow("302");
    expect(circle.requests.length).toBeLessThan(200);
  });

  it.each([
    ["in a circle", "/a", /redirect count exceeded/],
    ["to a file", "file:///etc/passwd", /scheme/],
    ["to no address", "http://[", /Invalid URL/],
  ])("%s is asked once: another try would be no better", async (_, location, reason) => {
    const server = await start((_request, response) => response.writeHead(302, { location }).end());
    await expect(new HttpStore(server.url, hasty).get("a")).rejects.toMatchObject({
      kind: "storage",
      what: "The server gave no usable answer in 1 try",
      found: expect.stringMatching(reason),
    });
    expect(server.requests.length).toBeLessThan(30);
  });
});

describe("a server that sends a part where all was asked for", () => {
  const part = (range: string) =>
    start((_, response) => response.writeHead(206, { "content-range": range }).end(content.subarray(0, 10)));

  it.each(["bytes 5-14/15", "bytes 0-9/1000", "bytes 5-14/*"])("is refused: %s", async (range) => {
    const { url } = await part(range);
    const what = "The server sent a wrong part of a file";
    await expect(new HttpStore(url, hasty).get("a")).rejects.toMatchObject({ kind: "storage", what });
  });

  it.each(["bytes 0-9/10", "bytes 0-9/*"])("is taken where that is all there is: %s", async (range) => {
    const { url } = await part(range);
    expect(await new HttpStore(url, hasty).get("a")).toEqual(content.subarray(0, 10));
  });
});
