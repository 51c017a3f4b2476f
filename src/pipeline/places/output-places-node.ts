/** Finds the places of outputs, their default names, and the workspace of a run into a bucket. */
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { imarisFiles } from "../../acquisition/imaris/open-imaris.ts";
import { isNativeOmeZarr } from "../../acquisition/native/native-omezarr.ts";
import { hasPageFiles } from "../../acquisition/pages/page-files.ts";
import { lapseName } from "../../acquisition/time-points.ts";
import { IsoluxError } from "../../errors.ts";
import type { ProfileSource } from "../../parameters/profile-source.ts";
import { sha256 } from "../../zarr/codecs/sha256.ts";
import { openStore } from "../../zarr/open-store-node.ts";
import { readS3Place } from "../../zarr/remote/s3-credentials-node.ts";
import { isAddress, protocolOf } from "../../zarr/store.ts";
import { checkWritable } from "./check-places-node.ts";
import { locateFolder } from "./find-places-node.ts";
import type { Location, ObjectLocation, OutputPlace } from "./location.ts";

/** The place of an output. */
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
    what: "Isolux cannot write to this address",
    where: address,
    expected: "the path of a folder, or an address as s3://bucket/folder/image.zarr",
  });
}

/**
 * The workspace of a run whose output is in a bucket: in the user's folder for program state, under a name derived from
 * the address, so that the same command finds it again.
 * @see https://specifications.freedesktop.org/basedir-spec/latest/
 */
async function workspaceOf(address: string): Promise<Location> {
  const { endpoint = "" } = await readS3Place();
  const plain = address.replace(/\/+$/, "");
  const digits = sha256(new TextEncoder().encode(`${endpoint} ${plain}`)).slice(0, 12);
  const state = process.env.XDG_STATE_HOME || join(homedir(), ".local", "state");
  const folder = join(state, "isolux", `${basename(plain)}-${digits}`);
  checkWritable(folder);
  return locateFolder(folder);
}

/** The default path of an output beside its source; outputs of different rotations have different names. */
export async function defaultOutput(source: string, { rotation }: { readonly rotation?: number }): Promise<string> {
  const { store, key } = locateFolder(source);
  const isAcquisition =
    (await isNativeOmeZarr(store, key)) ||
    (await hasPageFiles(store, key)) ||
    (await imarisFiles(store, key)).length > 0;
  return join(dirname(source), defaultOutputName(key, isAcquisition, rotation));
}

/**
 * The name of the corrected image. The proxy `fake_raw_image` stands for `raw_image`; the folder of an acquisition as
 * the microscope wrote it is no image, so its output gets the ending of one. One time point of a time lapse stands for all.
 */
export function defaultOutputName(source: string, isAcquisition = false, rotation?: number): string {
  const image = lapseName(source) ?? source;
  const turned = rotation === undefined ? "" : `_rot${rotation}`;
  if (image === "fake_raw_image") return `raw_image${turned}_flatfield_corr`;
  const stem = /^(.+?)(\.(?:ome\.)?zarr)?\.(ozx|zip|ome\.zarr|h5|hdf5|xml|ims|tiff?|btf|tf2|tf8|raw)$/i.exec(
    image,
  )?.[1];
  const ending = stem === undefined && !isAcquisition ? "" : ".ome.zarr";
  return `${stem ?? image}${turned}_flatfield_corr${ending}`;
}

/** The default name of the folder beside an image for its profiles. */
export function savedModelsName({ kind }: ProfileSource): string {
  return kind === "empty" ? "IllumModels" : "BaSiCPyModels";
}
