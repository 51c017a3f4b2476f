/** Reading objects of a server, of whatever protocol: what its answers mean for those who read images. */
import { IsoluxError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import type { ByteRange, ObjectFacts } from "../store.ts";
import type { HttpRequest } from "./exchange.ts";
import { partialContent, wholeSize } from "./exchange.ts";
import type { FinalAnswer } from "./remote-client.ts";

/** A question about an object. */
export interface ObjectQuestion extends Pick<HttpRequest, "part" | "mostBytes"> {
  readonly key: string;
  readonly method: "GET" | "HEAD";
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * What an answer says of an object: that it is there, that it is missing, `hidden` (refused in the way in which some
 * servers also answer for what is missing), or that the server will not or cannot answer.
 */
export type Verdict = "there" | "missing" | "hidden" | "refused";

/** A server as the reader needs it. */
export interface ObjectServer {
  /** Asks about an object. @throws IsoluxError `storage` where the server cannot be reached */
  ask(question: ObjectQuestion): Promise<FinalAnswer>;
  classify(answer: FinalAnswer): Verdict;
  /** The error for an answer that does not serve. */
  fault(answer: FinalAnswer, key: string): IsoluxError;
  /** What to call an object in messages. */
  where(key: string): string;
}

const hidingNote =
  "The server answers 403 (forbidden) also for what is not there: check the address, and whether it may be read";

/**
 * Reads objects. A 403 may mean a missing object, as on S3 without the right to list; since a chunk taken for missing
 * becomes empty pixels, it counts as that only where the server says the same of a name that surely is missing, and
 * where what could be read before still can.
 */
export class RemoteReader {
  readonly #server: ObjectServer;
  /** An object that was read. */
  #readable: string | undefined;
  #hides: Promise<boolean> | undefined;
  #absenceNote: string | undefined;
  #takesSuffixes = true;

  constructor(server: ObjectServer) {
    this.#server = server;
  }

  /** What to add to a message about something absent. */
  get absenceNote(): string | undefined {
    return this.#absenceNote;
  }

  async get(key: string, mostBytes: number = limits.metadata): Promise<Uint8Array | undefined> {
    const answer = await this.#ask({ key, method: "GET", mostBytes });
    if (answer === undefined || answer.status !== 206) return answer?.body;
    // No part was asked for: what is sent as one is taken where it is the whole
    const length = answer.body.length;
    const { offset, size = length } = partialContent(answer) ?? { offset: 0 };
    if (offset === 0 && size === length) return answer.body;
    throw this.#wrongPart(key, `${length} bytes from ${offset} on`, `all ${size} bytes`);
  }

  async getRange(key: string, range: ByteRange): Promise<Uint8Array | undefined> {
    if (range.length === 0) return (await this.facts(key)) && new Uint8Array(0);
    if (range.kind === "slice") return await this.#slice(key, range.offset, range.length);
    if (this.#takesSuffixes) {
      const part = { offset: 0, length: range.length };
      const answer = await this.#ask({ key, method: "GET", headers: { range: `bytes=-${range.length}` }, part });
      if (answer === undefined) return undefined;
      const content = partialContent(answer);
      const size = content?.size ?? -1;
      const isEnd = content !== undefined && content.offset + answer.body.length === size;
      if (isEnd && answer.body.length === Math.min(range.length, size)) return answer.body;
      this.#takesSuffixes = false;
    }
    const facts = await this.facts(key);
    if (facts === undefined) return undefined;
    const start = Math.max(0, facts.bytes - range.length);
    return facts.bytes === 0 ? new Uint8Array(0) : await this.#slice(key, start, facts.bytes - start);
  }

  async facts(key: string): Promise<ObjectFacts | undefined> {
    let answer = await this.#ask({ key, method: "HEAD" });
    if (answer === undefined) return undefined;
    if (wholeSize(answer) === undefined) answer = await this.#firstByte(key);
    if (answer === undefined) return undefined;
    const bytes = wholeSize(answer) ?? (await this.#lengthOf(key));
    if (bytes === undefined) return undefined;
    const modified = Date.parse(answer.headers.get("last-modified") ?? "");
    const tag = answer.headers.get("etag");
    return { bytes, modifiedMs: Number.isNaN(modified) ? 0 : modified, ...(tag === null ? {} : { tag }) };
  }

  /** The length of an object by reading it, where the server sends it compressed; nothing is kept of it. */
  async #lengthOf(key: string): Promise<number | undefined> {
    const answer = await this.#ask({ key, method: "GET", part: { offset: limits.object, length: 1 } });
    return answer?.received;
  }

  async #slice(key: string, offset: number, length: number): Promise<Uint8Array | undefined> {
    const headers = { range: `bytes=${offset}-${offset + length - 1}` };
    const answer = await this.#ask({ key, method: "GET", headers, part: { offset, length } });
    if (answer === undefined) return undefined;
    if (answer.status === 416) return new Uint8Array(0);
    // A server that does not know of ranges answered with the whole object, of which only the part was kept.
    if (answer.status !== 206) return answer.body;
    const content = partialContent(answer);
    const end = Math.min(offset + length, content?.size ?? offset + answer.body.length);
    const isWanted = content === undefined || content.offset === offset;
    if (isWanted && answer.body.length <= length && offset + answer.body.length === end) return answer.body;
    const found = `${answer.body.length} bytes from ${content?.offset ?? offset} on`;
    throw this.#wrongPart(key, found, `${end - offset} bytes from ${offset} on`);
  }

  #wrongPart(key: string, found: string, expected: string): IsoluxError {
    const what = "The server sent a wrong part of a file";
    return new IsoluxError({ kind: "storage", what, where: this.#server.where(key), found, expected });
  }

  /** The server's answer about an object that is there, `undefined` for one that is not. */
  async #ask(question: ObjectQuestion): Promise<FinalAnswer | undefined> {
    const { key, method } = question;
    if (key === "") return undefined;
    const answer = await this.#server.ask(question);
    if (method === "HEAD" && isUnknownMethod(answer)) return await this.#firstByte(key);
    switch (this.#server.classify(answer)) {
      case "there":
        this.#readable ??= key;
        return answer;
      case "missing":
        return undefined;
      case "hidden":
        await this.#checkAbsence(question, answer);
        return undefined;
      case "refused":
        throw this.#server.fault(answer, key);
    }
  }

  /** Tells as much as HEAD does, where the server does not know of that. */
  #firstByte(key: string): Promise<FinalAnswer | undefined> {
    const part = { offset: 0, length: 1 };
    return this.#ask({ key, method: "GET", headers: { range: "bytes=0-0" }, part });
  }

  /** Makes sure that a refusal means absence. @throws IsoluxError `storage` where it may mean something else */
  async #checkAbsence({ key, method }: ObjectQuestion, refusal: FinalAnswer): Promise<void> {
    this.#hides ??= this.#hidesMissing(key);
    const hides = await this.#hides.catch((error: unknown) => {
      this.#hides = undefined;
      throw error;
    });
    if (!hides) throw this.#server.fault(refusal, key);
    this.#absenceNote = hidingNote;
    // What the server knows the size of is there.
    const isKnown =
      method === "GET" && this.#server.classify(await this.#server.ask({ key, method: "HEAD" })) === "there";
    if (isKnown) throw this.#server.fault(refusal, key);
    if (this.#readable === undefined) return;
    const question = { key: this.#readable, headers: { range: "bytes=0-0" }, part: { offset: 0, length: 1 } };
    const answer = await this.#server.ask({ ...question, method: "GET" });
    if (this.#server.classify(answer) !== "there") throw this.#server.fault(answer, this.#readable);
  }

  /** Whether the server refuses what surely is not there, beside `key`. */
  async #hidesMissing(key: string): Promise<boolean> {
    const [chance] = crypto.getRandomValues(new Uint32Array(1));
    const headers = { range: "bytes=0-0" };
    const missing = `${key}.isolux-${chance!.toString(16)}`;
    const answer = await this.#server.ask({ key: missing, method: "GET", headers, part: { offset: 0, length: 1 } });
    const verdict = this.#server.classify(answer);
    if (verdict === "refused") throw this.#server.fault(answer, key);
    return verdict === "hidden";
  }
}

function isUnknownMethod({ status }: FinalAnswer): boolean {
  return status === 405 || status === 501;
}
