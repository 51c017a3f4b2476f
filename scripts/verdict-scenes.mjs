// Small generated mosaics in memory whose light is known, for proofs of verdicts: scenes, lights, cameras, and an
// acquisition that readers of pixels take for an image.

/** A seeded stream of numbers in [0, 1). */
export function streamOf(seed) {
  let state = (Math.imul(seed + 1, 0x9e3779b1) ^ 0x5bd1e995) | 0;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 8; i++) next();
  const between = (low, high) => low + (high - low) * next();
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  const pick = (values) => values[Math.floor(next() * values.length)];
  return { next, between, normal, pick, sign: () => (next() < 0.5 ? -1 : 1), chance: (share) => next() < share };
}

/** Smooth noise in [0, 1] over a plane, with features of about `pitch` pixels. */
function smoothNoise(random, [rows, columns], pitch) {
  const [down, across] = [Math.ceil(rows / pitch) + 2, Math.ceil(columns / pitch) + 2];
  const lattice = Float64Array.from({ length: down * across }, random.next);
  const image = new Float32Array(rows * columns);
  const ease = (t) => t * t * (3 - 2 * t);
  for (let y = 0, i = 0; y < rows; y++) {
    const row = Math.floor(y / pitch);
    const v = ease(y / pitch - row);
    for (let x = 0; x < columns; x++, i++) {
      const column = Math.floor(x / pitch);
      const u = ease(x / pitch - column);
      const at = row * across + column;
      const top = lattice[at] * (1 - u) + lattice[at + 1] * u;
      const bottom = lattice[at + across] * (1 - u) + lattice[at + across + 1] * u;
      image[i] = top * (1 - v) + bottom * v;
    }
  }
  return image;
}

/** What lies on the stage, plane by plane: the light of the sample in counts where the light is 1. */
export function paintScene(random, { kind, stageYx, planes, background, tissue, period }) {
  return Array.from({ length: planes }, (_, z) => {
    const [rows, columns] = stageYx;
    const coarse = smoothNoise(random, stageYx, 70);
    const middle = smoothNoise(random, stageYx, 22);
    const fine = smoothNoise(random, stageYx, 6);
    const plane = new Float32Array(rows * columns);
    for (let y = 0, i = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++, i++) {
        const body = 0.4 * coarse[i] + 0.35 * middle[i] + 0.25 * fine[i];
        const spot = Math.max(0, fine[i] - 0.8) * 5;
        const round = ((2 * y) / rows - 1) ** 2 + ((2 * x) / columns - 1) ** 2;
        plane[i] = lightOf(kind, {
          body,
          spot,
          round,
          middle: middle[i],
          fine: fine[i],
          x,
          period,
          z,
          background,
          tissue,
        });
      }
    }
    return plane;
  });
}

function lightOf(kind, { body, spot, round, middle, fine, x, period, background, tissue }) {
  switch (kind) {
    case "everywhere":
      return background + tissue * (body + spot);
    case "organ":
      return background + (tissue * (body + spot)) / (1 + Math.exp(14 * (round - 0.75)));
    case "vessels":
      return background + 2 * tissue * Math.exp(-(((middle - 0.5) / 0.04) ** 2)) * (0.5 + fine);
    case "empty":
      return background + 0.3 * tissue * spot;
    case "half":
      return background + tissue * body * (0.25 + 1.5 / (1 + Math.exp(-40 * (((x / period) % 1) - 0.5))));
    case "absorbing":
      return background * Math.exp(-1.6 * Math.max(0, middle - 0.45) * (0.4 + fine) * tissue);
    default:
      throw new Error(kind);
  }
}

/** A light over the field of mean 1: a bowl off its centre, a tilt, and a little that is finer. */
export function randomLight(random, [rows, columns], depth, shift = [0, 0]) {
  const [cy, cx] = [random.between(-0.35, 0.35) + shift[0], random.between(-0.35, 0.35) + shift[1]];
  const [ay, ax] = [random.between(0.4, 1.2), random.between(0.4, 1.2)];
  const [ty, tx] = [random.between(-0.15, 0.15), random.between(-0.15, 0.15)];
  const [fine, fy, fx] = [random.between(0, 0.03), random.between(2, 4), random.between(2, 4)];
  const [py, px] = [random.between(0, 6), random.between(0, 6)];
  const raw = fieldOf([rows, columns], (v, u) => {
    const bowl = ay * (v - cy) ** 2 + ax * (u - cx) ** 2;
    return -bowl + ty * v + tx * u + fine * Math.sin(fy * v + py) * Math.sin(fx * u + px);
  });
  const [low, high] = [Math.min(...raw), Math.max(...raw)];
  return normalised(raw.map((value) => 1 - (depth * (high - value)) / (high - low)));
}

