"""Layers of profiles, and of images that a profile corrects."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Union

import numpy

from .._profiles import Profile, load_profiles

#: What napari makes a layer of: data, its options, and its kind.
LayerData = tuple[Any, dict[str, Any], str]
Paths = Union[str, "os.PathLike[str]", Sequence[Union[str, "os.PathLike[str]"]]]


def get_reader(path: Paths) -> Callable[[Paths], list[LayerData]] | None:
    """The reader of a profile, or None where the file is none."""
    paths = [path] if isinstance(path, (str, os.PathLike)) else list(path)
    return read_profiles if all(_is_profile(Path(one)) for one in paths) else None


def _is_profile(path: Path) -> bool:
    try:
        with numpy.load(path) as arrays:
            return "flatfield" in arrays
    except (OSError, ValueError):
        return False


def read_profiles(path: Paths) -> list[LayerData]:
    """The flat-fields and dark-fields of files as layers."""
    paths = [path] if isinstance(path, (str, os.PathLike)) else list(path)
    layers = []
    for one in map(Path, paths):
        ((label, profile),) = load_profiles(one).items()
        layers += profile_layers(profile, label)
    return layers


def profile_layers(profile: Profile, label: str) -> list[LayerData]:
    """The arrays of a profile as layers; a dark-field of zeros is left out."""
    layers: list[LayerData] = [(profile.flatfield, {"name": f"flat-field {label}", "colormap": "magma"}, "image")]
    if profile.darkfield is not None and numpy.any(profile.darkfield):
        layers.append((profile.darkfield, {"name": f"dark-field {label}", "colormap": "gray"}, "image"))
    return layers


def corrected(data: Any, profile: Profile, tiles: Sequence[Mapping[str, Any]]) -> Any:
    """An image [..., y, x] corrected when it is looked at: a mosaic of tiles, or a tile.

    tiles: as `isolux.inspect` tells them. Pixels in no tile stay as they are.

    Raises ValueError where the profile has another shape than the tiles.
    """
    from dask.array import Array, from_array

    shape_yx = tuple(data.shape[-2:])
    flat = numpy.ones(shape_yx, numpy.float32)
    dark = numpy.zeros(shape_yx, numpy.float32)
    fields = [(0, 0)] if profile.flatfield.shape == shape_yx else [tile["startYx"] for tile in tiles]
    rows, columns = profile.flatfield.shape
    for top, left in fields:
        place = (slice(top, top + rows), slice(left, left + columns))
        if flat[place].shape != profile.flatfield.shape:
            raise ValueError(f"The profile has {rows} x {columns} pixels, and does not fit the tiles of this image")
        flat[place] = profile.flatfield
        if profile.darkfield is not None:
            dark[place] = profile.darkfield
    lazily: Any = from_array
    pixels = data if isinstance(data, Array) else lazily(data, chunks="auto")
    # From a lazy image a plane is computed when it is shown
    return (pixels.astype(numpy.float32) - dark) / flat
