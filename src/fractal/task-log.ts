/** The log of a task, in the format of Fractal's own tasks. */

import { unreachable } from "../errors.ts";
import type { RunEvent } from "../parameters/run-events.ts";
import { inOneLine } from "../plain-text.ts";

/** The level of a line. Fractal looks for the word "warning" in logs to mark images, so no other line has it. */
type LogLevel = "INFO" | "WARNING" | "ERROR";

/** Writes lines in the form of Fractal's own tasks: time, name, level, message. */
export class TaskLog {
  private readonly name: string;
  private readonly write: (line: string) => void;
  private readonly now: () => Date;
  private toldMs = Number.NEGATIVE_INFINITY;
  private stage = "";

  constructor(name: string, write: (line: string) => void, now: () => Date = () => new Date()) {
    this.name = name;
    this.write = write;
    this.now = now;
  }

  say(level: LogLevel, message: string): void {
    const text = inOneLine(message.trim().replaceAll(/\s*\n\s*/g, " "));
    this.write(`${timestamp(this.now())}; ${this.name}; ${level}; ${text}\n`);
  }

  /** Logs an event of a run; progress only at the beginning and occasionally, as the log is a file. */
  report(event: RunEvent): void {
    switch (event.kind) {
      case "stage":
        this.toldMs = Number.NEGATIVE_INFINITY;
        this.say("INFO", event.text);
        break;
      case "note":
        this.say("INFO", event.text);
        break;
      case "warning":
        this.say("WARNING", event.text);
        break;
      case "progress":
        this.reportProgress(event);
        break;
      default:
        unreachable(event);
    }
  }

  private reportProgress({ stage, done, total }: Extract<RunEvent, { kind: "progress" }>): void {
    const nowMs = this.now().getTime();
    if (stage === this.stage && nowMs - this.toldMs < progressEveryMs) return;
    [this.stage, this.toldMs] = [stage, nowMs];
    this.say("INFO", `${stage}: ${total === 0 ? done : `${Math.floor((100 * done) / total)} %`}`);
  }
}

const progressEveryMs = 30_000;

/** A time in the format of Python's logging: `2026-11-22 09:05:07,042`, in local time. */
function timestamp(date: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${day} ${time},${String(date.getMilliseconds()).padStart(3, "0")}`;
}
