"""Copies the full resolution of all tiles in a folder: each chunk is read, decoded, encoded and written, in two processes.

python copy_arrays.py FOLDER OUTPUT [native | tensorstore | zarrs]

`native` is by numcodecs, which has c-blosc, libzstd and zlib; shards are read and written here. With `--whole`, the copy is
a folder of tiles as the source: metadata of groups and coarser levels come along.
"""

import json
import multiprocessing
import os
import shutil
import sys

import numcodecs
import numpy

numcodecs.blosc.use_threads = False
processes = 2
whole = "--whole" in sys.argv
folder, output, *more = [one for one in sys.argv[1:] if one != "--whole"]
way = more[0] if more else "native"


def arrays() -> list[str]:
    tiles = sorted(name for name in os.listdir(folder) if os.path.isdir(os.path.join(folder, name)))
    return [os.path.join(tile, "0") for tile in tiles if os.path.isdir(os.path.join(folder, tile, "0"))]


def codec_of(document: dict) -> tuple[object, numpy.dtype]:
    if document["zarr_format"] == 2:
        compressor = document["compressor"]
        return compressor and numcodecs.get_codec(compressor), numpy.dtype(document["dtype"])
    dtype = numpy.dtype(document["data_type"])
    (sharding,) = document["codecs"]
    for codec in sharding["configuration"]["codecs"]:
        settings = codec.get("configuration", {})
        if codec["name"] == "blosc":
            shuffle = {"noshuffle": 0, "shuffle": 1, "bitshuffle": 2}[settings["shuffle"]]
            blosc = numcodecs.Blosc(settings["cname"], settings["clevel"], shuffle, settings.get("blocksize", 0))
            return blosc, dtype
        if codec["name"] == "zstd":
            return numcodecs.Zstd(settings["level"]), dtype
        if codec["name"] == "gzip":
            return numcodecs.GZip(settings["level"]), dtype
    return None, dtype


def document_of(array: str) -> dict:
    path = os.path.join(folder, array, ".zarray")
    if not os.path.exists(path):
        path = os.path.join(folder, array, "zarr.json")
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def copied(bytes_: bytes, codec, dtype: numpy.dtype) -> bytes:
    if codec is None:
        return bytes_
    return codec.encode(numpy.frombuffer(codec.decode(bytes_), dtype))


def copy_object(job: tuple[str, str]) -> None:
    array, name = job
    document = document_of(array)
    codec, dtype = codec_of(document)
    with open(os.path.join(folder, array, name), "rb") as file:
        content = file.read()
    target = os.path.join(output, array, name)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with open(target, "wb") as file:
        if document["zarr_format"] == 2:
            file.write(copied(content, codec, dtype))
            return
        shard = document["chunk_grid"]["configuration"]["chunk_shape"]
        chunk = document["codecs"][0]["configuration"]["chunk_shape"]
        count = int(numpy.prod([a // b for a, b in zip(shard, chunk)]))
        index = numpy.frombuffer(content[-(16 * count + 4) : -4], "<u8").reshape(count, 2).copy()
        for entry in index:
            start, length = int(entry[0]), int(entry[1])
            if length == 2**64 - 1:
                continue
            encoded = copied(content[start : start + length], codec, dtype)
            entry[:] = file.tell(), len(encoded)
            file.write(encoded)
        file.write(bytes(numcodecs.CRC32C(location="end").encode(index.tobytes())))


def objects(array: str) -> list[str]:
    root = os.path.join(folder, array)
    found = [os.path.join(at, name) for at, _, names in os.walk(root) for name in names]
    return [os.path.relpath(path, root) for path in sorted(found) if not path.endswith((".zarray", "zarr.json"))]


def copy_by_tensorstore(array: str) -> None:
    import tensorstore

    document = document_of(array)
    driver = {2: "zarr", 3: "zarr3"}[document["zarr_format"]]
    spec = {"driver": driver, "context": {"data_copy_concurrency": {"limit": processes}}}
    source = tensorstore.open({**spec, "kvstore": "file://" + os.path.abspath(os.path.join(folder, array))}).result()
    metadata = {name: value for name, value in document.items() if name != "attributes"}
    target = tensorstore.open(
        {**spec, "kvstore": "file://" + os.path.abspath(os.path.join(output, array)), "metadata": metadata},
        create=True,
        delete_existing=True,
    ).result()
    target.write(source).result()


def copy_by_zarrs(array: str) -> None:
    import zarr

    zarr.config.set({"codec_pipeline.path": "zarrs.ZarrsCodecPipeline", "threading.max_workers": processes})
    source = zarr.open_array(os.path.join(folder, array), mode="r")
    target = zarr.create_array(
        os.path.join(output, array),
        shape=source.shape,
        dtype=source.dtype,
        chunks=source.chunks,
        shards=source.shards,
        compressors=source.compressors,
        zarr_format=source.metadata.zarr_format,
        fill_value=0,
    )
    planes = (source.shards or source.chunks)[0]
    for z in range(0, source.shape[0], planes):
        target[z : z + planes] = source[z : z + planes]


if __name__ == "__main__":
    if way == "native":
        with multiprocessing.Pool(processes) as pool:
            pool.map(copy_object, [(array, name) for array in arrays() for name in objects(array)], chunksize=1)
    else:
        for array in arrays():
            {"tensorstore": copy_by_tensorstore, "zarrs": copy_by_zarrs}[way](array)
    if whole:
        for at, folders, names in os.walk(folder):
            for name in names:
                path = os.path.relpath(os.path.join(at, name), folder)
                target = os.path.join(output, path)
                if name in (".zarray", "zarr.json", ".zgroup", ".zattrs") and not os.path.exists(target):
                    os.makedirs(os.path.dirname(target), exist_ok=True)
                    shutil.copyfile(os.path.join(at, name), target)
