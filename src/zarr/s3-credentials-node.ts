/**
 * Who asks an S3 server and where it is, as Amazon's own tools find it: from the environment, then from the files in
 * `~/.aws`.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html
 */
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { IsoluxError } from "../errors.ts";
import { type IniSections, parseIni } from "./remote/ini.ts";
import type { S3Access, S3Credentials } from "./s3-store.ts";
import { codeOf, storageFault } from "./storage-fault.ts";

type Environment = Readonly<Record<string, string | undefined>>;
type Settings = Readonly<Record<string, string>>;

/** Ways to prove who asks for which another program is needed. */
const otherWays = ["credential_process", "sso_session", "sso_start_url", "role_arn", "web_identity_token_file"];

/**
 * Region, endpoint and credentials from an environment and the files that it names.
 * @returns no credentials where there are none: then requests are not signed
 * @throws IsoluxError `usage` where a profile is not there, is incomplete or needs another program
 */
export async function readS3Access(environment: Environment = process.env): Promise<S3Access> {
  const folder = join(homedir(), ".aws");
  const configPath = environment.AWS_CONFIG_FILE || join(folder, "config");
  const config = await readSections(configPath);
  const keys = await readSections(environment.AWS_SHARED_CREDENTIALS_FILE || join(folder, "credentials"));
  const name = environment.AWS_PROFILE || environment.AWS_DEFAULT_PROFILE || "default";
  const profile = config.get(name === "default" ? name : `profile ${name}`) ?? config.get(`profile ${name}`);
  const settings: Settings = { ...profile, ...keys.get(name) };
  if (name !== "default" && profile === undefined && !keys.has(name)) throw noProfile(name, configPath);
  const endpoint = environment.AWS_ENDPOINT_URL_S3 || environment.AWS_ENDPOINT_URL || endpointOf(settings, config);
  const credentials = environmentCredentials(environment) ?? profileCredentials(settings, name);
  return {
    region: environment.AWS_REGION || environment.AWS_DEFAULT_REGION || settings.region || "us-east-1",
    ...(endpoint && { endpoint }),
    ...(credentials && { credentials }),
  };
}

async function readSections(path: string): Promise<IniSections> {
  try {
    return parseIni(await readFile(path, "utf8"));
  } catch (cause) {
    if (codeOf(cause) === "ENOENT") return new Map();
    throw storageFault(cause, "read", path);
  }
}

/** The address of the server in a profile: its own, or that of the services it refers to. */
function endpointOf(profile: Settings, config: IniSections): string | undefined {
  const services = profile.services === undefined ? undefined : config.get(`services ${profile.services}`);
  return services?.["s3.endpoint_url"] ?? profile["s3.endpoint_url"] ?? profile.endpoint_url;
}

function environmentCredentials(environment: Environment): S3Credentials | undefined {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = environment;
  if (!AWS_ACCESS_KEY_ID && !AWS_SECRET_ACCESS_KEY) return undefined;
  return complete(AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, "the environment");
}

function profileCredentials(profile: Settings, name: string): S3Credentials | undefined {
  const { aws_access_key_id: id, aws_secret_access_key: secret, aws_session_token: token } = profile;
  const other = otherWays.find((way) => profile[way] !== undefined);
  if (other !== undefined && (id === undefined || other === "role_arn")) {
    throw new IsoluxError({
      kind: "usage",
      what: "A profile of Amazon's tools needs them for its credentials",
      where: `profile ${name}`,
      found: other,
      advice: `Run: eval "$(aws configure export-credentials --profile ${name} --format env)"`,
    });
  }
  return id === undefined && secret === undefined ? undefined : complete(id, secret, token, `profile ${name}`);
}

function complete(id: string | undefined, secret: string | undefined, token: string | undefined, where: string) {
  if (id && secret) return { accessKeyId: id, secretAccessKey: secret, ...(token && { sessionToken: token }) };
  throw new IsoluxError({
    kind: "usage",
    what: "The credentials for S3 are not complete",
    where,
    found: id ? "an access key without its secret" : "a secret without its access key",
    expected: "both",
  });
}

function noProfile(name: string, where: string): IsoluxError {
  return new IsoluxError({
    kind: "usage",
    what: "There is no such profile of Amazon's tools",
    where,
    found: JSON.stringify(name),
    advice: "Check AWS_PROFILE",
  });
}
