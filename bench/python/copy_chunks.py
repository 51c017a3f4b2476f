"""Copies the chunks of a zarr 2 array: read, decode, encode, write, each as a file of its own. By numcodecs.

python copy_chunks.py ARRAY OUTPUT PROCESSES
"""

import json
import multiprocessing
import os
import sys

import numcodecs
import numpy

# Each process works in one thread, so that as many cores are busy as there are processes.
numcodecs.blosc.use_threads = False

array, output, processes = sys.argv[1], sys.argv[2], int(sys.argv[3])
with open(os.path.join(array, ".zarray"), encoding="utf-8") as document:
    metadata = json.load(document)
codec = numcodecs.get_codec(metadata["compressor"])
dtype = numpy.dtype(metadata["dtype"])


def copy(name: str) -> None:
    with open(os.path.join(array, name), "rb") as file:
        pixels = numpy.frombuffer(codec.decode(file.read()), dtype)
    target = os.path.join(output, name)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with open(target, "wb") as file:
        file.write(codec.encode(pixels))


if __name__ == "__main__":
    names = [
        os.path.relpath(os.path.join(folder, name), array)
        for folder, _, files in os.walk(array)
        for name in files
        if not name.startswith(".")
    ]
    with multiprocessing.Pool(processes) as pool:
        pool.map(copy, names, chunksize=1)
