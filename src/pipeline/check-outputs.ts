/** What lies where a run is to write: nothing is replaced or erased that the user did not name for it. */
import type { Acquisition, StoredFolder } from "../acquisition/acquisition.ts";
import type { OpenedAcquisition } from "../acquisition/open-acquisition.ts";
import { IsoluxError } from "../errors.ts";
import { outputSpelling } from "../parameters/profile-source.ts";
import type { CorrectParameters } from "../parameters/schema.ts";
import { profileKey } from "../profile/models-folder.ts";
import { hiddenBeside, joinKey, keyBeside } from "../zarr/store.ts";
import type { CorrectPlaces, CorrectRequest } from "./correct-request.ts";
import { isOccupied, type Location, namesAt, type OutputPlace, zarrDocuments } from "./location.ts";
import type { OutputTemplate } from "./output-template.ts";
import { type ProfileTarget, targetName } from "./profile-target.ts";
import type { Workspace } from "./workspace.ts";

/** Refuses to write where something lies that is neither this run's nor may be replaced. @throws IsoluxError `output` */
export async function checkPlace(request: CorrectRequest, workspace: Workspace): Promise<void> {
  if (await workspace.claim?.mayBuild(request.parameters.overwrite)) return;
  await checkOutput(request);
}

/** Writes a file beside an output and removes it: rights, quotas and full disks are told best by trying. */
export async function tryWriting(output: OutputPlace): Promise<void> {
  if (output.kind !== "folder") return;
  const { store, key } = output;
  const probe = hiddenBeside(key, `isolux-trial-${crypto.randomUUID()}`);
  await store.set(probe, new Uint8Array(1));
  await store.remove(probe);
}

/** Refuses to replace an output, unless asked to, and ever to replace what is no image. @throws IsoluxError `output` */
async function checkOutput({ places, parameters, profileSource }: CorrectRequest): Promise<void> {
  const { output } = places;
  if (!(await isOccupied(output))) return;
  const elsewhere = outputSpelling(profileSource);
  const where = joinKey(output.store.location, output.key);
  if (!parameters.overwrite) {
    throw new IsoluxError({
      kind: "output",
      what: "The output is there already",
      where,
      advice: `Give --overwrite to replace it, or another ${elsewhere}`,
    });
  }
  const names = await namesAt(output);
  const isFile = (await output.store.facts(output.key)) !== undefined;
  if (!isFile && (names.length === 0 || names.some((name) => zarrDocuments.includes(name)))) return;
  throw new IsoluxError({
    kind: "output",
    what: "What lies at the output is not an image and is not replaced",
    where,
    found: isFile ? "a file" : `a folder with ${names.slice(0, 3).join(", ")}`,
    advice: `Give another ${elsewhere}, or move it away`,
  });
}

/** Refuses to replace files beside an output, unless asked to. @throws IsoluxError `output` */
export async function checkBeside(
  { places, parameters, profileSource }: CorrectRequest,
  { beside = [] }: OutputTemplate,
): Promise<void> {
  const { store, key } = places.output;
  for (const { name } of parameters.overwrite ? [] : beside) {
    const file = keyBeside(key, name);
    if ((await store.facts(file)) === undefined) continue;
    throw new IsoluxError({
      kind: "output",
      what: "A file that belongs to the output is there already",
      where: joinKey(store.location, file),
      advice: `Give --overwrite to replace it, or another ${outputSpelling(profileSource)}`,
    });
  }
}

/**
 * An output must not take along the tiles that it is made of, or the file that names them, where a file or a proxy stands
 * for them.
 * @throws IsoluxError `usage`
 */
export function checkTilesApart(
  { tileImages = [] }: Acquisition,
  { places, profileSource }: CorrectRequest,
  { beside = [] }: OutputTemplate,
): void {
  const pathOf = ({ store, key }: StoredFolder) => joinKey(store.location.replaceAll("\\", "/"), key);
  const { store, key } = places.output;
  const target = pathOf(places.output);
  const written = [target, ...beside.map(({ name }) => pathOf({ store, key: keyBeside(key, name) }))];
  const isWithin = (inner: string, outer: string) => `${inner}/`.startsWith(`${outer}/`);
  for (const { folder } of tileImages) {
    const tiles = pathOf(folder);
    const file = folder.openedThrough && pathOf(folder.openedThrough);
    const isTiles = isWithin(tiles, target) || isWithin(target, tiles);
    if (!isTiles && !(file !== undefined && written.some((path) => isWithin(file, path)))) continue;
    throw new IsoluxError({
      kind: "usage",
      what: isTiles
        ? "The output and the tiles that it is made of lie in one place"
        : "The output would replace the file that names its tiles",
      where: isTiles ? tiles : file!,
      advice: `Give another ${outputSpelling(profileSource)}`,
    });
  }
}

/** What the microscope wrote is never erased: the output holds it corrected, and with that not as it was. */
export function checkErasable({ kind, acquisition }: OpenedAcquisition, { erasable }: CorrectPlaces): void {
  const isWhole = kind === "tiles" || erasable === undefined || acquisition.key === erasable.key;
  if (!isWhole) throw seriesToErase(acquisition.location);
  if (kind === "mosaic" && erasable !== undefined) return;
  throw new IsoluxError({
    kind: "usage",
    what: kind === "tiles" ? "What the microscope wrote is not erased" : "An image on a server is not erased",
    where: acquisition.location,
    advice: "Leave out --erase-source-image",
  });
}

/** What lies beside the only image in a folder of series would be erased with it. */
function seriesToErase(where: string): IsoluxError {
  return new IsoluxError({
    kind: "usage",
    what: "A folder of series is not erased with the image in it",
    where,
    advice: "Give the series itself, or leave out --erase-source-image",
  });
}

/** Refuses to replace saved profiles. @throws IsoluxError `output` */
export async function checkSavePlace(
  { store, key }: Location,
  targets: readonly ProfileTarget[],
  { overwrite }: Pick<CorrectParameters, "overwrite">,
): Promise<void> {
  for (const target of targets) {
    const profile = profileKey(key, target.channel.label, target.side);
    if (overwrite || (await store.facts(profile)) === undefined) continue;
    throw new IsoluxError({
      kind: "output",
      what: `A profile of channel ${targetName(target)} is there already`,
      where: joinKey(store.location, profile),
      advice: "Give --overwrite to replace it, or another folder to save in",
    });
  }
}
