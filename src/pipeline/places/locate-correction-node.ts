/** Finds the places that a correction reads and writes, and checks that it may. */

import { dirname, resolve } from "node:path";
import { outputSpelling, type ProfileSource } from "../../parameters/profile-source.ts";
import type { CorrectParameters } from "../../parameters/schema.ts";
import { isAddress } from "../../zarr/store.ts";
import {
  checkApart,
  checkErasable,
  checkNamesPlaces,
  checkProfilePlaces,
  checkWritable,
  checkWritesLocally,
} from "./check-places-node.ts";
import { locateFolder, locateImage, locateModels } from "./find-places-node.ts";
import { defaultOutput, locateOutput, savePath } from "./output-places-node.ts";
import type { CorrectPlaces } from "./request.ts";

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
