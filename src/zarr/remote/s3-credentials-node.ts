/**
 * Who asks an S3 server and where it is, as Amazon's own tools find it: from the environment, then from the files in
 * `~/.aws`.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html
 */
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { IsoluxError } from "../../errors.ts";
import { codeOf, storageFault } from "../disk/faults-node.ts";
import type { CredentialSource, S3Access, S3Credentials } from "./s3-server.ts";

type Environment = Readonly<Record<string, string | undefined>>;
type Settings = Readonly<Record<string, string>>;

/** Ways to access that expires, which Amazon's own library knows. */
const otherWays = ["credential_process", "sso_session", "sso_start_url", "role_arn", "web_identity_token_file"];
/** How long before access expires it is fetched anew: an upload must not outlast it. */
const renewalMs = 300_000;

const otherVariables = [
  "AWS_WEB_IDENTITY_TOKEN_FILE",
  "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
  "AWS_CONTAINER_CREDENTIALS_FULL_URI",
];

/** What the environment and the files that it names say of the profile in use. */
interface ProfileSettings {
  readonly name: string;
  readonly settings: Settings;
  readonly place: Pick<S3Access, "region" | "endpoint">;
  readonly files: { readonly configFilepath: string; readonly filepath: string };
}

/**
 * Region, endpoint and credentials from an environment and the files that it names: keys, single sign-on, assumed roles,
 * other programs, and what containers and virtual machines at Amazon's are given.
 * @returns no credentials where there are none: then requests are not signed
 * @throws IsoluxError `usage` where a profile is not there or is incomplete, or its access is not obtained
 */
export async function readS3Access(environment: Environment = process.env): Promise<S3Access> {
  const profile = await readProfile(environment);
  const { name, settings, place } = profile;
  const other = otherWays.find((way) => settings[way] !== undefined);
  const isPlain = other === undefined || (settings.aws_access_key_id !== undefined && other !== "role_arn");
  let credentials: S3Access["credentials"] = environmentCredentials(environment);
  if (!isPlain) credentials ??= await lentCredentials(profile, `profile ${name}, ${other}`);
  credentials ??= profileCredentials(settings, name);
  const variable = otherVariables.find((one) => environment[one]);
  if (variable !== undefined) credentials ??= await lentCredentials(profile, variable);
  // Elsewhere there is no answer, and public data would wait for it.
  if (credentials === undefined && (await isAtAmazon(environment))) {
    credentials = await lentCredentials(profile, "this machine").catch(() => undefined);
  }
  return { ...place, ...(credentials && { credentials }) };
}

/** Region and endpoint alone. @throws IsoluxError `usage` where the profile is not there */
export async function readS3Place(environment: Environment = process.env): Promise<ProfileSettings["place"]> {
  return (await readProfile(environment)).place;
}

async function readProfile(environment: Environment): Promise<ProfileSettings> {
  const folder = join(homedir(), ".aws");
  const configFilepath = environment.AWS_CONFIG_FILE || join(folder, "config");
  const filepath = environment.AWS_SHARED_CREDENTIALS_FILE || join(folder, "credentials");
  const [config, keys] = [await readSections(configFilepath), await readSections(filepath)];
  const name = environment.AWS_PROFILE || environment.AWS_DEFAULT_PROFILE || "default";
  const profile = config.get(name === "default" ? name : `profile ${name}`) ?? config.get(`profile ${name}`);
  const settings: Settings = { ...profile, ...keys.get(name) };
  if (name !== "default" && profile === undefined && !keys.has(name)) throw noProfile(name, configFilepath);
  const endpoint = environment.AWS_ENDPOINT_URL_S3 || environment.AWS_ENDPOINT_URL || endpointOf(settings, config);
  const region = environment.AWS_REGION || environment.AWS_DEFAULT_REGION || settings.region || "us-east-1";
  return { name, settings, place: { region, ...(endpoint && { endpoint }) }, files: { configFilepath, filepath } };
}

