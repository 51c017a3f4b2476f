"""Calls commands of Isolux and returns their results."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any, Union

from ._node import command_line

#: Called with each event of a run, or True for a progress bar.
Progress = Union[Callable[[Mapping[str, Any]], object], bool, None]
#: A path on this computer, or an address that begins with https:// or s3://.
PathLike = Union[str, "os.PathLike[str]"]


class IsoluxError(RuntimeError):
    """What went wrong, as a sentence; its parts are attributes, None where there is nothing to say.

    kind: usage, not-found, unsupported, corrupt, invalid, estimation, no-gain, output, memory, storage, interrupted or
    internal.
    """

    def __init__(self, message: str, facts: Mapping[str, Any], exit_code: int) -> None:
        super().__init__(message)
        self.kind: str = facts.get("kind", "internal")
        self.what: str = facts.get("what", message)
        self.where: str | None = facts.get("where")
        self.found: str | None = facts.get("found")
        self.expected: str | None = facts.get("expected")
        self.advice: str | None = facts.get("advice")
        self.exit_code = exit_code


class NoGain(IsoluxError):
    """No correction that was tried is better than the image as it is; nothing was written."""


class IsoluxWarning(UserWarning):
    """Something that may make the result worse than expected."""


def run(command: str, *operands: PathLike, progress: Progress = None, **parameters: Any) -> dict[str, Any]:
    """Runs a command and returns its result, as `isolux COMMAND --json` prints it.

    parameters: options of the command with _ for -, such as fov_list=[1, 3]; None stands for "not given".
    progress: a function that is called with each event, a dict with the key "event" ("stage", "progress", "note" or
        "warning"); or True for a progress bar (of tqdm where that is installed).

    Raises IsoluxError, NoGain, FileNotFoundError (no Node.js), KeyboardInterrupt.
    """
    report = bar() if progress is True else (progress or None)
    call = Call(command, operands, parameters, report)
    try:
        output = call.output.read()
        code = call.wait()
    except BaseException:
        call.stop()
        raise
    finally:
        call.end()
    return result_of(output, code, call.other_lines)


class Call:
    """A command at work in a process of its own, with --json: a document on `output`, and events for `report`."""

    def __init__(
        self,
        command: str,
        operands: Sequence[PathLike],
        parameters: Mapping[str, Any],
        report: Callable[[Mapping[str, Any]], object] | None,
    ) -> None:
        options = ["--json", "--progress", "json", *_options(parameters)]
        words = command_line([command, *options, "--", *(os.fspath(operand) for operand in operands)])
        # In a session of its own: an interruption reaches it once, from here.
        self.process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=os.name != "nt",
        )
        assert self.process.stdout is not None and self.process.stderr is not None
        self.output: IO[bytes] = self.process.stdout
        self._messages: IO[bytes] = self.process.stderr
        #: Lines that are no events.
        self.other_lines: list[str] = []
        self._report = report
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def wait(self) -> int:
        """Waits for its end, and returns the exit code."""
        return self.process.wait()

    def stop(self) -> int:
        """Ends it as Ctrl-C does, within two seconds, and returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT if os.name != "nt" else signal.SIGTERM)
        return self.process.wait()

    def end(self) -> None:
        """Ends what listened to it, once it has ended itself."""
        self._listener.join()
        self.output.close()
        self._messages.close()
        close = getattr(self._report, "close", None)
        if close is not None:
            close()

    def _listen(self) -> None:
        for line in self._messages:
            try:
                event = json.loads(line)
            except ValueError:
                self.other_lines.append(line.decode("utf-8", "replace").strip())
                continue
            if self._report is not None and isinstance(event, dict) and event.get("event") != "error":
                self._report(event)


def result_of(output: bytes, code: int, other_lines: Sequence[str]) -> dict[str, Any]:
    """The result that a command printed. Raises the error that it printed."""
    try:
        document: dict[str, Any] = json.loads(output)
    except ValueError:
        message = " ".join(other_lines) or f"Isolux ended with exit code {code}"
        raise IsoluxError(message, {}, code) from None
    if document.get("format") != "isolux.error":
        for text in document.get("warnings", []):
            warnings.warn(text, IsoluxWarning, stacklevel=4)
        return document
    facts = document["error"]
    if facts["kind"] == "interrupted":
        raise KeyboardInterrupt(facts["message"])
    raise (NoGain if facts["kind"] == "no-gain" else IsoluxError)(facts["message"], facts, code)


def _options(parameters: Mapping[str, Any]) -> list[str]:
    words = []
    for name, value in parameters.items():
        option = "--" + name.replace("_", "-")
        if value is None:
            continue
        if value is True:
            words.append(option)
        elif value is False:
            words.append(option.replace("--", "--no-", 1))
        elif isinstance(value, (list, tuple)) or hasattr(value, "tolist"):
            words.append(f"{option}={','.join(map(str, value))}")
        else:
            words.append(f"{option}={os.fspath(value) if isinstance(value, os.PathLike) else value}")
    return words


def bar() -> Callable[[Mapping[str, Any]], object]:
    """A progress bar; lines where tqdm is not installed."""
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return _Lines()
    return _Bar(tqdm)


class _Bar:
    """A bar of tqdm for each stage."""

    def __init__(self, tqdm: Any) -> None:
        self.tqdm = tqdm
        self.bar: Any = None
        self.stage: str | None = None

    def __call__(self, event: Mapping[str, Any]) -> None:
        if event["event"] == "progress":
            if self.stage != event["stage"]:
                self.close()
                self.stage = event["stage"]
                self.bar = self.tqdm(total=event["total"] or None, desc=self.stage)
            self.bar.update(event["done"] - self.bar.n)
        elif event["event"] == "warning":
            self.tqdm.write(f"warning: {event['text']}")

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()
        self.bar = self.stage = None


class _Lines:
    """A line for each stage, where tqdm is not installed."""

    def __call__(self, event: Mapping[str, Any]) -> None:
        if event["event"] in ("stage", "warning"):
            print(event["text"], flush=True)
