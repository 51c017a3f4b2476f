import { IsoluxError } from "../../errors.ts";

/** Who asks. */
export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Where a bucket is and who asks for it. */
export interface S3Access {
  /** Such as `eu-central-1`; some servers have none and take any. */
  readonly region: string;
  /** The address of a server other than Amazon's, such as `https://minio.example.org:9000`. */
  readonly endpoint?: string;
  /** None to ask without a signature, as for public data. */
  readonly credentials?: S3Credentials;
}

/**
 * The address of a bucket: its own host at Amazon; below any other server, a folder.
 * @throws IsoluxError `usage` where the endpoint or the bucket's name cannot be
 */
export function bucketUrl(bucket: string, { endpoint, region }: Omit<S3Access, "credentials">): string {
  checkBucket(bucket);
  if (endpoint !== undefined) return `${checkedEndpoint(endpoint)}/${bucket}`;
  const domain = `s3.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`;
  // A certificate for any name before the domain is not one for names with dots.
  return bucket.includes(".") ? `https://${domain}/${bucket}` : `https://${bucket}.${domain}`;
}

function checkedEndpoint(endpoint: string): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  const isPlain = url !== undefined && /^https?:$/.test(url.protocol) && url.search === "" && url.username === "";
  if (isPlain) return `${url.origin}${url.pathname}`.replace(/\/+$/, "");
  throw new IsoluxError({
    kind: "usage",
    what: "The address of the S3 server cannot be used",
    where: "AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL or endpoint_url",
    found: JSON.stringify(endpoint),
    expected: "https://host",
  });
}

function checkBucket(bucket: string): void {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(bucket) && !bucket.includes("..")) return;
  throw new IsoluxError({
    kind: "usage",
    what: "This is not a valid bucket name",
    found: JSON.stringify(bucket),
    expected: "letters, digits, hyphens and dots, as in s3://bucket/folder/image.zarr",
  });
}
