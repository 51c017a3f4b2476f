"""Reads images with iohub, bioio, ngff-zarr, tensorstore, zarrs and yaozarrs: the pixels that zarr-python reads.

Usage: read_further.py IMAGE...
"""

import json
import logging
import os
import sys
import warnings

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)

import bioio_ome_zarr
import ngff_zarr
import numpy as np
import tensorstore
import zarrs  # noqa: F401
import yaozarrs
import zarr
from bioio import BioImage
from iohub import open_ome_zarr


def read(path: str) -> None:
    group = zarr.open_group(path, mode="r")
    attributes = dict(group.attrs)
    ome = attributes.get("ome", attributes)
    names = [dataset["path"] for dataset in ome["multiscales"][0]["datasets"]]
    levels = [group[name][:] for name in names]
    labels = [channel["label"] for channel in ome["omero"]["channels"]]
    driver = "zarr" if group.metadata.zarr_format == 2 else "zarr3"

    for name, expected in zip(names, levels):
        store = {"driver": "file", "path": os.path.join(path, name)}
        found = tensorstore.open({"driver": driver, "kvstore": store}, read=True).result().read().result()
        assert found.dtype == expected.dtype and np.array_equal(found, expected), f"tensorstore, level {name}"

    with zarr.config.set({"codec_pipeline.path": "zarrs.ZarrsCodecPipeline"}):
        by_zarrs = zarr.open_group(path, mode="r")
        for name, expected in zip(names, levels):
            assert np.array_equal(by_zarrs[name][:], expected), f"zarrs, level {name}"

    yaozarrs.validate_zarr_store(path)

    images = ngff_zarr.from_ngff_zarr(path).images
    assert len(images) == len(levels), "ngff-zarr's levels"
    for name, image, expected in zip(names, images, levels):
        assert np.array_equal(np.asarray(image.data), expected), f"ngff-zarr, level {name}"

    image = BioImage(path, reader=bioio_ome_zarr.Reader)
    found = image.get_image_data("CZYX", T=0)
    assert np.array_equal(found, levels[0]), "bioio"
    assert list(image.channel_names) == labels, f"bioio's channels are {image.channel_names}"

    with open_ome_zarr(path, mode="r") as position:
        assert list(position.channel_names) == labels, f"iohub's channels are {position.channel_names}"
        for name, expected in zip(names, levels):
            assert np.array_equal(position[name].numpy(), expected), f"iohub, level {name}"

    print(f"{driver}: tensorstore, zarrs, yaozarrs, ngff-zarr, bioio and iohub read {len(levels)} levels")


for path in sys.argv[1:]:
    read(path)
