import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openMosaic } from "../../../src/acquisition/open-mosaic.ts";
import { readImageMetadata } from "../../../src/ngff/image.ts";
import { writeSyntheticAcquisition } from "../../../src/synthetic/write-acquisition.ts";
import { MemoryStore } from "../../../src/zarr/memory-store.ts";
import { bucketUrl } from "../../../src/zarr/remote/s3-server.ts";
import { S3Store } from "../../../src/zarr/remote/s3-store.ts";
import { objectsBelow } from "../../../src/zarr/store.ts";
import { accessTo, type FakeBucket, type Fault, fail, fakeBucket } from "./s3-fake.ts";
import { serve } from "./web-server.ts";

const bytes = (...values: number[]) => Uint8Array.from(values);
let bucket: FakeBucket;
let store: S3Store;

beforeEach(async () => {
  bucket = await fakeBucket();
  store = new S3Store("bucket", "my data", accessTo(bucket));
});

afterEach(() => bucket.close());

/** A fault for the first requests that fit only. */
function once(fits: string, fault: Fault, times = 1): Fault {
  return (request, response, body) => {
    if (times === 0 || !`${request.method} ${request.url}`.includes(fits)) return false;
    times--;
    return fault(request, response, body);
  };
}

const failing =
  (status: number, code: string): Fault =>
  (_, response) => {
    fail(response, status, code);
    return true;
  };

describe("requests to S3", () => {
  const names = ["with space", "a+b", "100%", "ü/é", "q?x=1", "it's (1)*!", "a&b=c", "~-_."];

  it.each(names)("are signed so that the server agrees, for the name %j", async (name) => {
    await store.set(name, bytes(1, 2));
    expect([...bucket.objects.keys()]).toEqual([`my data/${name}`]);
    expect(await store.get(name)).toEqual(bytes(1, 2));
    expect(await store.getRange(name, { kind: "suffix", length: 1 })).toEqual(bytes(2));
    expect((await store.facts(name))!.bytes).toBe(2);
    expect((await store.list(""))!.map((entry) => entry.name)).toEqual([name.split("/")[0]]);
    await store.remove(name);
    expect(bucket.objects.size).toBe(0);
  });

  it("carry no signature where there are no credentials", async () => {
    const { credentials: _, ...access } = accessTo(bucket);
    const anonymous = new S3Store("bucket", "", access);
    bucket.isPublic = true;
    bucket.objects.set("a", Buffer.of(1));
    expect(await anonymous.get("a")).toEqual(bytes(1));
    bucket.fault = failing(403, "AccessDenied");
    await expect(anonymous.set("a", bytes(2))).rejects.toMatchObject({
      kind: "storage",
      what: expect.stringContaining("no credentials"),
    });
    const fresh = new S3Store("bucket", "", access);
    await expect(readImageMetadata(fresh, "x.zarr")).rejects.toMatchObject({
      kind: "not-found",
      advice: expect.stringContaining("no credentials were found"),
    });
  });

  it("are sent again where the fault may pass, with a new signature", async () => {
    bucket.fault = once("PUT", failing(503, "SlowDown"), 2);
    await store.set("a", bytes(1));
    bucket.fault = once("GET", failing(400, "RequestTimeout"), 2);
    expect(await store.get("a")).toEqual(bytes(1));
    expect(bucket.requests).toHaveLength(6);
  });

  it.each([
    [404, "NoSuchBucket", "not-found", /no such bucket/],
    [403, "SignatureDoesNotMatch", "storage", /does not accept your key.*SignatureDoesNotMatch/],
    [400, "ExpiredToken", "storage", /access has expired/],
    [403, "RequestTimeTooSkewed", "storage", /clock/],
    [403, "InvalidObjectState", "storage", /archived/],
    [503, "SlowDown", "storage", /5 tries \(s3:\/\/bucket\/my data\/a\): found HTTP status 503/],
  ])("that end in %i %s say so", async (status, code, kind, message) => {
    bucket.fault = failing(status, code);
    await expect(store.get("a")).rejects.toMatchObject({ kind, message: expect.stringMatching(message) });
    await expect(store.set("a", bytes(1))).rejects.toMatchObject({ kind, message: expect.stringMatching(message) });
    await expect(store.list("")).rejects.toMatchObject({ kind });
  });

  it("take a broken name of a bucket or server for what it is", () => {
    for (const name of ["", "a/b", "a b", "..", "a..b"]) {
      expect(() => new S3Store(name, "", { region: "x" }), name).toThrow(expect.objectContaining({ kind: "usage" }));
    }
    expect(() => new S3Store("bucket", "", { region: "x", endpoint: "minio:9000" })).toThrow(/S3 server/);
  });

  it("go to the bucket's own host at Amazon, and below any other server", () => {
    expect(bucketUrl("b", { region: "eu-west-1" })).toBe("https://b.s3.eu-west-1.amazonaws.com");
    expect(bucketUrl("b", { region: "cn-north-1" })).toBe("https://b.s3.cn-north-1.amazonaws.com.cn");
    expect(bucketUrl("b.c", { region: "eu-west-1" })).toBe("https://s3.eu-west-1.amazonaws.com/b.c");
    expect(bucketUrl("b", { region: "x", endpoint: "http://h:9000/s3/" })).toBe("http://h:9000/s3/b");
  });
});

