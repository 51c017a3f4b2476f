"""Reads profiles that Isolux, the Correct Flatfield task or BaSiCPy saved."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy

    Array = numpy.ndarray[Any, numpy.dtype[Any]]


@dataclass(frozen=True)
class Profile:
    """The profile of a channel: corrected = (image - darkfield) / flatfield."""

    #: [y, x], its mean is 1.
    flatfield: Array
    #: [y, x], in counts; None where there is none.
    darkfield: Array | None
    #: The brightness of the background, in counts.
    baseline: float

    def correct(self, planes: Array) -> Array:
        """Corrects planes [..., y, x] in memory, as float32."""
        import numpy

        dark = numpy.float32(0) if self.darkfield is None else self.darkfield
        corrected: Array = (planes.astype(numpy.float32) - dark) / self.flatfield
        return corrected


def load_profiles(folder: str | os.PathLike[str]) -> dict[str, Profile]:
    """The profiles in a models folder, by channel label: those of `FOLDER/LABEL/profiles.npz`.

    A channel that has one for each side of the light sheet has `LABEL/Left` and `LABEL/Right`. In place of a folder, a
    file may be given, whose label is the name of its folder, or its own where that is not `profiles.npz`. Needs NumPy.

    Raises FileNotFoundError where there is none.
    """
    import numpy

    profiles = {}
    root = Path(folder)
    labels = (
        {root: root.absolute().parent.name if root.name == "profiles.npz" else root.stem}
        if root.is_file()
        else {path: path.parent.relative_to(root).as_posix() for path in sorted(root.glob("**/profiles.npz"))}
    )
    for path, label in labels.items():
        with numpy.load(path) as arrays:
            profiles[label] = Profile(
                flatfield=arrays["flatfield"],
                darkfield=arrays["darkfield"] if "darkfield" in arrays else None,
                baseline=float(arrays["baseline"]) if "baseline" in arrays else 0.0,
            )
    if not profiles:
        raise FileNotFoundError(f"There is no profiles.npz in {folder}")
    return profiles
