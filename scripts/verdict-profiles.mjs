// Profiles that generated corrections apply, right and wrong: made of the true light, of the pixels, or of neither.
import { fieldOf, normalised, randomLight } from "./verdict-scenes.mjs";

/** A smooth error of a profile: terms of low order, as a factor; `size` is its mean distance from 1. */
export function smoothError(random, tileYx, size, orders = [1, 2, 3]) {
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

export const times = (a, b) => normalised(a.map((value, i) => value * b[i]));
export const power = (field, exponent) => normalised(field.map((value) => value ** exponent));
export const tilt = (tileYx, y, x) => fieldOf(tileYx, (v, u) => Math.exp(y * v + x * u));

export function transposed(field, [rows, columns]) {
  return fieldOf([rows, columns], (v, u) => {
    const [y, x] = [Math.floor(((u + 1) / 2) * rows), Math.floor(((v + 1) / 2) * columns)];
    return field[Math.min(rows - 1, y) * columns + Math.min(columns - 1, x)];
  });
}

export function shifted(field, [rows, columns], dy, dx) {
  const clamp = (value, most) => Math.min(most - 1, Math.max(0, value));
  const moved = new Float64Array(field.length);
  for (let y = 0, i = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++, i++) moved[i] = field[clamp(y + dy, rows) * columns + clamp(x + dx, columns)];
  }
  return normalised(moved);
}

/** A profile as a mirror shows it: left for right, and top for bottom where `axes` says so. */
export function mirrored(field, [rows, columns], [down, across]) {
  return field.map((_, i) => {
    const [y, x] = [Math.floor(i / columns), i % columns];
    return field[(down ? rows - 1 - y : y) * columns + (across ? columns - 1 - x : x)];
  });
}

/** The profile of another objective: the same light, `factor` times as wide. */
export function magnified(field, [rows, columns], factor) {
  const place = (at, extent) => {
    const far = ((2 * at + 1) / extent - 1) / factor;
    return Math.min(extent - 1, Math.max(0, Math.floor(((far + 1) / 2) * extent)));
  };
  const wide = field.map((_, i) => field[place(Math.floor(i / columns), rows) * columns + place(i % columns, columns)]);
  return normalised(wide);
}

/** Pixels of tiles and planes moved by whole pixels; the last ones are repeated at the edge. */
export function movedPixels(images, [rows, columns], dy, dx) {
  const clamp = (value, most) => Math.min(most - 1, Math.max(0, value));
  return images.map((planes) =>
    planes.map((plane) =>
      plane.map(
        (_, i) => plane[clamp(Math.floor(i / columns) + dy, rows) * columns + clamp((i % columns) + dx, columns)],
      ),
    ),
  );
}

/** The mean of all planes, smoothed: the simplest estimate of a profile. */
export function meanProfile({ pixels, tileYx: [rows, columns], offset }) {
  const mean = new Float64Array(rows * columns);
  for (const planes of pixels)
    for (const plane of planes) for (let i = 0; i < mean.length; i++) mean[i] += plane[i] - offset;
  let smooth = mean;
  for (let turn = 0; turn < 3; turn++) smooth = boxBlur(smooth, rows, columns, 9);
  return normalised(smooth.map((value) => Math.max(1e-3, value)));
}

/** Means over squares of `2 * radius + 1` pixels. */
export function boxBlur(image, rows, columns, radius) {
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
export function fittedGains({ pixels, grid, tileYx, offset, planes }, flat) {
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

export const waist = (random, tileYx, planes, depth) => {
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

export const twoSides = (random, tileYx, [, columns], _planes, depth) => {
  const along = random.sign() * random.between(0.5, 1.2) * depth;
  const base = randomLight(random, tileYx, 0.6 * depth);
  const lights = [tilt(tileYx, 0, along), tilt(tileYx, 0, -along)].map((side) => times(base, side));
  return { lightOf: (gridYx) => lights[gridYx[1] < columns / 2 ? 0 : 1], lights };
};

export const meanOfLights = (lights) =>
  normalised(lights[0].map((_, i) => lights.reduce((sum, light) => sum + light[i], 0)));