describe("listing", () => {
  it("puts the parts of a long list together, without the marks of folders", async () => {
    bucket.pageSize = 3;
    const names = Array.from({ length: 10 }, (_, n) => `${n}`);
    for (const name of ["", ...names, "sub/0", "sub/1", "sub/", "0.0", "&lt; "]) {
      bucket.objects.set(`my data/f/${name}`, Buffer.of(1));
    }
    bucket.objects.set("my data/fg", Buffer.of(1));
    expect(await store.list("f")).toEqual([
      { name: "&lt; ", kind: "object" },
      { name: "0", kind: "object" },
      { name: "0.0", kind: "object" },
      ...names.slice(1).map((name) => ({ name, kind: "object" })),
      { name: "sub", kind: "folder" },
    ]);
    expect(await store.list("nowhere")).toEqual([]);
    expect((await store.list(""))!.map(({ name, kind }) => `${kind} ${name}`)).toEqual(["folder f", "object fg"]);
  });

  const answering =
    (page: (number: number) => string): Fault =>
    ({ method, url = "" }, response) => {
      if (method !== "GET" || !url.includes("list-type")) return false;
      response.writeHead(200).end(`<ListBucketResult>${page(++pages)}</ListBucketResult>`);
      return true;
    };
  let pages = 0;
  const onward = (token: string) =>
    `<IsTruncated>true</IsTruncated><NextContinuationToken>${token}</NextContinuationToken>`;

  it.each([
    ["goes on where it was", () => onward("same"), 2],
    ["goes on with nothing for ever", (number: number) => onward(`${number}`), 101],
    ["goes on nobody knows where", () => "<IsTruncated>true</IsTruncated>", 1],
  ])("ends in a sentence where it %s", async (_, page, count) => {
    pages = 0;
    bucket.fault = answering(page);
    await expect(store.list("f")).rejects.toMatchObject({ kind: "storage", what: expect.stringContaining("server") });
    expect(pages).toBe(count);
  });

  it("is not believed where it names what lies elsewhere: nothing of that is removed", async () => {
    for (const key of ["my data/f/0", "others/precious"]) bucket.objects.set(key, Buffer.of(1));
    bucket.fault = answering(
      () => "<Contents><Key>my data/f/0</Key></Contents><Contents><Key>others/precious</Key></Contents>",
    );
    await expect(store.remove("f")).rejects.toMatchObject({ found: '"others/precious"' });
    await expect(store.list("f")).rejects.toMatchObject({ found: '"others/precious"' });
    expect([...bucket.objects.keys()]).toEqual(["my data/f/0", "others/precious"]);
  });

  it("of uploads that others began gives none of theirs up", async () => {
    bucket.fault = ({ url = "" }, response) => {
      if (!url.includes("uploads")) return false;
      const upload = "<Upload><Key>others/precious</Key><UploadId>7</UploadId></Upload>";
      response.writeHead(200).end(`<ListMultipartUploadsResult>${upload}</ListMultipartUploadsResult>`);
      return true;
    };
    await store.sweep("f");
    expect(bucket.requests).toHaveLength(1);
  });

  it("is undefined where it is not allowed", async () => {
    bucket.fault = once("GET /bucket/?", failing(403, "AccessDenied"));
    expect(await store.list("")).toBeUndefined();
  });

  it("is an error where the answer is no list", async () => {
    bucket.fault = (_, response) => {
      response.end("<html>Welcome to the gateway</html>");
      return true;
    };
    await expect(store.list("")).rejects.toMatchObject({ kind: "storage" });
  });

  it("is not done for the chunks of an array, of which there may be a million", async () => {
    const memory = new MemoryStore();
    await writeSyntheticAcquisition(memory, "demo.zarr", { gridYx: [1, 1], tileShapeYx: [20, 30], planes: 2 });
    for (const key of (await objectsBelow(memory, ""))!) {
      bucket.objects.set(`my data/${key}`, Buffer.from((await memory.get(key))!));
    }
    const { levels, sourceObjects } = await openMosaic(store, "demo.zarr/raw_image");
    const chunk = levels[0]!.array.chunkKey([0, 0, 0, 0]);
    bucket.objects.delete(`my data/${chunk}`);
    expect(await levels[0]!.readChunk([0, 0, 0, 0])).toBeUndefined();
    expect((await sourceObjects()).pixels).toContain(chunk);
    const listings = bucket.requests.filter((line) => line.includes("list-type"));
    expect(listings.length).toBeGreaterThan(0);
    expect(listings.filter((line) => /prefix=[^&]*raw_image%2F\d/.test(line))).toEqual([]);
  });

  it("precedes removing all that is in a folder, and only that", async () => {
    bucket.pageSize = 2;
    for (const name of ["a", "a/", "a/0", "a/1/2", "a/1/3", "ab", "a.b/c"]) {
      bucket.objects.set(`my data/${name}`, Buffer.of(1));
    }
    bucket.pageSize = 1000;
    await store.remove("a");
    expect([...bucket.objects.keys()]).toEqual(["my data/ab", "my data/a.b/c"]);
    await expect(store.remove("")).rejects.toMatchObject({ kind: "invalid" });
  });
});