/** An image of a function of the place in the field, from -1 to 1 along both axes. */
export function fieldOf([rows, columns], value) {
  const image = new Float64Array(rows * columns);
  for (let y = 0, i = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++, i++) image[i] = value((2 * y + 1) / rows - 1, (2 * x + 1) / columns - 1);
  }
  return image;
}

/** Scaled to mean 1. */
export function normalised(field) {
  const mean = field.reduce((sum, value) => sum + value, 0) / field.length;
  return field.map((value) => value / mean);
}

/** Tiles of a grid on the stage; rows and columns that overlap by a part of the tile. */
export function gridOf({ gridYx, tileYx, overlap, planes }) {
  const step = tileYx.map((extent) => Math.round(extent * (1 - overlap)));
  const tiles = [];
  for (let column = 0; column < gridYx[1]; column++) {
    for (let row = 0; row < gridYx[0]; row++) {
      const start = [0, row * tileYx[0], column * tileYx[1]];
      tiles.push({
        number: tiles.length + 1,
        name: `FOV_${tiles.length}`,
        box: { start, stop: [planes, start[1] + tileYx[0], start[2] + tileYx[1]] },
        stagePositionUmYx: [row * step[0], column * step[1]],
        gridYx: [row, column],
      });
    }
  }
  const stageYx = [0, 1].map((axis) => (gridYx[axis] - 1) * step[axis] + tileYx[axis] + 8);
  return { tiles, step, stageYx, mosaicYx: [gridYx[0] * tileYx[0], gridYx[1] * tileYx[1]] };
}

/** An acquisition of one channel and one level whose tiles lie in memory: `pixels[tile][plane]`. */
export function acquisitionOf({ tiles, mosaicYx }, tileYx, planes, type, pixels) {
  const size = tileYx[0] * tileYx[1];
  const chunkShapeCzyx = [1, planes, ...tileYx];
  const chunkGridCzyx = [1, 1, mosaicYx[0] / tileYx[0], mosaicYx[1] / tileYx[1]];
  const byPlace = new Map(tiles.map(({ gridYx }, index) => [gridYx.join(), index]));
  const level = {
    type,
    fillValue: 0,
    shapeCzyx: [1, planes, ...mosaicYx],
    chunkShapeCzyx,
    chunkGridCzyx,
    shapeZyx: [planes, ...mosaicYx],
    factorsZyx: [1, 1, 1],
    async readChunk([, , y, x]) {
      const own = pixels[byPlace.get([y, x].join())];
      const chunk = type === "uint16" ? new Uint16Array(planes * size) : new Float32Array(planes * size);
      for (const [z, plane] of own.entries()) chunk.set(plane, z * size);
      return chunk;
    },
    readBox: () => Promise.reject(new Error("not read by boxes")),
  };
  return {
    location: "memory",
    type,
    channels: [{ index: 0, label: "488" }],
    levels: [level],
    tiles,
    hasTileTable: true,
    pixelSizeUmZyx: [1, 1, 1],
    sourceObjects: () => Promise.reject(new Error("no objects")),
  };
}

/** What a camera makes of light: noise of photons and of reading, whole counts. */
export function expose(random, light, offset, { photons, readNoise, type }) {
  const counts = light.map((value) => {
    const noise = Math.sqrt(Math.max(0, value) / photons + readNoise ** 2) * random.normal();
    return value + offset + noise;
  });
  return type === "uint16" ? Uint16Array.from(counts, (value) => stored(value)) : counts;
}

/** A value as 16 bits hold it. */
export function stored(value) {
  return Math.min(65535, Math.max(0, Math.round(value)));
}

/** Mean |a · image - light| over the mean light, with the `a` of least squares: how far an image is from the truth. */
export function imageError(image, light) {
  let [both, own, sum] = [0, 0, 0];
  forAll(image, light, (value, truth) => {
    both += value * truth;
    own += value * value;
    sum += truth;
  });
  const scale = own === 0 ? 0 : both / own;
  let apart = 0;
  forAll(image, light, (value, truth) => {
    apart += Math.abs(scale * value - truth);
  });
  return apart / sum;
}

function forAll(image, light, use) {
  for (const [tile, planes] of image.entries()) {
    for (const [z, plane] of planes.entries()) {
      const truth = light[tile][z];
      for (let i = 0; i < plane.length; i++) use(Number.isFinite(plane[i]) ? plane[i] : 0, truth[i]);
    }
  }
}
