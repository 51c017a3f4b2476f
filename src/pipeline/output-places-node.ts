/** Where outputs come to lie, what they are called unless a user says so, and where a run into a bucket keeps its notes. */

import { homedir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { isNativeOmeZarr } from "../acquisition/native/native-omezarr.ts";
import { hasPageFiles } from "../acquisition/pages/page-files.ts";
import { IsoluxError } from "../errors.ts";
import type { ProfileSource } from "../parameters/profile-source.ts";
import type { CorrectParameters } from "../parameters/schema.ts";
import { sha256 } from "../profile/checksum.ts";
import { isAddress, protocolOf } from "../zarr/address.ts";
import { openStore } from "../zarr/open-store-node.ts";
import { readS3Access } from "../zarr/s3-credentials-node.ts";
import { checkWritable } from "./check-places-node.ts";
import type { Location, ObjectLocation, OutputPlace } from "./location.ts";
import { locateFolder } from "./source-places-node.ts";

/** Where an output comes to lie. */
export async function locateOutput(target: string): Promise<OutputPlace> {
  if (!isAddress(target)) return { kind: "folder", ...locateFolder(target) };
  const place = await locateInBucket(target);
  return { kind: "bucket", ...place, workspace: await workspaceOf(target) };
}

/** The location of a folder in a bucket. @throws IsoluxError `usage` for any other address, or a bucket as a whole */
export async function locateInBucket(address: string): Promise<ObjectLocation> {
  const opened = protocolOf(address) === "s3" ? await openStore(address) : undefined;
  if (opened?.kind === "s3" && opened.key !== "") {
    return { store: opened.store, key: opened.key, locator: { kind: "address", address } };
  }
  throw new IsoluxError({
    kind: "usage",
    what: "Isolux does not write there",
    where: address,
    expected: "the path of a folder, or an address as s3://bucket/folder/image.zarr",
  });
}

/**
 * The folder of a run whose output lies in a bucket: where programs keep what must outlive them, under a name that
 * follows from the address, so that the same command finds it again.
 * @see https://specifications.freedesktop.org/basedir-spec/latest/
 */
async function workspaceOf(address: string): Promise<Location> {
  const { endpoint = "" } = await readS3Access();
  const plain = address.replace(/\/+$/, "");
  const digits = sha256(new TextEncoder().encode(`${endpoint} ${plain}`)).slice(0, 12);
  const state = process.env.XDG_STATE_HOME || join(homedir(), ".local", "state");
  const folder = join(state, "isolux", `${basename(plain)}-${digits}`);
  checkWritable(folder);
  return locateFolder(folder);
}

/** The path of an output beside its source; that of one rotation leaves the name free for that of another. */
export async function defaultOutput(source: string, { rotation }: { readonly rotation?: number }): Promise<string> {
  const { store, key } = locateFolder(source);
  const isAcquisition = (await isNativeOmeZarr(store, key)) || (await hasPageFiles(store, key));
  return join(dirname(source), defaultOutputName(key, isAcquisition, rotation));
}

/**
 * The name of the corrected image. The proxy `fake_raw_image` stands for `raw_image`; the folder of an acquisition that
 * the microscope wrote is no image, so what is made of it gets the ending of one.
 */
function defaultOutputName(image: string, isAcquisition = false, rotation?: number): string {
  const turned = rotation === undefined ? "" : `_rot${rotation}`;
  if (image === "fake_raw_image") return `raw_image${turned}_flatfield_corr`;
  const stem = /^(.+?)(\.ome\.zarr)?\.(ome\.zarr|h5|hdf5|xml|tiff?|btf|tf2|tf8|raw)$/i.exec(image)?.[1];
  const ending = stem === undefined && !isAcquisition ? "" : ".ome.zarr";
  return `${stem ?? image}${turned}_flatfield_corr${ending}`;
}

/** The path of the folder in which profiles are to be saved, if they are; `besideImage` is the folder of the source. */
export function savePath(
  { saveModels }: CorrectParameters,
  profileSource: ProfileSource,
  besideImage: string,
): string | undefined {
  if (saveModels === false || profileSource.kind === "given" || profileSource.kind === "none") return undefined;
  if (saveModels !== true) return resolve(saveModels);
  return join(besideImage, savedModelsName(profileSource));
}

/** The name of the folder beside an image in which its profiles are kept unless another is named. */
export function savedModelsName({ kind }: ProfileSource): string {
  return kind === "empty" ? "IllumModels" : "BaSiCPyModels";
}