describe("large objects", () => {
  const large = Uint8Array.from({ length: 10_000 }, (_, i) => i % 251);
  const inParts = () => new S3Store("bucket", "", { ...accessTo(bucket), largestSingleUpload: 3000 });

  it("are uploaded in parts, each again where that fails", async () => {
    bucket.fault = once("partNumber=3", failing(500, "InternalError"), 2);
    await inParts().set("a", large);
    expect(Uint8Array.from(bucket.objects.get("a")!)).toEqual(large);
    expect(bucket.requests.filter((line) => line.startsWith("PUT"))).toHaveLength(7 + 2);
    expect(bucket.uploads.size).toBe(0);
  });

  it("leave nothing behind where a part cannot be sent or the end fails, even with status 200", async () => {
    bucket.fault = once("partNumber=3", failing(403, "AccessDenied"));
    await expect(inParts().set("a", large)).rejects.toMatchObject({ kind: "storage" });
    bucket.fault = once("POST /bucket/a?uploadId", failing(200, "InternalError"));
    await expect(inParts().set("a", large)).rejects.toMatchObject({ found: expect.stringContaining("InternalError") });
    expect([bucket.objects.size, bucket.uploads.size]).toEqual([0, 0]);
  });

  it("are complete where only the answer was lost", async () => {
    let isLost = false;
    bucket.fault = (request, _, body) => {
      if (request.method !== "POST" || isLost || !request.url!.includes("uploadId")) return false;
      isLost = true;
      const id = new URL(request.url!, "http://x").searchParams.get("uploadId")!;
      bucket.objects.set("a", Buffer.concat([...bucket.uploads.get(id)!.parts.values()]));
      bucket.uploads.delete(id);
      expect(body.length).toBeGreaterThan(0);
      request.socket.destroy();
      return true;
    };
    await inParts().set("a", large);
    expect(bucket.objects.get("a")!.length).toBe(10_000);
  });

  it("that killed writers began are given up by a sweep", async () => {
    for (const key of ["my data/x/1", "my data/x/2", "my data/y", "other"]) {
      bucket.uploads.set(key, { key, parts: new Map() });
    }
    await store.sweep("x");
    expect([...bucket.uploads.keys()]).toEqual(["my data/y", "other"]);
  });
});

