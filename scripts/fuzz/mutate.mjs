// Mutations of bytes, of texts and of JSON, all from one stream of random numbers: a seed gives the same inputs anywhere.

/** Random numbers from a seed (Mulberry32 by T. Ettinger, public domain). */
export class Random {
  #state;

  constructor(...seeds) {
    this.#state = seeds.reduce((state, seed) => Math.imul(state ^ seed, 0x9e3779b1) + 0x85ebca6b, 0x243f6a88) | 0;
    for (let n = 0; n < 4; n++) this.next();
  }

  /** From 0 to 1. */
  next() {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  below(count) {
    return Math.floor(this.next() * count);
  }

  of(list) {
    return list[this.below(list.length)];
  }
}

const edges = [0, 1, 2, 3, 7, 8, 15, 16, 127, 128, 255, 256, 4095, 4096, 32767, 32768, 65535, 65536, 2 ** 24, 2 ** 27];
const large = [
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 2,
  2 ** 32 - 1,
  2 ** 33,
  2 ** 40,
  2 ** 53 - 1,
  2 ** 53,
  2 ** 64 - 2 ** 11,
];

/** Bytes with some changes: bits, numbers of any width, runs cut out, doubled or inserted, the end cut off. */
export function mutateBytes(bytes, random) {
  let changed = bytes.slice();
  for (let n = 1 + random.below(4); n > 0 && changed.length > 0; n--) changed = changeBytes(changed, random);
  return changed;
}

function changeBytes(bytes, random) {
  const at = random.next() < 0.5 ? random.below(Math.min(64, bytes.length)) : random.below(bytes.length);
  const length = Math.min(bytes.length - at, 1 + random.below(random.next() < 0.7 ? 8 : 200));
  switch (random.below(8)) {
    case 0:
    case 1:
      bytes[at] ^= 1 << random.below(8);
      return bytes;
    case 2:
      bytes[at] = random.below(256);
      return bytes;
    case 3:
    case 4:
      return putNumber(bytes, at, random);
    case 5:
      return joined(bytes.subarray(0, at), bytes.subarray(at + length));
    case 6:
      return joined(bytes.subarray(0, at + length), bytes.subarray(at));
    default:
      return random.next() < 0.5 ? bytes.slice(0, at) : inserted(bytes, at, length, random);
  }
}

function inserted(bytes, at, length, random) {
  const value = random.of([0, 255, random.below(256)]);
  return joined(bytes.subarray(0, at), new Uint8Array(length).fill(value), bytes.subarray(at));
}

function putNumber(bytes, at, random) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const value = random.of(random.next() < 0.6 ? edges : large);
  const isLittle = random.next() < 0.7;
  const width = random.of([1, 2, 4, 8]);
  if (at + width > bytes.length) return bytes;
  if (width === 1) view.setUint8(at, value);
  else if (width === 2) view.setUint16(at, value, isLittle);
  else if (width === 4) view.setUint32(at, value % 2 ** 32, isLittle);
  else view.setBigUint64(at, BigInt(value), isLittle);
  return bytes;
}

export function joined(...parts) {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

const oddTexts = [
  "",
  "0",
  "-1",
  "1e308",
  "NaN",
  "Infinity",
  "../..",
  "\u0000",
  "\u202e",
  '"',
  "'",
  "[",
  "]",
  "<",
  "&",
  "{",
  ": ",
  "\n",
];

/** A text with some of its tokens changed, repeated or taken out; long runs, as slow parsers do not like them. */
export function mutateText(text, random) {
  const tokens = text.match(/[\w.+-]+|\s+|[^\w\s]/g) ?? [""];
  for (let n = 1 + random.below(4); n > 0; n--) {
    const at = random.below(tokens.length);
    const kind = random.below(6);
    if (kind === 0) tokens.splice(at, 1 + random.below(4));
    else if (kind === 1) tokens.splice(at, 0, ...tokens.slice(at, at + 1 + random.below(40)));
    else if (kind === 2) tokens[at] = String(random.of([...edges, ...large, -1, 0.5]));
    else if (kind === 3) tokens.splice(at, 0, random.of(oddTexts));
    else if (kind === 4) tokens[at] = (tokens[at] ?? "x").slice(0, 300).repeat(random.of([2, 50, 3000]));
    else tokens[at] = random.of(oddTexts);
    if (tokens.length === 0) tokens.push("");
  }
  return tokens.join("");
}

/** Texts and lists grow to about this many characters. */
const mostText = 4e6;

/** Stands for lists in each other, more than can be written but by hand. */
const deep = "@deep@";

/** A JSON document in which some values, names or lists are others. */
export function mutateJsonText(text, random) {
  const changed = JSON.stringify(mutateJson(JSON.parse(text), random)) ?? "";
  return changed.replace(`"${deep}"`, `${"[".repeat(20_000)}${"]".repeat(20_000)}`);
}

/** A JSON value in which some values, names or lists are others. */
function mutateJson(value, random) {
  let changed = structuredClone(value);
  for (let n = 1 + random.below(3); n > 0; n--) changed = changeJson(changed, random);
  return changed;
}

function changeJson(value, random) {
  const places = [];
  const collect = (holder) => {
    for (const name of Object.keys(holder)) {
      places.push([holder, name]);
      if (typeof holder[name] === "object" && holder[name] !== null) collect(holder[name]);
    }
  };
  if (typeof value !== "object" || value === null) return oddJson(random);
  collect(value);
  if (places.length === 0) return oddJson(random);
  const [holder, name] = random.of(places);
  const kind = random.below(5);
  if (kind === 0) delete holder[name];
  else if (kind === 1 && Array.isArray(holder)) holder.push(...structuredClone(holder));
  else if (kind === 2 && Array.isArray(holder[name])) holder[name] = repeated(holder[name], random);
  else if (kind === 3 && typeof holder[name] === "string") holder[name] = mutateText(holder[name], random);
  else holder[name] = oddJson(random);
  return value;
}

/** A list of another length; what becomes of it can still be written as text. */
function repeated(list, random) {
  const wanted = random.of([0, 1, 7, 300, 20_000]);
  const length = Math.min(wanted, Math.ceil((mostText * list.length) / JSON.stringify(list).length) + 7);
  return Array.from({ length }, (_, n) => list[n % Math.max(1, list.length)] ?? null);
}

function oddJson(random) {
  const kind = random.below(8);
  if (kind < 3) return random.of([...edges, ...large, -1, 0.5, 1e308]);
  if (kind === 3) return random.of(oddTexts);
  if (kind === 4) return random.of([null, true, false]);
  if (kind === 5) return random.of([[], {}, [[]], { __proto__: null, id: "x" }]);
  if (kind === 6) return random.of([nested(5), nested(150), deep]);
  return "x".repeat(random.of([300, 100_000]));
}

function nested(depth) {
  let value = 0;
  for (let n = 0; n < depth; n++) value = n % 2 === 0 ? [value] : { a: value };
  return value;
}

/** An input by its number: the same for the same seed and the same targets. */
export function inputOf(targets, names, seed, index) {
  const random = new Random(seed, index);
  const name = names[index % names.length];
  const { seeds, mutate } = targets[name];
  return { name, index, bytes: mutate(random.of(seeds), random) };
}
