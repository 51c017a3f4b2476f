// Generated corrections, right and wrong, of mosaics whose light is known: half of them made to deceive a verdict.
import {
  acquisitionOf,
  expose,
  fieldOf,
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

/** Makes a case: an image as taken, corrected, and the truth. */
export function makeCase(kind, seed) {
  const random = streamOf(seed);
  const setup = setupOf(kind, random);
  const source = takeImage(setup, random);
  const correction = kind.correct({ ...setup, ...source, random });
  const corrected = applyCorrection(setup, source, correction, random);
  const acquisition = (pixels) => acquisitionOf(setup.grid, setup.tileYx, setup.planes, setup.type, pixels);
  return {
    before: acquisition(source.pixels),
    after: acquisition(corrected),
    pixels: source.pixels,
    corrected,
    truth: source.truth,
    setup,
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
 * Applies (I - D) / S, over the gain of the tile, less a background; `after` changes single pixels, `skip` leaves planes.
 */
function applyCorrection({ type, grid }, { pixels }, correction, random) {
  const { flat, flatOf, dark = 0, gains, background = 0, skip = () => false, after = (value) => value } = correction;
  const keep = type === "float32" ? (value) => value : (correction.store ?? stored);
  return pixels.map((planes, tile) =>
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
}

function profileErrorOf({ lightOf, light }, { flat, flatOf }) {
  if (lightOf !== undefined || flatOf !== undefined || flat === undefined) return undefined;
  const ratio = normalised(flat.map((value, i) => value / light[i]));
  return ratio.reduce((sum, value) => sum + Math.abs(value - 1), 0) / ratio.length;
}

/** A smooth error of a profile: terms of low order, as a factor; `size` is its mean distance from 1. */
function smoothError(random, tileYx, size, orders = [1, 2, 3]) {
  const waves = orders.flatMap((order) =>
    Array.from({ length: 2 }, () => ({
      ky: Math.round(random.between(0, order)),
      order,
      size: random.normal() / order,
    })),
  );
  const field = fieldOf(tileYx, (v, u) =>
    waves.reduce((sum, { ky, order, size: own }) => {
      return sum + own * Math.cos((Math.PI * ky * (v + 1)) / 2) * Math.cos((Math.PI * (order - ky) * (u + 1)) / 2);
    }, 0),
  );
  const mean = field.reduce((sum, value) => sum + value, 0) / field.length;
  const apart = field.reduce((sum, value) => sum + Math.abs(value - mean), 0) / field.length || 1;
  return field.map((value) => Math.exp((size * (value - mean)) / apart));
}

const times = (a, b) => normalised(a.map((value, i) => value * b[i]));
const power = (field, exponent) => normalised(field.map((value) => value ** exponent));
const tilt = (tileYx, y, x) => fieldOf(tileYx, (v, u) => Math.exp(y * v + x * u));

function transposed(field, [rows, columns]) {
  return fieldOf([rows, columns], (v, u) => {
    const [y, x] = [Math.floor(((u + 1) / 2) * rows), Math.floor(((v + 1) / 2) * columns)];
    return field[Math.min(rows - 1, y) * columns + Math.min(columns - 1, x)];
  });
}

function shifted(field, [rows, columns], dy, dx) {
  const clamp = (value, most) => Math.min(most - 1, Math.max(0, value));
  const moved = new Float64Array(field.length);
  for (let y = 0, i = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++, i++) moved[i] = field[clamp(y + dy, rows) * columns + clamp(x + dx, columns)];
  }
  return normalised(moved);
}

/** The mean of all planes, smoothed: the simplest estimate of a profile. */
function meanProfile({ pixels, tileYx: [rows, columns], offset }) {
  const mean = new Float64Array(rows * columns);
  for (const planes of pixels)
    for (const plane of planes) for (let i = 0; i < mean.length; i++) mean[i] += plane[i] - offset;
  let smooth = mean;
  for (let turn = 0; turn < 3; turn++) smooth = boxBlur(smooth, rows, columns, 9);
  return normalised(smooth.map((value) => Math.max(1e-3, value)));
}

function boxBlur(image, rows, columns, radius) {
  const along = (get, length, set) => {
    for (let i = 0; i < length; i++) {
      let sum = 0;
      for (let d = -radius; d <= radius; d++) sum += get(Math.min(length - 1, Math.max(0, i + d)));
      set(i, sum / (2 * radius + 1));
    }
  };
  const between = new Float64Array(image.length);
  for (let y = 0; y < rows; y++)
    along(
      (x) => image[y * columns + x],
      columns,
      (x, v) => (between[y * columns + x] = v),
    );
  const blurred = new Float64Array(image.length);
  for (let x = 0; x < columns; x++)
    along(
      (y) => between[y * columns + x],
      rows,
      (y, v) => (blurred[y * columns + x] = v),
    );
  return blurred;
}

/** Gains of tiles that make neighbours agree, by least squares on the log ratios of their overlaps. */
function fittedGains({ pixels, grid, tileYx, offset, planes }, flat) {
  const { tiles, step } = grid;
  const logs = new Float64Array(tiles.length);
  const ratios = [];
  for (const [a, first] of tiles.entries()) {
    for (const [b, second] of tiles.entries()) {
      const [dy, dx] = [0, 1].map((axis) => second.gridYx[axis] - first.gridYx[axis]);
      if (!((dy === 1 && dx === 0) || (dy === 0 && dx === 1))) continue;
      let [sumA, sumB] = [0, 0];
      for (let z = 0; z < planes; z++) {
        for (let y = dy * step[0]; y < tileYx[0]; y++) {
          for (let x = dx * step[1]; x < tileYx[1]; x++) {
            const [i, j] = [y * tileYx[1] + x, (y - dy * step[0]) * tileYx[1] + x - dx * step[1]];
            sumA += (pixels[a][z][i] - offset) / flat[i];
            sumB += (pixels[b][z][j] - offset) / flat[j];
          }
        }
      }
      ratios.push([a, b, Math.log(sumA / sumB)]);
    }
  }
  for (let turn = 0; turn < 400; turn++) {
    for (const [a, b, ratio] of ratios) {
      const apart = (ratio - logs[a] + logs[b]) / 4;
      logs[a] += apart;
      logs[b] -= apart;
    }
  }
  const mean = logs.reduce((sum, log) => sum + log, 0) / logs.length;
  return Array.from(logs, (log) => Math.exp(log - mean));
}

const waist = (random, tileYx, planes, depth) => {
  const [axis, reach] = [random.pick([0, 1]), random.between(0.3, 0.9) * random.sign()];
  const base = randomLight(random, tileYx, 0.15);
  const lights = Array.from({ length: planes }, (_, z) => {
    const centre = reach * ((2 * z) / Math.max(1, planes - 1) - 1);
    const sheet = fieldOf(
      tileYx,
      (v, u) => 1 - (0.8 * depth * ((axis === 0 ? v : u) - centre) ** 2) / (1 + Math.abs(reach)) ** 2,
    );
    return times(base, sheet);
  });
  return { lightOf: (_grid, z) => lights[z], lights };
};

const twoSides = (random, tileYx, [, columns], _planes, depth) => {
  const along = random.sign() * random.between(0.5, 1.2) * depth;
  const base = randomLight(random, tileYx, 0.6 * depth);
  const lights = [tilt(tileYx, 0, along), tilt(tileYx, 0, -along)].map((side) => times(base, side));
  return { lightOf: (gridYx) => lights[gridYx[1] < columns / 2 ? 0 : 1], lights };
};

const meanOfLights = (lights) => normalised(lights[0].map((_, i) => lights.reduce((sum, light) => sum + light[i], 0)));

const honest = [
  { name: "true profile", correct: ({ light, offset }) => ({ flat: light, dark: offset }) },
  { name: "true profile, offset left in", correct: ({ light }) => ({ flat: light }) },
  {
    name: "profile off by 0.3-3 %",
    correct: ({ light, offset, tileYx, random }) => ({
      flat: times(light, smoothError(random, tileYx, random.between(0.003, 0.03))),
      dark: offset,
    }),
  },
  {
    name: "profile off by 3-12 %",
    correct: ({ light, offset, tileYx, random }) => ({
      flat: times(light, smoothError(random, tileYx, random.between(0.03, 0.12))),
      dark: offset,
    }),
  },
  {
    name: "mean of all planes",
    correct: (made) => ({ flat: meanProfile(made), dark: made.offset }),
  },
  {
    name: "too flat: offset taken for light",
    correct: ({ light, offset, background }) => ({
      flat: normalised(light.map((value) => (value * background + offset) / (background + offset))),
    }),
  },
  { name: "half strength", correct: ({ light, offset }) => ({ flat: power(light, 0.5), dark: offset }) },
  {
    name: "real gains of tiles",
    scene: { tileGains: 0.08 },
    correct: ({ light, offset, gains }) => ({ flat: light, dark: offset, gains }),
  },
  {
    name: "real gains, fitted",
    scene: { tileGains: 0.08, gridYx: [4, 4] },
    correct: (made) => ({ flat: made.light, dark: made.offset, gains: fittedGains(made, made.light) }),
  },
  {
    name: "real gains, not applied",
    scene: { tileGains: 0.08 },
    correct: ({ light, offset }) => ({ flat: light, dark: offset }),
  },
  {
    name: "two sides, a profile each",
    scene: { lights: twoSides, gridYx: [3, 4] },
    correct: ({ lightOf, offset }) => ({ flatOf: lightOf, dark: offset }),
  },
  {
    name: "one row of tiles",
    scene: { gridYx: [1, 5] },
    correct: ({ light, offset }) => ({ flat: light, dark: offset }),
  },
  {
    name: "dark background, offset taken off",
    scene: { background: 2, offset: 100, kind: "organ" },
    correct: ({ light, offset }) => ({ flat: light, dark: offset }),
  },
  {
    name: "moved stage",
    scene: { jitter: 3 },
    correct: ({ light, offset, tileYx, random }) => ({
      flat: times(light, smoothError(random, tileYx, 0.01)),
      dark: offset,
    }),
  },
  { name: "scaled only", correct: ({ light }) => ({ flat: light.map(() => 0.8) }) },
];

const adversarial = [
  {
    name: "two sides, one profile",
    scene: { lights: twoSides, gridYx: [3, 4] },
    correct: ({ lights, offset }) => ({ flat: meanOfLights(lights), dark: offset }),
  },
  {
    name: "two sides, profile of one",
    scene: { lights: twoSides, gridYx: [3, 4] },
    correct: ({ lights, offset }) => ({ flat: lights[0], dark: offset }),
  },
  {
    name: "two sides hidden by gains",
    scene: { lights: twoSides, gridYx: [3, 4], tileGains: 0 },
    correct: (made) => {
      const flat = meanOfLights(made.lights);
      return { flat, dark: made.offset, gains: fittedGains(made, flat) };
    },
  },
  {
    name: "moving profile, its mean",
    scene: { lights: (random, tileYx, _grid, planes, depth) => waist(random, tileYx, planes, depth), planes: 8 },
    correct: ({ lights, offset }) => ({ flat: meanOfLights(lights), dark: offset }),
  },
  {
    name: "moving profile, of one plane",
    scene: { lights: (random, tileYx, _grid, planes, depth) => waist(random, tileYx, planes, depth), planes: 8 },
    correct: ({ lights, offset }) => ({ flat: lights[0], dark: offset }),
  },
  {
    name: "gains that hide a tilt",
    scene: { tileGains: 0 },
    correct: (made) => {
      const [y, x] = [made.random.between(-0.25, 0.25), made.random.between(-0.25, 0.25)];
      const flat = times(made.light, tilt(made.tileYx, y, x));
      return { flat, dark: made.offset, gains: fittedGains(made, flat) };
    },
  },
  {
    name: "bright background taken off",
    scene: { kind: "absorbing", background: 3000, tissue: 3, offset: 0 },
    correct: ({ light, background }) => ({ flat: light, background: background * 0.97 }),
  },
  {
    name: "half of a bright background taken off",
    scene: { kind: "absorbing", background: 3000, tissue: 3, offset: 0 },
    correct: ({ light, background, random }) => ({ flat: light, background: background * random.between(0.2, 0.6) }),
  },
  {
    name: "bright background, corrected well",
    scene: { kind: "absorbing", background: 3000, tissue: 3, offset: 0 },
    correct: ({ light }) => ({ flat: light }),
  },
  {
    name: "background of the sample taken off",
    scene: { background: 200 },
    correct: ({ light, offset, background }) => ({ flat: light, dark: offset, background }),
  },
  {
    name: "tissue in one half of every tile",
    scene: { kind: "half" },
    correct: (made) => ({ flat: meanProfile(made), dark: made.offset }),
  },
  {
    name: "a bump inside the field",
    correct: ({ light, offset, tileYx, random }) => {
      const [y, x, size] = [random.between(-0.3, 0.3), random.between(-0.3, 0.3), random.between(0.1, 0.5)];
      const bump = fieldOf(tileYx, (v, u) => 1 + size * Math.exp(-((v - y) ** 2 + (u - x) ** 2) / 0.08));
      return { flat: times(light, bump), dark: offset };
    },
  },
  {
    name: "a step inside the field",
    correct: ({ light, offset, tileYx, random }) => {
      const size = random.between(0.1, 0.5);
      const step = fieldOf(
        tileYx,
        (_v, u) => 1 + size / (1 + Math.exp(-25 * (u - 0.1))) / (1 + Math.exp(25 * (u - 0.7))),
      );
      return { flat: times(light, step), dark: offset };
    },
  },
  {
    name: "profile of another channel",
    correct: ({ depth, offset, tileYx, random }) => ({ flat: randomLight(random, tileYx, depth), dark: offset }),
  },
  {
    name: "inverted",
    correct: ({ light, offset }) => ({ flat: power(light, -1), dark: offset }),
  },
  {
    name: "transposed",
    correct: ({ light, offset, tileYx }) => ({ flat: transposed(light, tileYx), dark: offset }),
  },
  {
    name: "shifted",
    correct: ({ light, offset, tileYx, random }) => {
      const reach = () => Math.round(random.between(0.1, 0.4) * tileYx[0]) * random.sign();
      return { flat: shifted(light, tileYx, reach(), reach()), dark: offset };
    },
  },
  {
    name: "planes left out",
    correct: ({ light, offset, planes, random }) => {
      const from = Math.floor(planes * random.between(0.2, 0.8));
      return { flat: light, dark: offset, skip: (_tile, z) => z >= from };
    },
  },
  {
    name: "tiles left out",
    correct: ({ light, offset, random }) => {
      const left = new Set(Array.from({ length: 20 }, (_, tile) => tile).filter(() => random.chance(0.4)));
      return { flat: light, dark: offset, skip: (tile) => left.has(tile) };
    },
  },
  {
    name: "wrapped",
    scene: { type: "uint16", offset: 100 },
    correct: ({ light, offset, random }) => ({
      flat: light,
      dark: offset + random.between(5, 60),
      store: (value) => (Math.round(value) + 65536) % 65536,
    }),
  },
  {
    name: "no numbers",
    scene: { type: "float32" },
    correct: ({ light, offset, random }) => {
      const share = random.between(0.002, 0.2);
      return {
        flat: light,
        dark: offset,
        after: (value, _i, _z, _tile, { next }) => (next() < share ? Number.NaN : value),
      };
    },
  },
  {
    name: "partly set to 0",
    correct: ({ light, offset, background, tissue, random }) => ({
      flat: light,
      dark: offset + background * random.between(0.7, 1) + 0.4 * tissue * random.between(0, 1),
    }),
  },
  {
    name: "a tilt that no overlap shows",
    scene: { gridYx: [1, 5] },
    correct: ({ light, offset, tileYx, random }) => ({
      flat: times(light, tilt(tileYx, random.sign() * random.between(0.05, 0.35), 0)),
      dark: offset,
    }),
  },
  {
    name: "noise alone, false profile",
    scene: { kind: "empty", background: 5, tissue: 0, offset: 100, tileGains: 0 },
    correct: ({ tileYx, random, offset }) => ({
      flat: randomLight(random, tileYx, 0.3),
      dark: random.pick([0, offset]),
    }),
  },
  {
    name: "even image, false profile",
    scene: { depth: 0.002 },
    correct: ({ tileYx, random, offset }) => ({
      flat: randomLight(random, tileYx, random.between(0.05, 0.3)),
      dark: random.pick([0, offset]),
    }),
  },
  { name: "twice too strong", correct: ({ light, offset }) => ({ flat: power(light, 2), dark: offset }) },
  {
    name: "too strong",
    correct: ({ light, offset, random }) => ({ flat: power(light, random.between(1.3, 3)), dark: offset }),
  },
  {
    name: "offset taken off twice",
    scene: { offset: 100 },
    correct: ({ light, offset }) => ({ flat: light, dark: 2 * offset }),
  },
  {
    name: "light taken for an offset",
    correct: ({ light, offset, background, random }) => ({
      flat: light,
      dark: offset + background * random.between(0.3, 0.9) * Math.min(...light),
    }),
  },
  {
    name: "sample in the dark-field",
    correct: ({ light, offset, tileYx, background, tissue, random }) => {
      const spot = smoothError(random, tileYx, 0.5, [1, 2]);
      return { flat: light, dark: spot.map((value) => offset + 0.15 * (background + tissue) * value) };
    },
  },
];

/** All kinds of cases. */
export const kinds = [
  ...honest.map((kind) => ({ ...kind, isAdversarial: false })),
  ...adversarial.map((kind) => ({ ...kind, isAdversarial: true })),
];

/** `count` cases as a kind and a seed each, half of them adversarial, kinds in turn. */
export function listCases(count, seed) {
  return Array.from({ length: count }, (_, index) => {
    const among = index % 2 === 0 ? honest : adversarial;
    const kind = among[Math.floor(index / 2) % among.length];
    return { kind: kinds.find(({ name }) => name === kind.name), seed: seed * 100_003 + index };
  });
}
