// Decoders with the faults that the proof looks for, to see that it finds them: `node scripts/prove-fuzz.mjs self-test`.
const seeds = [Uint8Array.of(1, 2, 3)];
const mutate = (seed) => seed;
const kept = [];

/** As `targets.mjs` has them. */
export const targets = {
  endless: {
    seeds,
    mutate,
    run: () => {
      for (;;);
    },
  },
  greedy: {
    seeds,
    mutate,
    run: async () => {
      while (kept.length < 16) {
        kept.push(new Uint8Array(2 ** 26).fill(1));
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
  },
  "no sentence": {
    seeds,
    mutate,
    run: () => {
      throw new TypeError("undefined is not a function");
    },
  },
  unawaited: {
    seeds,
    mutate,
    run: async () => {
      void Promise.reject(new Error("later"));
      await new Promise((resolve) => setTimeout(resolve, 5));
    },
  },
};
