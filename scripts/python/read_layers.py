"""Reads a served image as napari does, by the plugin napari-ome-zarr: its layers must have the pixels of the written image."""
import sys

import numpy
import zarr
from napari_ome_zarr import napari_get_reader

served, written = sys.argv[1], sys.argv[2]
reader = napari_get_reader(served)
if reader is None:
    raise SystemExit("napari-ome-zarr does not read it")
layers = [layer for layer in reader(served) if layer[2] == "image"]
data, settings, _ = layers[0]
files = zarr.open_group(written, mode="r")
levels = data if isinstance(data, (list, tuple)) else [data]
for level, array in enumerate(levels):
    wanted = files[str(level)][:]
    found = numpy.asarray(array)
    if found.shape != wanted.shape or not numpy.array_equal(found, wanted):
        raise SystemExit(f"napari-ome-zarr reads other pixels at level {level}")
names = settings.get("name")
print(f"napari-ome-zarr reads equal pixels in {len(levels)} levels, channels {names}")
