// The page: opens the mosaic that its address names, fits a profile, and shows a plane before and after.
import { basicDefaults, fitBasic, loadKernels, openImage, profileOfFit, readSample } from "isolux";
import { correctTiles, readPlane } from "./correct-plane.mjs";
import { draw, greyRange } from "./draw.mjs";

const asked = new URLSearchParams(location.search);
const channel = Number(asked.get("channel") ?? 0);
const planeCount = Number(asked.get("planes") ?? 60);

const element = (id) => document.getElementById(id);
const say = (text) => {
  element("state").textContent = text;
};

async function show(address) {
  element("place").textContent = address;
  const times = {};
  const note = (step) => {
    times[step] = performance.now() / 1000;
  };
  note("running");
  // Patience is for runs of hours: who looks at a page is told at once
  const [image] = await Promise.all([openImage(address, { tries: 1 }), loadKernels()]);
  note("opened");
  const z = Number(asked.get("z") ?? Math.floor(image.levels[0].shapeZyx[0] / 2));
  const raw = await readPlane(image, channel, z);
  const range = greyRange(raw.pixels);
  draw(element("raw"), raw, range);
  note("shown");
  say("Reading planes …");
  const sample = await readSample(image, channel, { planeCount });
  note("sampled");
  const parameters = { ...basicDefaults, getDarkfield: false };
  const fit = await fitBasic(sample, parameters, {
    onProgress: ({ share }) =>
      say(`Fitting the flat-field to ${sample.planeCount} planes: ${Math.round(100 * share)} %`),
  });
  note("fitted");
  const profile = profileOfFit(fit);
  const corrected = correctTiles(raw, image.tiles, profile);
  draw(element("corrected"), corrected, range);
  note("corrected");
  say(`Corrected ${times.corrected.toFixed(1)} s after the page began to load.`);
  tell(image, z, profile);
  return { raw: raw.pixels, corrected: corrected.pixels, flatfield: profile.flatfield, times };
}

function tell(image, z, { flatfield, baseline }) {
  const { channels, levels, tiles } = image;
  const least = flatfield.reduce((low, value) => Math.min(low, value));
  const most = flatfield.reduce((high, value) => Math.max(high, value));
  const figures = {
    Channel: channels[channel].label,
    "Size (c, z, y, x)": levels[0].shapeCzyx.join(" × "),
    Tiles: tiles.length,
    "Plane shown": `${z} of ${levels[0].shapeZyx[0]}`,
    "Flat-field": `${least.toFixed(3)} to ${most.toFixed(3)}`,
    Background: `${Math.round(baseline)} counts`,
  };
  const items = Object.entries(figures).map(([name, value]) => {
    const item = document.createElement("div");
    for (const [tag, text] of [
      ["dt", name],
      ["dd", value],
    ]) {
      item.append(Object.assign(document.createElement(tag), { textContent: text }));
    }
    return item;
  });
  element("figures").replaceChildren(...items);
}

/** What the page shows, for comparisons with other programs; an error where it shows nothing. */
globalThis.shown = show(asked.get("image") ?? "").catch((error) => {
  say(error.message);
  return { error: error.message };
});
