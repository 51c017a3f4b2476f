/** Finds the places that the parameters of a correction name, and checks that it may use them. */

import { lstatSync } from "node:fs";
import { dirname, join, resolve, sep } from "node:path";
import { IsoluxError } from "../../errors.ts";
import { readChannelSettings } from "../../ngff/channel-settings.ts";
import { outputSpelling, type ProfileSource } from "../../parameters/profile-source.ts";
import type { CorrectParameters } from "../../parameters/schema.ts";
import { isAddress } from "../../zarr/store.ts";
import { checkOutside, checkWritable, checkWritesLocally, isWithin, realPath } from "./check-places-node.ts";
import { locateFolder, locateImage, locateModels, locateSource } from "./find-places-node.ts";
import { defaultOutput, locateOutput, savedModelsName } from "./output-places-node.ts";
import type { CorrectPlaces, CorrectRequest } from "./request.ts";

/** A request for a correction, with its places located. @throws IsoluxError where one cannot be used */
export async function locateRequest(
  parameters: CorrectParameters,
  profileSource: ProfileSource,
): Promise<CorrectRequest> {
  const places = await locateCorrection(parameters, profileSource);
  return { places, parameters, profileSource, ...(await readSettings(parameters)) };
}

/** Names and display settings of channels, where a file of them is given. */
export async function readSettings({
  channelSettings: file,
}: Pick<CorrectParameters, "channelSettings">): Promise<Pick<CorrectRequest, "channelSettings">> {
  if (file === undefined) return {};
  const { store, key } = await locateSource(file);
  return { channelSettings: await readChannelSettings(store, key) };
}

/**
 * Where a correction reads and writes.
 * @throws IsoluxError `usage` where the output lies in the source or the other way round, `storage` where the output's
 *   folder cannot be written to
 */
export async function locateCorrection(
  parameters: CorrectParameters,
  profileSource: ProfileSource,
): Promise<CorrectPlaces> {
  checkWritesLocally({ "--save-models": parameters.saveModels });
  const { image } = parameters;
  checkNamesPlaces(parameters);
  const target = parameters.output ?? (await defaultOutput(resolve(image), parameters));
  checkApart(image, target, outputSpelling(profileSource));
  if (parameters.eraseSourceImage && !isAddress(image)) checkErasable(resolve(image));
  if (!isAddress(target)) checkWritable(dirname(resolve(target)));
  const save = savePath(parameters, profileSource, isAddress(image) ? "" : dirname(resolve(image)));
  checkProfilePlaces(parameters, profileSource, { target, save });
  return {
    source: await locateImage(parameters),
    ...(isAddress(image) ? {} : { erasable: locateFolder(image) }),
    output: await locateOutput(target),
    ...(profileSource.kind === "given" ? { models: locateModels(profileSource.modelsFolder) } : {}),
    ...(save === undefined ? {} : { save: locateFolder(save) }),
  };
}

/** An image on a server has no folder beside it to write to: the user must name one. @throws IsoluxError `usage` */
function checkNamesPlaces({ image, output, saveModels }: CorrectParameters): void {
  if (!isAddress(image)) return;
  const missing = output === undefined ? "--output" : saveModels === true ? "--save-models with a folder" : undefined;
  if (missing === undefined) return;
  throw new IsoluxError({
    kind: "usage",
    what: `An image on a server needs ${missing}: nothing is written beside it by default`,
    where: image,
    advice:
      saveModels === true && output !== undefined
        ? "Name a folder on this computer"
        : "Name a folder, or an address that begins with s3://",
  });
}

/** Refuses an output whose making, replacement or removal would destroy its source. @throws IsoluxError `usage` */
function checkApart(source: string, output: string, outputName: string): void {
  if (isAddress(source) !== isAddress(output)) return;
  const [from, to] = [source, output].map((place) =>
    isAddress(place) ? place.replace(/\/+$/, "") : realPath(resolve(place)),
  ) as [string, string];
  const separator = isAddress(source) ? "/" : sep;
  if (!isWithin(from, to, separator) && !isWithin(to, from, separator)) return;
  const how =
    from === to
      ? "The output is the source"
      : isWithin(to, from, separator)
        ? "The output lies inside the source"
        : "The source lies inside the output";
  throw new IsoluxError({ kind: "usage", what: how, where: output, advice: `Give another ${outputName}` });
}

/** Refuses to erase a link: that would leave the image itself in place. @throws IsoluxError `usage`, `storage` */
function checkErasable(source: string): void {
  if (!lstatSync(source, { throwIfNoEntry: false })?.isSymbolicLink()) {
    checkWritable(dirname(resolve(source)), "The source image cannot be erased there");
    return;
  }
  throw new IsoluxError({
    kind: "usage",
    what: "The source image is a link, which cannot be erased in place of the image",
    where: source,
    advice: `Give the image itself: ${realPath(source)}`,
  });
}

/** Refuses profiles within images that are replaced or erased. @throws IsoluxError `usage`, `storage` */
function checkProfilePlaces(
  { image, eraseSourceImage, overwrite }: CorrectParameters,
  profileSource: ProfileSource,
  { target, save }: { readonly target: string; readonly save: string | undefined },
): void {
  const outside = (folder: string, place: string, what: string) => {
    if (!isAddress(place)) checkOutside(folder, place, what);
  };
  if (save !== undefined) {
    outside(save, image, "the source image");
    outside(save, target, "the output");
    checkWritable(save);
  }
  if (profileSource.kind === "given") {
    const models = resolve(profileSource.modelsFolder);
    if (eraseSourceImage) outside(models, image, "the source image, which is to be erased");
    if (overwrite) outside(models, target, "the output, which is to be replaced");
  }
}

/** The path of the folder for profiles, if they are saved; `besideImage` is the folder of the source. */
function savePath(
  { saveModels }: CorrectParameters,
  profileSource: ProfileSource,
  besideImage: string,
): string | undefined {
  if (saveModels === false || profileSource.kind === "given" || profileSource.kind === "none") return undefined;
  if (saveModels !== true) return resolve(saveModels);
  return join(besideImage, savedModelsName(profileSource));
}
