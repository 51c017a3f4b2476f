/** The ways to a profile that the demonstration shows. */
import { join } from "node:path";
import type { SyntheticAcquisition } from "../synthetic/write-acquisition.ts";
import { demoKeys } from "./demo-acquisition.ts";

/** One way to a profile: its parameters, the folder in which the profiles are afterwards, and the image's name. */
export interface DemoWay {
  readonly title: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly profiles: string;
  readonly output: string;
}

/** Planes that BaSiC looks at: enough here, and a quarter of the time that the default of 200 takes. */
const basicPlanes = 60;

/** The ways that are shown; `path` is the demonstration's folder. */
export function demoWays(path: string, { truth, options }: SyntheticAcquisition): DemoWay[] {
  const { emptyTiles, zLevels } = truth;
  const emptyPlanes = emptyTiles.length * 2 * options.emptyPlanesPerEnd;
  return [
    {
      title: "measured with a slide",
      parameters: { modelsFolder: join(path, demoKeys.measured) },
      profiles: demoKeys.measured,
      output: "corrected_measured",
    },
    {
      title: "from empty tiles and planes",
      parameters: { fovList: emptyTiles, zLevels, nZplanes: emptyPlanes, report: join(path, demoKeys.report) },
      profiles: `${demoKeys.profiles}/empty`,
      output: "corrected_empty",
    },
    {
      title: `by BaSiC from ${basicPlanes} planes`,
      parameters: { nZplanes: basicPlanes, basic: { getDarkfield: true } },
      profiles: `${demoKeys.profiles}/basic`,
      output: "corrected_basic",
    },
    {
      title: "chosen by Isolux itself",
      parameters: { nZplanes: basicPlanes },
      profiles: `${demoKeys.profiles}/chosen`,
      output: "corrected",
    },
  ];
}
