import type { Yx } from "../../src/shapes.ts";

/** Planes of empty regions to be made: a vignetted background with shot noise over a camera offset. */
export interface EmptyScene {
  readonly seed: number;
  readonly planeCount: number;
  readonly shapeYx: Yx;
  /** Mean background of all planes, in counts. */
  readonly brightness: number;
  /** Relative spread of the brightness from plane to plane. */
  readonly sway: number;
  /** How much darker the corners are than the centre. */
  readonly falloff: number;
  /** The camera's offset, in counts. */
  readonly offset: number;
  readonly noise: boolean;
  /** Whether bright specks lie in some of the planes. */
  readonly specks: boolean;
  /** How much brighter, in counts, each plane is around a place of its own, as specimen out of focus makes it. */
  readonly glow: number;
}

const usual: EmptyScene = {
  seed: 1,
  planeCount: 20,
  shapeYx: [64, 80],
  brightness: 200,
  sway: 0.15,
  falloff: 0.6,
  offset: 0,
  noise: true,
  specks: false,
  glow: 0,
};

/** Planes as `[n, y, x]`, and the profile that they were made with. */
export function emptyPlanes(wanted: Partial<EmptyScene>) {
  const scene = { ...usual, ...wanted };
  const [height, width] = scene.shapeYx;
  const random = generator(scene.seed);
  const truth = vignette(scene);
  const pixels = new Uint16Array(scene.planeCount * truth.length);
  for (let n = 0; n < scene.planeCount; n++) {
    const brightness = scene.brightness * Math.max(0.2, 1 + scene.sway * normal(random));
    const speck = scene.specks && n % 3 === 0 ? [random() * height, random() * width] : undefined;
    const glowAt = scene.glow > 0 ? [random() * height, random() * width] : undefined;
    for (let at = 0; at < truth.length; at++) {
      const [y, x] = [Math.floor(at / width), at % width];
      const isSpeck = speck !== undefined && Math.hypot(y - speck[0]!, x - speck[1]!) < 4;
      const glow =
        glowAt === undefined
          ? 0
          : scene.glow * Math.exp(-(((y - glowAt[0]!) / 20) ** 2 + ((x - glowAt[1]!) / 20) ** 2));
      const light = truth[at]! * ((isSpeck ? 5 * brightness : brightness) + glow);
      const shot = scene.noise ? Math.sqrt(light) * normal(random) : 0;
      pixels[n * truth.length + at] = Math.max(0, Math.round(light + shot)) + scene.offset;
    }
  }
  return { pixels, planeCount: scene.planeCount, shapeYx: scene.shapeYx, truth };
}

function vignette({ shapeYx: [height, width], falloff }: EmptyScene): Float32Array {
  const image = Float32Array.from({ length: height * width }, (_, at) => {
    const y = Math.floor(at / width) / (height - 1) - 0.4;
    const x = (at % width) / (width - 1) - 0.5;
    return 1 - falloff * (y * y + x * x);
  });
  const mean = image.reduce((sum, value) => sum + value, 0) / image.length;
  return image.map((value) => value / mean);
}

/** A small linear congruential generator: the same numbers on every machine. */
function generator(seed: number): () => number {
  let state = seed * 2654435761 + 12345;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
}

/** Box and Muller's method. */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
}
