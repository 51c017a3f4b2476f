/** Makes the report of a check: reads the images, draws the page, lists the figures. */
import { fullResolution } from "../acquisition/acquisition.ts";
import { boxShape, elementCount } from "../shapes.ts";
import { upperMedianOf } from "../statistics.ts";
import { version } from "../version.ts";
import type { DrawnChannel, DrawnProfile, RecordedFigures } from "./page/drawn-channel.ts";
import { reportPage } from "./page/report-page.ts";
import { shrinkField } from "./picture/image.ts";
import { readOverview } from "./picture/overview.ts";
import type { Check, CheckedChannel } from "./quality/check-images.ts";
import { lastCommonLevel } from "./quality/plan-check.ts";

/** The most pixels of the images of all channels together, which keeps the file below 3 MB. */
const picturePixels = 1.3e6;
const mostPx = 1000;
/** The largest size of drawn profiles, in pixels along either axis. */
const profilePx = 256;

/** A report: the page, and its figures as JSON. */
interface DrawnReport {
  readonly html: string;
  readonly json: string;
}

/** Draws the report of a check. @param command the command that makes the same again */
export async function drawReport(check: Check, command: string): Promise<DrawnReport> {
  const { report, record } = check;
  const channels: DrawnChannel[] = [];
  for (const channel of check.channels) channels.push(await drawChannel(check, channel));
  const parameters = record?.parameters ?? {};
  const correctedBy = record === undefined ? {} : { correctedBy: record.version };
  const html = reportPage({ report, channels, command, parameters, ...correctedBy });
  const figures = { ...report, command, correction: record, isolux: version };
  return { html, json: `${JSON.stringify(figures, undefined, 2)}\n` };
}

async function drawChannel(check: Check, channel: CheckedChannel): Promise<DrawnChannel> {
  const { source, corrected } = check;
  const [, rows, columns] = fullResolution(source).shapeZyx;
  const share = picturePixels / (2 * check.channels.length);
  const fitting = Math.sqrt(share * (Math.max(rows, columns) / Math.min(rows, columns)));
  const plane = middlePlane(channel);
  const request = {
    plane,
    mostPx: Math.min(mostPx, Math.floor(fitting)),
    lastLevel: lastCommonLevel(source, corrected),
  };
  const { quality, meanBefore, meanAfter } = channel;
  return {
    quality,
    id: `channel-${channel.inSource + 1}`,
    plane,
    before: await readOverview(source, { ...request, channel: channel.inSource }),
    after: await readOverview(corrected, { ...request, channel: channel.inCorrected }),
    tiles: source.tiles,
    pixelSizeUmYx: [source.pixelSizeUmZyx[1], source.pixelSizeUmZyx[2]],
    profiles: drawnProfiles(check, channel),
    meanBefore,
    meanAfter,
    recorded: recordedFigures(check, channel),
  };
}

/** The middle one of the planes that were compared. */
function middlePlane({ quality }: CheckedChannel): number {
  const planes = [...new Set(quality.planes.map(({ plane }) => plane))];
  return upperMedianOf(planes) ?? 0;
}

function drawnProfiles({ profiles }: Check, { inSource, recovered, quality }: CheckedChannel): DrawnProfile[] {
  const known = profiles.filter(({ target }) => target.channel.index === inSource);
  if (known.length > 0) {
    return known.map(({ target, profile }) => ({
      ...(target.side === undefined ? {} : { side: target.side }),
      origin: "known" as const,
      flatfield: shrinkField(profile.flatfield, profile.shapeYx, profilePx),
      offset: shrinkField(profile.darkfield, profile.shapeYx, profilePx),
    }));
  }
  if (recovered === undefined || quality.profiles.length === 0) return [];
  const { shapeYx, flatfield, offset } = recovered;
  return [{ origin: "recovered", flatfield: { shapeYx, values: flatfield }, offset: { shapeYx, values: offset } }];
}

function recordedFigures({ record, source }: Check, { quality }: CheckedChannel): RecordedFigures[] {
  const ofChannel = (record?.channels ?? []).filter(({ label }) => label === quality.label);
  const pixels = source.tiles.reduce((sum, { box }) => sum + elementCount(boxShape(box)), 0) / ofChannel.length;
  return ofChannel.map((channel) => ({ ...channel, pixels }));
}
