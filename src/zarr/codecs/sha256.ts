/** SHA-256, in plain arithmetic: Web Crypto is not there on pages that were not loaded over https. */

/** The roots of the first 64 primes: fractional bits of their cube roots (rounds) and of the first 8 square roots. */
const primes = firstPrimes(64);
const roundConstants = Int32Array.from(primes, (prime) => fractionBits(prime, 3));
const initialState = Int32Array.from(primes.slice(0, 8), (prime) => fractionBits(prime, 2));

/** Gives the SHA-256 digest of parts laid end to end, as 64 hexadecimal digits. */
type DigestEngine = (parts: readonly Uint8Array[]) => string;

let current: DigestEngine = portableSha256;

/** Sets a faster engine for this thread; the portable one again where none is given. */
export function setSha256(engine: DigestEngine = portableSha256): void {
  current = engine;
}

/** The SHA-256 digest of parts laid end to end, as 64 hexadecimal digits. */
export function sha256(...parts: readonly Uint8Array[]): string {
  return current(parts);
}

/** @see https://doi.org/10.6028/NIST.FIPS.180-4 */
function portableSha256(parts: readonly Uint8Array[]): string {
  const state = initialState.slice();
  const schedule = new Int32Array(64);
  const block = new Uint8Array(64);
  let filled = 0;
  let totalBytes = 0;
  for (const part of parts) {
    totalBytes += part.length;
    for (let at = 0; at < part.length; ) {
      if (filled === 0 && at + 64 <= part.length) {
        compress(state, part, at, schedule);
        at += 64;
        continue;
      }
      const taken = Math.min(64 - filled, part.length - at);
      block.set(part.subarray(at, at + taken), filled);
      at += taken;
      filled = (filled + taken) % 64;
      if (filled === 0) compress(state, block, 0, schedule);
    }
  }
  pad(state, block, filled, totalBytes, schedule);
  return Array.from(state, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}

/** Ends the message: a one bit, zeros, and its length in bits at the end of a block. */
function pad(state: Int32Array, block: Uint8Array, filled: number, totalBytes: number, schedule: Int32Array): void {
  block[filled] = 0x80;
  block.fill(0, filled + 1);
  if (filled + 9 > 64) {
    compress(state, block, 0, schedule);
    block.fill(0);
  }
  new DataView(block.buffer).setBigUint64(56, BigInt(totalBytes) * 8n);
  compress(state, block, 0, schedule);
}

/** The 64 bytes from `at` into the state; the names of the eight words and of the sums are those of the standard. */
function compress(state: Int32Array, bytes: Uint8Array, at: number, w: Int32Array): void {
  for (let t = 0; t < 16; t++) {
    const from = at + 4 * t;
    w[t] = (bytes[from]! << 24) | (bytes[from + 1]! << 16) | (bytes[from + 2]! << 8) | bytes[from + 3]!;
  }
  for (let t = 16; t < 64; t++) {
    const early = w[t - 15]!;
    const late = w[t - 2]!;
    const sigma0 = rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3);
    const sigma1 = rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10);
    w[t] = (sigma1 + w[t - 7]! + sigma0 + w[t - 16]!) | 0;
  }
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  let e = state[4]!;
  let f = state[5]!;
  let g = state[6]!;
  let h = state[7]!;
  for (let t = 0; t < 64; t++) {
    const sum1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const choice = (e & f) ^ (~e & g);
    const t1 = (h + sum1 + choice + roundConstants[t]! + w[t]!) | 0;
    const sum0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const majority = (a & b) ^ (a & c) ^ (b & c);
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + sum0 + majority) | 0;
  }
  state[0]! += a;
  state[1]! += b;
  state[2]! += c;
  state[3]! += d;
  state[4]! += e;
  state[5]! += f;
  state[6]! += g;
  state[7]! += h;
}

function rotate(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}

function firstPrimes(count: number): number[] {
  const found: number[] = [];
  for (let candidate = 2; found.length < count; candidate++) {
    if (found.every((prime) => candidate % prime !== 0)) found.push(candidate);
  }
  return found;
}

/** The first 32 bits of the fraction of a root, by whole numbers: floor(root(n · 2^(32·degree))) mod 2^32. */
function fractionBits(n: number, degree: 2 | 3): number {
  const target = BigInt(n) << BigInt(32 * degree);
  let root = 0n;
  for (let bit = 36n; bit >= 0n; bit--) {
    const trial = root | (1n << bit);
    if (trial ** BigInt(degree) <= target) root = trial;
  }
  return Number(root & 0xffffffffn);
}
