"""Writes images anew with ngio, as OME-Zarr 0.5 with or without shards, with their tables.

Usage: rewrite_with_ngio.py (SOURCE TARGET plain|sharded)...
"""

import logging
import sys
import warnings

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)

from ngio import open_ome_zarr_container


def rewrite(source_path: str, target_path: str, kind: str) -> None:
    source = open_ome_zarr_container(source_path, mode="r")
    target = source.derive_image(
        target_path,
        ngff_version="0.5",
        chunks=(1, 4, 32, 32),
        shards=(1, 8, 64, 64) if kind == "sharded" else None,
        dimension_separator="/",
        compressors="auto",
    )
    for level in source.level_paths:
        target.get_image(path=level).set_array(source.get_image(path=level).get_array())
    for name in source.list_tables():
        target.add_table(name, source.get_table(name), backend="anndata_v1")


words = sys.argv[1:]
for source, target, kind in zip(words[::3], words[1::3], words[2::3], strict=True):
    rewrite(source, target, kind)
