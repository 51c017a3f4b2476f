// The kinds of generated corrections: honest ones, and such as were made to deceive a verdict.
import {
  boxBlur,
  fittedGains,
  magnified,
  meanOfLights,
  meanProfile,
  mirrored,
  movedPixels,
  power,
  shifted,
  smoothError,
  tilt,
  times,
  transposed,
  twoSides,
  waist,
} from "./verdict-profiles.mjs";
import { fieldOf, normalised, randomLight } from "./verdict-scenes.mjs";

export const honest = [
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
  {
    name: "black around the sample, a little too much taken off",
    scene: { background: 0, offset: 100, type: "uint16" },
    correct: ({ light, offset, random }) => ({ flat: light, dark: offset + random.between(0, 6) }),
  },
  {
    name: "doubled, and rounded to 8 bits",
    scene: { type: "uint16" },
    correct: ({ light, offset, background, tissue, random }) => {
      const factor = random.pick([2, 255 / (background + 2.2 * tissue)]);
      return { flat: light, dark: offset, after: (value) => value * factor };
    },
  },
  { name: "scaled only", correct: ({ light }) => ({ flat: light.map(() => 0.8) }) },
];

export const adversarial = [
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
    name: "mirrored",
    correct: ({ light, offset, tileYx, random }) => ({
      flat: mirrored(
        light,
        tileYx,
        random.pick([
          [true, false],
          [false, true],
          [true, true],
        ]),
      ),
      dark: offset,
    }),
  },
  {
    name: "profile of another objective",
    correct: ({ light, offset, tileYx, random }) => ({
      flat: magnified(light, tileYx, random.pick([0.5, 0.7, 1.4, 2])),
      dark: offset,
    }),
  },
  {
    name: "dark-field too large",
    correct: ({ light, offset, random }) => ({ flat: light, dark: offset + random.pick([10, 30, 30]) }),
  },
  {
    name: "corrected twice",
    correct: ({ light, offset }) => ({ flat: power(light, 2), dark: light.map((value) => offset * (1 + value)) }),
  },
  {
    name: "pixels of another channel",
    correct: ({ light, offset, background, tissue, random, takeAgain }) => {
      const changes = { background: background * random.between(0.3, 2), tissue: tissue * random.between(0.3, 2) };
      return { flat: light, dark: offset, of: takeAgain(changes).pixels };
    },
  },
  {
    name: "two tiles exchanged",
    correct: ({ light, offset, random }) => ({
      flat: light,
      dark: offset,
      isSpoilt: true,
      remake: (images) => {
        const [first, step] = [Math.floor(random.between(0, images.length - 1)), 1];
        return images.map((image, tile) => {
          if (tile === first) return images[first + step];
          return tile === first + step ? images[first] : image;
        });
      },
    }),
  },
  {
    name: "moved by a few pixels",
    correct: ({ light, offset, tileYx, random }) => {
      const [dy, dx] = random.pick([
        [0, 1],
        [1, 0],
        [2, -3],
      ]);
      // What is seen there no longer lies where other channels and the stage say, whatever the error says.
      return { flat: light, dark: offset, isSpoilt: true, remake: (images) => movedPixels(images, tileYx, dy, dx) };
    },
  },
  {
    name: "blurred",
    correct: ({ light, offset, tileYx: [rows, columns], random }) => {
      const radius = random.pick([1, 2, 4]);
      const blurred = (plane) => plane.constructor.from(boxBlur(plane, rows, columns, radius));
      return { flat: light, dark: offset, remake: (images) => images.map((planes) => planes.map(blurred)) };
    },
  },
  {
    name: "background and a little more taken off",
    scene: { background: 200, type: "uint16" },
    correct: ({ light, offset, background, random }) => ({
      flat: light,
      dark: offset,
      background: background * random.between(1, 1.4),
    }),
  },
  {
    name: "planes scaled one by one",
    correct: ({ light, offset, planes, random }) => {
      const factors = Array.from({ length: planes }, () => Math.exp(0.3 * random.normal()));
      return { flat: light, dark: offset, after: (value, _i, z) => value * factors[z] };
    },
  },
  {
    name: "every second plane left out",
    correct: ({ light, offset }) => ({ flat: light, dark: offset, skip: (_tile, z) => z % 2 === 1 }),
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
      const missing = random.pick([Number.NaN, Number.NaN, Number.POSITIVE_INFINITY]);
      return {
        flat: light,
        dark: offset,
        after: (value, _i, _z, _tile, { next }) => (next() < share ? missing : value),
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
