// Generated corrections, right and wrong, of mosaics whose light is known: half of them made to deceive a verdict.
import { adversarial, honest, kinds } from "./verdict-kinds.mjs";
import {
  acquisitionOf,
  expose,
  gridOf,
  normalised,
  paintScene,
  randomLight,
  stored,
  streamOf,
} from "./verdict-scenes.mjs";

const tileSizes = [
  [96, 96],
  [112, 96],
  [96, 120],
];

/**
 * Makes a case: an image as taken, corrected, and the truth. `lost` is the part of the pixels that showed light, beyond
 * noise, and are 0 now; an image that `isSpoilt` is worse whatever its error.
 */
export function makeCase(kind, seed) {
  const random = streamOf(seed);
  const setup = setupOf(kind, random);
  const source = takeImage(setup, random);
  const takeAgain = (changes) => takeImage({ ...setup, ...changes }, random);
  const correction = kind.correct({ ...setup, ...source, random, takeAgain });
  const corrected = applyCorrection(setup, source, correction, random);
  const acquisition = (pixels) => acquisitionOf(setup.grid, setup.tileYx, setup.planes, setup.type, pixels);
  return {
    before: acquisition(source.pixels),
    after: acquisition(corrected),
    pixels: source.pixels,
    corrected,
    truth: source.truth,
    setup,
    lost: lostShare(source, corrected, setup),
    isSpoilt: correction.isSpoilt ?? false,
    // Of one profile for all of an evenly lit mosaic only: else there is no one truth to compare it with.
    profileError: profileErrorOf(setup, correction),
  };
}

function setupOf({ scene = {} }, random) {
  const tileYx = scene.tileYx ?? random.pick(tileSizes);
  const gridYx =
    scene.gridYx ??
    random.pick([
      [3, 3],
      [3, 4],
      [4, 4],
      [2, 4],
      [4, 3],
    ]);
  const planes = scene.planes ?? random.pick([4, 6, 8]);
  const overlap = random.between(0.1, 0.16);
  const grid = gridOf({ gridYx, tileYx, overlap, planes });
  const depth = scene.depth ?? random.pick([0.12, 0.2, 0.3, 0.3, 0.4, 0.55]);
  return {
    tileYx,
    gridYx,
    planes,
    grid,
    depth,
    type: scene.type ?? (random.chance(0.9) ? "uint16" : "float32"),
    kind: scene.kind ?? random.pick(["everywhere", "everywhere", "organ", "vessels"]),
    background: scene.background ?? random.pick([20, 60, 200, 200, 400]),
    tissue: scene.tissue ?? random.pick([300, 500, 900, 2000]),
    offset: scene.offset ?? random.pick([0, 20, 100, 100, 100]),
    readNoise: random.between(1, 4),
    photons: random.pick([1, 1, 2]),
    tileGains: scene.tileGains ?? random.pick([0, 0, 0, 0.01, 0.03]),
    jitter: scene.jitter ?? random.pick([0, 0, 1]),
    angle: random.pick([0, 0, 0.02]),
    light: randomLight(random, tileYx, depth),
    lightOf: undefined,
    ...scene.lights?.(random, tileYx, gridYx, planes, depth),
  };
}

/** Takes all tiles: `pixels[tile][plane]`, and the light of the sample in `truth`. */
function takeImage(setup, random) {
  const { grid, tileYx, planes, kind, background, tissue, tileGains, jitter, angle, offset, light, lightOf } = setup;
  const scene = paintScene(random, { kind, stageYx: grid.stageYx, planes, background, tissue, period: grid.step[1] });
  const gains = grid.tiles.map(() => Math.exp(tileGains * random.normal()));
  const truth = [];
  const pixels = grid.tiles.map((tile, index) => {
    const at = tile.stagePositionUmYx.map((place) => place + Math.round(jitter * random.between(-1, 1)) + 2);
    const views = scene.map((plane) => windowOf(plane, grid.stageYx, at, tileYx, angle, random));
    truth.push(views);
    return views.map((view, z) => {
      const shading = lightOf?.(tile.gridYx, z) ?? light;
      return expose(
        random,
        view.map((value, i) => value * shading[i] * gains[index]),
        offset,
        setup,
      );
    });
  });
  return { pixels, truth, gains };
}

/** A part of a plane; seen from another angle, structures look a little different. */
function windowOf(plane, [, width], [y0, x0], [rows, columns], angle, random) {
  const view = new Float32Array(rows * columns);
  const [a, b, c] = [random.between(0, 6), random.between(4, 12), random.between(4, 12)];
  for (let y = 0, i = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++, i++) {
      const change = angle === 0 ? 1 : 1 + angle * Math.sin(a + y / b) * Math.cos(x / c);
      view[i] = plane[Math.max(0, y + y0) * width + Math.max(0, x + x0)] * change;
    }
  }
  return view;
}

/**
 * Applies (I - D) / S, over the gain of the tile, less a background; `after` changes single pixels, `skip` leaves planes,
 * `of` are other pixels than the source's, and `remake` gets all planes of all tiles.
 */
function applyCorrection({ type, grid }, source, correction, random) {
  const { flat, flatOf, dark = 0, gains, background = 0, skip = () => false, after = (value) => value } = correction;
  const { of: pixels = source.pixels, store = stored, remake = (images) => images } = correction;
  const keep = type === "float32" ? (value) => value : store;
  const images = pixels.map((planes, tile) =>
    planes.map((plane, z) => {
      if (skip(tile, z)) return plane.slice();
      const shading = flatOf?.(grid.tiles[tile].gridYx, z) ?? flat;
      const gain = gains?.[tile] ?? 1;
      const corrected = type === "float32" ? new Float32Array(plane.length) : new Uint16Array(plane.length);
      for (let i = 0; i < plane.length; i++) {
        const off = typeof dark === "number" ? dark : dark[i];
        corrected[i] = keep(after((plane[i] - off) / shading[i] / gain - background, i, z, tile, random));
      }
      return corrected;
    }),
  );
  return remake(images);
}

function lostShare({ pixels, truth }, corrected, { photons, readNoise }) {
  let [lost, lit] = [0, 0];
  for (const [tile, planes] of corrected.entries()) {
    for (const [z, plane] of planes.entries()) {
      for (let i = 0; i < plane.length; i++) {
        const light = truth[tile][z][i];
        if (light < 3 * Math.sqrt(light / photons + readNoise ** 2)) continue;
        lit++;
        if (plane[i] === 0 && pixels[tile][z][i] !== 0) lost++;
      }
    }
  }
  return lost / Math.max(1, lit);
}

function profileErrorOf({ lightOf, light }, { flat, flatOf, of, remake }) {
  const isPlain = [lightOf, flatOf, of, remake].every((other) => other === undefined);
  if (!isPlain || flat === undefined) return undefined;
  const ratio = normalised(flat.map((value, i) => value / light[i]));
  return ratio.reduce((sum, value) => sum + Math.abs(value - 1), 0) / ratio.length;
}

/** `count` cases as a kind and a seed each, half of them adversarial, kinds in turn. */
export function listCases(count, seed) {
  return Array.from({ length: count }, (_, index) => {
    const among = index % 2 === 0 ? honest : adversarial;
    const kind = among[Math.floor(index / 2) % among.length];
    return { kind: kinds.find(({ name }) => name === kind.name), seed: seed * 100_003 + index };
  });
}
