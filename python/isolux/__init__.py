"""Isolux: flat-field correction for tiled light-sheet microscopy.

    import isolux

    isolux.estimate("raw.zarr", output="profiles", progress=True)
    isolux.correct("raw.zarr", models_folder="profiles", output="corrected.zarr", progress=True)
    isolux.check("raw.zarr", "corrected.zarr")["verdict"]

The functions run the program `isolux` in a process of its own; images are read from and written to a disk or a bucket,
not passed in memory.
"""

from ._commands import __version__, check, convert, correct, estimate, fit, inspect, serve
from ._profiles import Profile, load_profiles
from ._run import IsoluxError, IsoluxWarning, NoGain, run
from ._serve import Server

__all__ = [
    "IsoluxError",
    "IsoluxWarning",
    "NoGain",
    "Profile",
    "Server",
    "__version__",
    "check",
    "convert",
    "correct",
    "estimate",
    "fit",
    "inspect",
    "load_profiles",
    "run",
    "serve",
]
