"""Serves corrected images to other programs, as long as they are wanted."""

from __future__ import annotations

import weakref
from types import TracebackType
from typing import Any

from ._run import Call, PathLike, Progress, bar, result_of


class Server:
    """An image that is served over HTTP, corrected when it is read.

    It ends with `close()`, at the end of a `with` block, or with Python.

        with isolux.serve("raw.zarr", models_folder="profiles") as server:
            image = dask.array.from_zarr(server.corrected, component="0")
    """

    def __init__(self, call: Call, summary: dict[str, Any]) -> None:
        #: What `isolux serve --json` prints.
        self.summary = summary
        #: The address of the corrected image, an OME-Zarr.
        self.corrected: str = summary["corrected"]
        #: The address of the image as it is; None unless asked for with raw=True.
        self.raw: str | None = summary.get("raw")
        #: The address of the page, to be opened in a browser.
        self.page: str = summary["page"]
        self._finalizer = weakref.finalize(self, _end, call)

    def close(self) -> None:
        """Ends the server; may be called again."""
        self._finalizer()

    @property
    def closed(self) -> bool:
        """Whether the server was ended."""
        return not self._finalizer.alive

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<isolux.Server {self.corrected}{' (closed)' if self.closed else ''}>"


def serve_image(image: PathLike, *, progress: Progress = None, **parameters: Any) -> Server:
    """Starts a server and returns when it can be read from. Raises IsoluxError."""
    report = bar() if progress is True else (progress or None)
    call = Call("serve", [image], parameters, report)
    try:
        # The result is one line; the server goes on after it.
        output = call.output.readline()
        if not output.endswith(b"\n") or call.process.poll() is not None:
            result_of(output, call.wait(), call.other_lines)
        return Server(call, result_of(output, 0, call.other_lines))
    except BaseException:
        _end(call)
        raise


def _end(call: Call) -> None:
    call.stop()
    call.end()
