/** Makes the report of a check: reads the images, draws the page, lists the figures. */
import { type Acquisition, fullResolution } from "../acquisition/acquisition.ts";
import { boxShape, elementCount, type Yx } from "../shapes.ts";
import { upperMedianOf } from "../statistics.ts";
import { version } from "../version.ts";
import type { DrawnChannel, DrawnProfile, RecordedFigures } from "./page/drawn-channel.ts";
import { reportPage } from "./page/report-page.ts";
import type { Overview } from "./picture/image.ts";
import { shrinkField } from "./picture/image.ts";
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

/** Which plane to show, and how large. */
interface OverviewRequest {
  readonly channel: number;
  /** Of the full resolution. */
  readonly plane: number;
  /** The most pixels along the longer side of the picture. */
  readonly mostPx: number;
  /** The coarsest level that may be read. */
  readonly lastLevel: number;
}

/** Rows are read in bands of about this many bytes. */
const bandBytes = 16e6;

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
      side: target.side,
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

/** Reads a plane from the coarsest level that is fine enough, band by band, and averages it over blocks. */
async function readOverview(acquisition: Acquisition, request: OverviewRequest): Promise<Overview> {
  const { channel, plane, mostPx, lastLevel } = request;
  const { levels } = acquisition;
  const isFine = levels.map(({ shapeZyx: [, y, x] }) => Math.max(y, x) >= mostPx);
  const level = levels[Math.max(0, isFine.lastIndexOf(true, lastLevel))]!;
  const [depth, rows, columns] = level.shapeZyx;
  const z = Math.min(depth - 1, Math.floor(plane / level.factorsZyx[0]));
  const factor = Math.max(1, Math.ceil(Math.max(rows, columns) / mostPx));
  const shapeYx: Yx = [Math.ceil(rows / factor), Math.ceil(columns / factor)];
  const [sums, counts] = [new Float32Array(elementCount(shapeYx)), new Float32Array(elementCount(shapeYx))];
  const chunkRows = level.chunkShapeCzyx[2];
  const bandRows = Math.max(1, Math.floor(bandBytes / (4 * columns * chunkRows))) * chunkRows;
  for (let y0 = 0; y0 < rows; y0 += bandRows) {
    const y1 = Math.min(rows, y0 + bandRows);
    const band = await level.readBox(channel, { start: [z, y0, 0], stop: [z + 1, y1, columns] });
    for (let y = y0, i = 0; y < y1; y++) {
      const row = Math.floor(y / factor) * shapeYx[1];
      for (let x = 0; x < columns; x++, i++) {
        const block = row + Math.floor(x / factor);
        sums[block]! += band[i]!;
        counts[block]! += 1;
      }
    }
  }
  const [, factorY, factorX] = level.factorsZyx;
  const values = sums.map((sum, block) => sum / counts[block]!);
  return { shapeYx, values, stepYx: [factor * factorY, factor * factorX] };
}