describe("objects that grow", () => {
  const growing = () => new S3Store("bucket", "", { ...accessTo(bucket), growingPart: 1000 });
  const content = Uint8Array.from({ length: 3700 }, (_, i) => i % 251);
  const pieces = [0, 300, 1000, 1001, 2950, 3700];

  async function grow(store: S3Store, length: number): Promise<void> {
    const writer = store.begin("a", 5000);
    try {
      for (const [i, start] of pieces.entries()) {
        await writer.append(content.subarray(Math.min(start, length), Math.min(pieces[i + 1] ?? length, length)));
      }
      await writer.finish();
    } catch (error) {
      await writer.discard();
      throw error;
    }
  }

  it.each([
    [0, 0],
    [999, 0],
    [1000, 0],
    [1001, 2],
    [2000, 2],
    [3700, 4],
  ])("of %i bytes are put once, in %i parts of equal size but the last", async (length, parts) => {
    const sizes: number[] = [];
    bucket.fault = (request, _, body) => {
      if (request.url!.includes("partNumber")) sizes.push(body.length);
      return false;
    };
    await grow(growing(), length);
    expect(Uint8Array.from(bucket.objects.get("a")!)).toEqual(content.subarray(0, length));
    expect(bucket.requests.filter((line) => line === "PUT /bucket/a")).toHaveLength(parts === 0 ? 1 : 0);
    expect(sizes).toHaveLength(parts);
    expect(sizes.slice(0, -1).every((size) => size === 1000)).toBe(true);
    expect(bucket.uploads.size).toBe(0);
  });

  it("are larger than their number of parts allows only in larger parts", async () => {
    const writer = new S3Store("bucket", "", { ...accessTo(bucket), growingPart: 1 }).begin("a", 1e7);
    for (let i = 0; i < 5; i++) await writer.append(content.subarray(i * 700, (i + 1) * 700));
    await writer.finish();
    expect(bucket.requests.filter((line) => line.includes("partNumber"))).toHaveLength(4);
    expect(Uint8Array.from(bucket.objects.get("a")!)).toEqual(content.subarray(0, 3500));
  });

  it("leave nothing behind where a part cannot be sent, or where they are given up", async () => {
    bucket.fault = once("partNumber=2", failing(403, "AccessDenied"));
    await expect(grow(growing(), 3700)).rejects.toMatchObject({ kind: "storage" });
    const writer = growing().begin("b", 5000);
    await writer.append(content);
    expect(bucket.uploads.size).toBe(1);
    await writer.discard();
    expect([bucket.objects.size, bucket.uploads.size]).toEqual([0, 0]);
  });
});

describe("creating", () => {
  it("makes an object once", async () => {
    expect(await store.create("lock", bytes(1))).toBe(true);
    expect(await store.create("lock", bytes(2))).toBe(false);
    expect(await store.create("other", bytes(2))).toBe(true);
    expect(await store.get("lock")).toEqual(bytes(1));
  });

  it("knows its own object where the answer was lost, and another's", async () => {
    const loseAnswer: Fault = (request, _, body) => {
      if (!bucket.objects.has("my data/lock")) bucket.objects.set("my data/lock", body);
      request.socket.destroy();
      return true;
    };
    bucket.fault = once("PUT", loseAnswer);
    expect(await store.create("lock", bytes(1))).toBe(true);
    bucket.fault = once("PUT", loseAnswer);
    expect(await store.create("lock", bytes(2))).toBe(false);
  });

  it("is refused where the server does not know of conditions", async () => {
    bucket.fault = ({ headers }) => {
      delete headers["if-none-match"];
      return false;
    };
    bucket.isPublic = true;
    await expect(store.create("lock", bytes(1))).rejects.toMatchObject({ kind: "unsupported" });
    bucket.fault = failing(501, "NotImplemented");
    await expect(store.create("lock", bytes(1))).rejects.toMatchObject({ kind: "unsupported" });
  });
});

describe("an expired session", () => {
  it("does not make chunks missing", async () => {
    bucket.objects.set("my data/a", Buffer.of(1));
    expect(await store.get("a")).toEqual(bytes(1));
    // Without the right to list, S3 answers 403 for what is missing.
    const missingIsDenied: Fault = ({ url }, response) => {
      if (url!.endsWith("/a")) return false;
      fail(response, 403, "AccessDenied");
      return true;
    };
    bucket.fault = missingIsDenied;
    expect(await store.get("b")).toBeUndefined();
    bucket.fault = failing(403, "AccessDenied");
    await expect(store.get("b")).rejects.toMatchObject({
      kind: "storage",
      what: expect.stringContaining("permission"),
    });
  });
});

describe("a server that sends on to another", () => {
  it("does not make it get the signature or the token", async () => {
    const seen: string[] = [];
    const other = await serve((request, response) => {
      seen.push(JSON.stringify(request.headers));
      response.writeHead(404).end();
    });
    const first = await serve((request, response) => {
      response.writeHead(307, { location: `${other.url.replace("127.0.0.1", "localhost")}${request.url}` }).end();
    });
    const credentials = { accessKeyId: "A", secretAccessKey: "S", sessionToken: "TOKEN" };
    const sent = new S3Store("bucket", "", { region: "eu-west-1", endpoint: first.url, credentials, tries: 1 });
    for (const task of [
      () => sent.get("a"),
      () => sent.facts("a"),
      () => sent.list(""),
      () => sent.set("a", bytes(1)),
    ]) {
      await expect(task()).rejects.toThrow("does not get your credentials");
    }
    expect(seen).toEqual([]);
    await first.close();
    await other.close();
  });
});
