"""Reads images with ngio and ome-zarr-py: the pixels that zarr-python reads, and every tile where it lies.

Usage: read_elsewhere.py (IMAGE TRUTH.json)..., with {"levels": n, "tiles": [{"name", "start": [z, y, x], "stop": [z, y, x],
"offsetUm": [y, x] or absent}], "pixels": file or absent} in pixels and µm
"""

import json
import logging
import sys
import warnings

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)

import numpy as np
import zarr
from ngio import open_ome_zarr_container
from ome_zarr.io import parse_url
from ome_zarr.reader import Reader


def read(path: str, truth: dict) -> None:
    group = zarr.open_group(path, mode="r")
    attributes = dict(group.attrs)
    ome = attributes.get("ome", attributes)
    paths = [dataset["path"] for dataset in ome["multiscales"][0]["datasets"]]
    levels = [group[level][:] for level in paths]
    labels = [channel["label"] for channel in ome["omero"]["channels"]]
    assert len(levels) == truth["levels"]
    if "pixels" in truth:
        known = np.fromfile(truth["pixels"], levels[0].dtype).reshape(levels[0].shape)
        assert np.array_equal(levels[0], known), "zarr-python, the pixels that were written"

    container = open_ome_zarr_container(path, mode="r")
    assert list(container.level_paths) == paths and list(container.channel_labels) == labels
    for level, expected in zip(paths, levels):
        found = container.get_image(path=level).get_array()
        assert found.dtype == expected.dtype and np.array_equal(found, expected), f"ngio, level {level}"

    table = container.get_table("FOV_ROI_table")
    rois = {roi.name: roi for roi in table.rois()}
    assert list(rois) == [tile["name"] for tile in truth["tiles"]], f"ngio's tiles are {list(rois)}"
    image = container.get_image()
    for tile in truth["tiles"]:
        roi = rois[tile["name"]]
        slices = roi.to_pixel(pixel_size=image.pixel_size).to_slicing_dict(pixel_size=image.pixel_size)
        box = tuple(slice(a, b) for a, b in zip(tile["start"], tile["stop"]))
        found = tuple(slices[axis] for axis in "zyx")
        assert all(round(a.start, 3) == b.start and round(a.stop, 3) == b.stop for a, b in zip(found, box)), (
            f"ngio, {tile['name']}: {found}, not {box}"
        )
        assert np.array_equal(image.get_roi(roi), levels[0][(slice(None), *box)]), f"ngio, pixels of {tile['name']}"
        if "offsetUm" in tile:  # on the stage, from the first tile
            offset = (roi.y_micrometer_original, roi.x_micrometer_original)
            assert np.allclose(offset, tile["offsetUm"], rtol=0, atol=1e-3), f"ngio, {tile['name']}: {offset}"
    (well,) = container.get_table("well_ROI_table").rois()
    assert np.array_equal(image.get_roi(well), levels[0]), "ngio, the whole well"

    (node,) = Reader(parse_url(path, mode="r"))()
    assert node.metadata["channel_names"] == labels and len(node.data) == len(levels)
    for level, found, expected in zip(paths, node.data, levels):
        assert found.dtype == expected.dtype and np.array_equal(found.compute(), expected), f"ome-zarr-py, level {level}"

    first = group[paths[0]]
    kind = "0.4" if first.metadata.zarr_format == 2 else "0.5" if first.shards is None else "0.5 with shards"
    print(f"OME-Zarr {kind}: ngio and ome-zarr-py read {len(levels)} levels, {len(rois)} tiles where they lie")


words = sys.argv[1:]
for path, truth in zip(words[::2], words[1::2], strict=True):
    read(path, json.load(open(truth)))
