"""Reads a served image by zarr-python, tensorstore and ome-zarr-py: every pixel must be that of the written image."""
import sys

import numpy
import tensorstore
import zarr
from ome_zarr.io import parse_url
from ome_zarr.reader import Reader

served, written, levels = sys.argv[1], sys.argv[2], sys.argv[3].split(",")


def check(reader, level, found, wanted):
    if found.shape != wanted.shape or found.dtype != wanted.dtype or not numpy.array_equal(found, wanted):
        raise SystemExit(f"{reader} reads other pixels at level {level}")


files = zarr.open_group(written, mode="r")
group = zarr.open_group(served, mode="r")
version = group.metadata.zarr_format
reader = next(iter(Reader(parse_url(served, mode="r"))()))
for level in levels:
    wanted = files[level][:]
    check("zarr-python", level, group[level][:], wanted)
    # A part, for which only some chunks are read
    part = (slice(None), slice(1, 3), slice(5, 40), slice(7, 50))
    check("zarr-python", level, group[level][part], wanted[part])
    store = tensorstore.open(
        {"driver": "zarr" if version == 2 else "zarr3", "kvstore": f"{served}/{level}/"}, open=True, read=True
    ).result()
    check("tensorstore", level, store.read().result(), wanted)
    check("ome-zarr-py", level, reader.data[int(level)].compute(), wanted)
print(f"zarr-python {zarr.__version__}, tensorstore and ome-zarr-py read equal pixels of Zarr version {version}")
