/** No more room than this is made on a header's word alone. */
const mostTrustedBytes = 1 << 28;

/**
 * The bytes of an answer from `skip` on, at most `keep` of them, in a buffer of their own; what follows is not read.
 * @param onProgress called whenever something came
 * @throws Error where the body breaks off or is shorter than its `Content-Length`
 */
export async function readBody(
  response: Response,
  { skip, keep }: { readonly skip: number; readonly keep: number },
  onProgress: () => void,
): Promise<Uint8Array> {
  if (response.body === null) return new Uint8Array(0);
  const declared = declaredLength(response);
  const wanted = Math.min(keep, Math.max(0, (declared ?? 0) - skip));
  const bytes = new GrowingBytes(Math.min(wanted, mostTrustedBytes));
  const reader = response.body.getReader();
  let received = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    onProgress();
    const from = Math.max(0, skip - received);
    bytes.add(value.subarray(from, from + keep - bytes.length));
    received += value.length;
    if (bytes.length < keep) continue;
    await reader.cancel().catch(() => undefined);
    return bytes.finish();
  }
  if (declared === undefined || received >= declared) return bytes.finish();
  throw new Error(`the answer ended after ${received} of ${declared} bytes`);
}

/** The length that a body must have, where it is told and counts the bytes as they arrive here. */
function declaredLength({ headers, type }: Response): number | undefined {
  // Browsers hide from other origins whether a body was compressed on its way; they check the length themselves.
  const isAsSent = (headers.get("content-encoding") ?? "identity") === "identity" && type !== "cors";
  return isAsSent ? lengthHeader(headers) : undefined;
}

/** The `Content-Length` of an answer, or `undefined` where there is none. */
export function lengthHeader(headers: Headers): number | undefined {
  const text = headers.get("content-length");
  return text !== null && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** Bytes that are added one after the other; with room made beforehand nothing is copied twice. */
class GrowingBytes {
  #room: Uint8Array;
  #filled = 0;

  constructor(expected: number) {
    this.#room = new Uint8Array(expected);
  }

  get length(): number {
    return this.#filled;
  }

  add(bytes: Uint8Array): void {
    const needed = this.#filled + bytes.length;
    if (needed > this.#room.length) {
      const larger = new Uint8Array(Math.max(needed, 2 * this.#room.length));
      larger.set(this.#room.subarray(0, this.#filled));
      this.#room = larger;
    }
    this.#room.set(bytes, this.#filled);
    this.#filled = needed;
  }

  finish(): Uint8Array {
    return this.#filled === this.#room.length ? this.#room : this.#room.slice(0, this.#filled);
  }
}
