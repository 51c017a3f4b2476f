import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStore } from "../../../src/zarr/open-store-node.ts";
import { parseIni, readS3Access } from "../../../src/zarr/remote/s3-credentials-node.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "isolux-aws-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** An environment whose files are those of the test. */
function environment(more: Record<string, string> = {}, config = "", credentials = "") {
  writeFileSync(join(folder, "config"), config);
  writeFileSync(join(folder, "credentials"), credentials);
  const files = {
    AWS_CONFIG_FILE: join(folder, "config"),
    AWS_SHARED_CREDENTIALS_FILE: join(folder, "credentials"),
  };
  return { ...files, ...more };
}

const keys = "aws_access_key_id = ID\naws_secret_access_key = SE+CRET/=\n";
const fromFile = { accessKeyId: "ID", secretAccessKey: "SE+CRET/=" };

describe("readS3Access", () => {
  it("finds nobody where nothing is said", async () => {
    expect(await readS3Access(environment())).toEqual({ region: "us-east-1" });
    const missing = { AWS_CONFIG_FILE: join(folder, "no"), AWS_SHARED_CREDENTIALS_FILE: join(folder, "no") };
    expect(await readS3Access(missing)).toEqual({ region: "us-east-1" });
  });

  it("believes the environment first", async () => {
    const own = { AWS_ACCESS_KEY_ID: "E", AWS_SECRET_ACCESS_KEY: "S", AWS_SESSION_TOKEN: "T", AWS_REGION: "eu-west-1" };
    const config = "[default]\nregion = us-west-2\n";
    expect(await readS3Access(environment(own, config, `[default]\n${keys}`))).toEqual({
      region: "eu-west-1",
      credentials: { accessKeyId: "E", secretAccessKey: "S", sessionToken: "T" },
    });
  });

  it("reads profiles", async () => {
    const config = "[default]\nregion=a-1\n[profile lab ]\nregion = b-2\nendpoint_url = https://lab.example\n";
    const credentials = `[lab]\n${keys}aws_session_token = T # until noon\n`;
    expect(await readS3Access(environment({ AWS_PROFILE: "lab" }, config, credentials))).toEqual({
      region: "b-2",
      endpoint: "https://lab.example",
      credentials: { ...fromFile, sessionToken: "T" },
    });
    expect(await readS3Access(environment({}, `[default]\n${keys}`))).toEqual({
      region: "us-east-1",
      credentials: fromFile,
    });
  });

  it.each([
    ["the environment, for S3", { AWS_ENDPOINT_URL_S3: "http://a", AWS_ENDPOINT_URL: "http://b" }, "http://a"],
    ["the environment", { AWS_ENDPOINT_URL: "http://b" }, "http://b"],
    ["the services of a profile", { AWS_PROFILE: "s" }, "http://c"],
    ["a profile, for S3", { AWS_PROFILE: "n" }, "http://d"],
    ["a profile", {}, "http://e"],
  ])("takes the endpoint from %s", async (_, own, endpoint) => {
    const config = `
[default]
endpoint_url = http://e
[profile s]
services = local
endpoint_url = http://x
[services local]
dynamodb =
  endpoint_url = http://y
s3 =
  endpoint_url = http://c
[profile n]
s3 =
    addressing_style = path
    endpoint_url = http://d
`;
    expect((await readS3Access(environment(own, config))).endpoint).toBe(endpoint);
  });

  it.each<[string, Record<string, string>, string, RegExp]>([
    ["half a pair", { AWS_ACCESS_KEY_ID: "E" }, "", /not complete \(the environment\)/],
    ["half a pair in a file", {}, "[default]\naws_secret_access_key = x\n", /not complete \(profile default\)/],
    ["a profile that is not there", { AWS_PROFILE: "none" }, "", /no such profile.*found "none"/],
    [
      "a role without who takes it",
      {},
      "[default]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = none\n",
      /could not be obtained \(profile default, role_arn\)/,
    ],
    ["a program that fails", {}, "[default]\ncredential_process = false\n", /credential_process.*Command failed/],
  ])("refuses %s", async (_, own, config, message) => {
    const error = await readS3Access(environment(own, config)).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ kind: "usage", message: expect.stringMatching(message) });
  });

  it("skips lines that say nothing", () => {
    const sections = parseIni("; a\n# b\r\nlost = 1\n[x] # c\n = 2\nnonsense\na = 1=2 ; d\n\n[ y\ty ]\nb=\n");
    expect([...sections]).toEqual([
      ["x", { a: "1=2" }],
      ["y y", { b: "" }],
    ]);
  });
});

describe("openStore", () => {
  it.each([
    ["data/a.zarr/raw", "directory", resolve("data/a.zarr"), "raw"],
    ["data/a.zarr/raw/", "directory", resolve("data/a.zarr"), "raw"],
    [pathToFileURL(resolve("data/with space")).href, "directory", resolve("data"), "with space"],
    ["https://h.example/a/b.zarr/raw", "http", "https://h.example/a/b.zarr", "raw"],
    ["https://h.example/a/b%20c.zarr/?token=1#top", "http", "https://h.example/a", "b c.zarr"],
    ["http://h.example:81/a", "http", "http://h.example:81", "a"],
    ["https://h.example", "http", "https://h.example", ""],
    ["s3://bucket/a b/c%.zarr/", "s3", "s3://bucket/a b", "c%.zarr"],
    ["s3://bucket/a", "s3", "s3://bucket", "a"],
    ["s3://bucket", "s3", "s3://bucket", ""],
  ])("knows %s", async (location, kind, place, key) => {
    const opened = await openStore(location);
    expect([opened.kind, opened.store.location, opened.key]).toEqual([kind, place, key]);
  });

  it.each([
    ["gs://bucket/a", "unsupported"],
    ["s3://", "usage"],
    ["s3://Bad Bucket/a", "usage"],
    ["https://h.example/100%", "usage"],
    ["https:///a", "usage"],
    ["file://elsewhere/a%2Fb", "usage"],
  ])("refuses %s", async (location, kind) => {
    await expect(openStore(location)).rejects.toMatchObject({ kind });
  });
});
