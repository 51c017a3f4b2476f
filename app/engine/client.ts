/** The engine as the page calls it: every call can be stopped and tells how far it is. */
import type { Engine, FromEngine, Progress, ToEngine } from "./messages.ts";

/** An error of the engine, as a sentence; `fault` is its kind, such as `no-gain`. */
export class EngineError extends Error {
  readonly fault: string;
  constructor(message: string, fault: string) {
    super(message);
    this.fault = fault;
  }
}

interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
  readonly onProgress: ((progress: Progress) => void) | undefined;
}

interface CallOptions {
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/** @param thread of the engine, which `start-engine.js` starts before the page itself is loaded @returns what calls it */
export function callsOf(thread: Worker) {
  const waiting = new Map<number, Waiting>();
  let last = 0;
  const send = (message: ToEngine) => thread.postMessage(message);
  thread.onmessage = ({ data }: MessageEvent<FromEngine>) => {
    const call = waiting.get(data.id);
    if (call === undefined) return;
    if (data.kind === "progress") return call.onProgress?.(data.progress);
    waiting.delete(data.id);
    if (data.kind === "result") call.resolve(data.value as never);
    else call.reject(new EngineError(data.message, data.fault));
  };
  let ended: EngineError | undefined;
  thread.onerror = ({ message = "its code could not be loaded" }) => {
    ended = new EngineError(`The engine ended: ${message}. Reload the page.`, "internal");
    for (const { reject } of waiting.values()) reject(ended);
    waiting.clear();
  };
  return function call<Name extends keyof Engine>(
    name: Name,
    args: Parameters<Engine[Name]>,
    { onProgress, signal }: CallOptions = {},
  ): ReturnType<Engine[Name]> {
    if (ended !== undefined) return Promise.reject(ended) as ReturnType<Engine[Name]>;
    const id = ++last;
    signal?.addEventListener("abort", () => send({ id, kind: "stop" }), { once: true });
    const result = new Promise((resolve, reject) => waiting.set(id, { resolve, reject, onProgress }));
    send({ id, kind: "call", name, arguments: args });
    return result as ReturnType<Engine[Name]>;
  };
}

export type CallEngine = ReturnType<typeof callsOf>;
