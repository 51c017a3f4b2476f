import { joinKey, type ReadableStore } from "../../zarr/store.ts";
import type { MetaBlock } from "../native/meta-block.ts";
import { readMetaText } from "../native/meta-text.ts";
import type { TileName } from "../native/tile-name.ts";
import { type PageFiles, pageFormat } from "./page-files.ts";

/**
 * The metadata of each file, or `undefined` where there are none. They lie beside it in `<file>_meta.txt`, or in one
 * `_meta.txt` for several files, in which the path of the file or else the laser tells which block is whose.
 * @throws IsoluxError `corrupt`, `storage`
 */
export async function readPageMetadata(store: ReadableStore, files: PageFiles): Promise<(MetaBlock | undefined)[]> {
  const { folder, names, metaNames } = files;
  const own = await Promise.all(names.map(({ name }) => readMetaText(store, joinKey(folder, `${name}_meta.txt`))));
  if (own.every((blocks) => blocks !== undefined)) return own.map((blocks) => blocks.at(-1));
  const ofOthers = new Set(names.map(({ name }) => `${name}_meta.txt`));
  const isCommon = (name: string) =>
    !ofOthers.has(name) && pageFormat(name.slice(0, -"_meta.txt".length)) === files.format;
  const common = await Promise.all(
    (metaNames ?? []).filter(isCommon).map((name) => readMetaText(store, joinKey(folder, name))),
  );
  const blocks = common.flatMap((of) => of ?? []);
  return names.map((name, index) => own[index]?.at(-1) ?? blockOf(name, names, blocks));
}

function blockOf(name: TileName, names: readonly TileName[], blocks: readonly MetaBlock[]): MetaBlock | undefined {
  const described = blocks.filter((block) => fileName(block.find("", "Metadata for file")) === name.name);
  if (described.length > 0) return described.at(-1);
  const isAlone = names.filter(({ channel }) => channel === name.channel).length === 1;
  const ofLaser = blocks.filter((block) => block.find("CFG", "Laser") !== undefined && block.channel === name.channel);
  return isAlone && ofLaser.length === 1 ? ofLaser[0] : undefined;
}

/** Of a path on a computer with Windows or another. */
function fileName(path: string | undefined): string | undefined {
  return path?.split(/[\\/]/).at(-1);
}