/** Access by the ways of Amazon's own library, which is loaded for it; had once, and again before it expires. */
async function lentCredentials({ name, place, files }: ProfileSettings, where: string): Promise<CredentialSource> {
  const options = { profile: name, ...files, ignoreCache: true, clientConfig: { region: place.region } };
  // It speaks of versions of Node to come, in every thread.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
  // Of all ways together the library does not say why one failed. It is not to keep what it found: that is done here.
  const provider = async () =>
    where.startsWith("profile ")
      ? await (await import("@aws-sdk/credential-provider-ini")).fromIni(options)()
      : await (await import("@aws-sdk/credential-provider-node")).defaultProvider(options)();
  const source = renewed(async () => {
    try {
      const { accessKeyId, secretAccessKey, sessionToken, expiration } = await provider();
      const until = expiration?.getTime() ?? Number.POSITIVE_INFINITY;
      return { until, credentials: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) } };
    } catch (cause) {
      throw notHad(name, where, cause);
    }
  });
  await source();
  return source;
}

interface LentAccess {
  /** In milliseconds of the clock. */
  readonly until: number;
  readonly credentials: S3Credentials;
}

/** Fetches access when it is first asked for, and again when it is about to expire. */
function renewed(fetchAccess: () => Promise<LentAccess>): CredentialSource {
  let last: Promise<LentAccess> | undefined;
  return async () => {
    const seen = last;
    const isOver = ((await seen?.catch(() => undefined))?.until ?? 0) - Date.now() < renewalMs;
    // Of several who ask at once one fetches.
    if (last === undefined || (isOver && last === seen)) last = fetchAccess();
    return (await last).credentials;
  };
}

/** Whether this is a virtual machine at Amazon's, which may have a role of its own. */
async function isAtAmazon(environment: Environment): Promise<boolean> {
  if (environment.AWS_EC2_METADATA_DISABLED === "true") return false;
  if (environment.AWS_EC2_METADATA_SERVICE_ENDPOINT) return true;
  const vendor = await readFile("/sys/devices/virtual/dmi/id/sys_vendor", "utf8").catch(() => "");
  return vendor.startsWith("Amazon EC2");
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
    what: "AWS has no such profile",
    where,
    found: JSON.stringify(name),
    advice: "Check AWS_PROFILE",
  });
}

function notHad(name: string, where: string, cause: unknown): IsoluxError {
  const found = (cause instanceof Error ? cause.message : String(cause)).trim().replace(/\s+/g, " ").replace(/\.$/, "");
  return new IsoluxError({
    kind: "usage",
    what: "Access to S3 could not be obtained",
    where,
    found,
    advice: /\bsso\b/i.test(`${where} ${found}`) ? `Run: aws sso login --profile ${name}` : "Check that setting",
    cause,
  });
}

/** Settings by section. Those nested below another one are named `outer.inner`. */
type IniSections = ReadonlyMap<string, Readonly<Record<string, string>>>;

/**
 * Reads the text of a file of settings as Amazon's tools write it.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
 */
export function parseIni(text: string): IniSections {
  const sections = new Map<string, Record<string, string>>();
  let section: Record<string, string> = {};
  let outer = "";
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*([#;]|$)/.test(line)) continue;
    const heading = /^\[\s*([^\]]*?)\s*\]/.exec(line)?.[1]?.replaceAll(/\s+/g, " ");
    if (heading !== undefined) {
      section = sections.get(heading) ?? {};
      sections.set(heading, section);
      continue;
    }
    const [, indent, name, value] = /^(\s*)([^\s=][^=]*?)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (indent === undefined || name === undefined || value === undefined) continue;
    if (indent === "") outer = value === "" ? `${name}.` : "";
    section[indent === "" ? name : `${outer}${name}`] = value.replace(/\s+[#;].*$/, "");
  }
  return sections;
}
