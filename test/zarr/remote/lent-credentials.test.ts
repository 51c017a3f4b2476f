/** Access that expires: by other programs, roles, containers and machines. Every server is played here. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { readS3Access } from "../../../src/zarr/remote/s3-credentials-node.ts";
import { S3Store } from "../../../src/zarr/remote/s3-store.ts";

let folder: string;
let server: Server;
let asked: string[];
let answer: (request: IncomingMessage, body: string) => string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "isolux-lent-"));
  asked = [];
  server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const body = Buffer.concat(parts).toString();
      asked.push(`${request.method} ${request.url?.split("?")[0]} ${request.headers.authorization ?? ""}`);
      response.end(answer(request, body));
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

const address = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const inMinutes = (count: number) => new Date(Date.now() + count * 60_000).toISOString();

/** Only these settings, for Isolux and for the library that it asks. */
function setting(variables: Record<string, string>, config = ""): void {
  for (const name of Object.keys(process.env)) if (name.startsWith("AWS_")) vi.stubEnv(name, undefined);
  writeFileSync(join(folder, "config"), config);
  writeFileSync(join(folder, "credentials"), "");
  const files = { CONFIG_FILE: join(folder, "config"), SHARED_CREDENTIALS_FILE: join(folder, "credentials") };
  for (const [name, value] of Object.entries({ ...files, ...variables })) vi.stubEnv(`AWS_${name}`, value);
}

async function whoAsks() {
  const { credentials } = await readS3Access();
  return typeof credentials === "function" ? await credentials() : credentials;
}

const lent = { accessKeyId: "LENT", secretAccessKey: "SECRET", sessionToken: "TOKEN" };

it("another program gives access", async () => {
  const said = { Version: 1, AccessKeyId: "LENT", SecretAccessKey: "SECRET", SessionToken: "TOKEN" };
  writeFileSync(join(folder, "said.json"), JSON.stringify(said));
  setting({ PROFILE: "lab" }, `[profile lab]\ncredential_process = cat ${join(folder, "said.json")}\n`);
  expect(await whoAsks()).toEqual(lent);
});

it("keys in the environment come before what a profile would ask for", async () => {
  const own = { ACCESS_KEY_ID: "E", SECRET_ACCESS_KEY: "S" };
  setting({ PROFILE: "lab", ...own }, "[profile lab]\ncredential_process = false\n");
  expect(await whoAsks()).toEqual({ accessKeyId: "E", secretAccessKey: "S" });
});

it.each([
  ["sso_start_url", "sso_start_url = https://lab.example\nsso_region = x\n"],
  ["sso_session", "sso_session = lab\n[sso-session lab]\nsso_region = x\nsso_start_url = https://lab.example\n"],
])("who has not signed in is told how: %s", async (way, lines) => {
  setting({ PROFILE: "lab" }, `[profile lab]\nsso_account_id = 1\nsso_role_name = r\n${lines}`);
  const message = new RegExp(`could not be obtained \\(profile lab, ${way}\\).*Run: aws sso login --profile lab`);
  await expect(readS3Access()).rejects.toMatchObject({ kind: "usage", message: expect.stringMatching(message) });
});

it("a role is assumed with the keys of another profile", async () => {
  answer = (_, body) => {
    expect(new URLSearchParams(body).get("RoleArn")).toBe("arn:aws:iam::123456789012:role/reader");
    return `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
      <AccessKeyId>LENT</AccessKeyId><SecretAccessKey>SECRET</SecretAccessKey><SessionToken>TOKEN</SessionToken>
      <Expiration>${inMinutes(60)}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`;
  };
  setting(
    { PROFILE: "lab", ENDPOINT_URL_STS: address() },
    `[profile lab]\nregion = eu-west-1\nrole_arn = arn:aws:iam::123456789012:role/reader\nsource_profile = own\n
     [profile own]\naws_access_key_id = OWN\naws_secret_access_key = x\n`.replaceAll(/^ +/gm, ""),
  );
  expect(await whoAsks()).toEqual(lent);
  expect(asked).toEqual([expect.stringMatching(/^POST \/ .*Credential=OWN\//)]);
});

it("a container is given access, which is had once, and again before it expires; requests are signed with it", async () => {
  const documents = [
    { AccessKeyId: "LENT", SecretAccessKey: "SECRET", Token: "TOKEN", Expiration: inMinutes(60) },
    { AccessKeyId: "LATER", SecretAccessKey: "SECRET", Token: "TOKEN", Expiration: inMinutes(120) },
  ];
  answer = ({ url }) => (url === "/who" ? JSON.stringify(documents.shift()) : "hello");
  setting({ CONTAINER_CREDENTIALS_FULL_URI: `${address()}/who`, ENDPOINT_URL_S3: address() });
  const store = new S3Store("bucket", "a", await readS3Access());
  for (const key of ["x", "y"]) expect(new TextDecoder().decode(await store.get(key))).toBe("hello");
  vi.useFakeTimers({ now: Date.now() + 56 * 60_000, toFake: ["Date"] });
  try {
    await Promise.all([store.get("z"), store.get("z")]);
  } finally {
    vi.useRealTimers();
  }
  expect(asked.filter((one) => one.includes("/who"))).toHaveLength(2);
  const signers = asked.flatMap((one) => /Credential=(\w+)/.exec(one)?.[1] ?? []);
  expect(signers).toEqual(["LENT", "LENT", "LATER", "LATER"]);
});

it("a virtual machine has the role that it was given, or none: then nothing is signed", async () => {
  answer = ({ url }) => {
    if (url === "/latest/api/token") return "token";
    if (url?.endsWith("/security-credentials/")) return "reader";
    const role = { Code: "Success", AccessKeyId: "LENT", SecretAccessKey: "SECRET", Token: "TOKEN" };
    return JSON.stringify({ ...role, Expiration: inMinutes(60) });
  };
  setting({ EC2_METADATA_SERVICE_ENDPOINT: address() });
  expect(await whoAsks()).toEqual(lent);
  answer = () => "";
  expect(await whoAsks()).toBeUndefined();
});

it("nobody is asked for access to public data elsewhere", async () => {
  setting({ EC2_METADATA_DISABLED: "true", EC2_METADATA_SERVICE_ENDPOINT: address() });
  expect(await whoAsks()).toBeUndefined();
  expect(asked).toEqual([]);
});
