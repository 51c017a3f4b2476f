"""Layouts of arrays: BigDataViewer's HDF5, N5 and OME-Zarr, tiles in OME-Zarr groups, series, archives."""

import h5py
import ngff_zarr
import npy2bdv
import numpy as np
import tensorstore
import zarr
from acquisition_layouts import (
    both, has_sides, lasers, layout, over_times, pixels, place_px, shape, source, spim_data, tiles, times, told, views, voxel,
)
from bioio_ome_zarr.writers import Channel, OMEZarrWriter
from file_layouts import ome_of
from ome_types.model import OME, Image

@layout("bdv.hdf5 by npy2bdv", "depths sides times mirrored")
def by_npy2bdv(at):
    counts = {"nchannels": 1, "nilluminations": 2} if has_sides else {"nchannels": 2}
    writer = npy2bdv.BdvWriter(str(at / "a_bdv.h5"), ntiles=len(tiles), blockdim=((1, 32, 32),), **counts)
    writer.set_attribute_labels("channel", tuple(f"{laser} nm" for laser in lasers[: counts["nchannels"]]))
    if has_sides:
        writer.set_attribute_labels("illumination", ("Left", "Right"))
    for index, tile in enumerate(tiles):
        z, y, x = place_px(tile)
        # As mesoSPIM-control has it: z in planes
        affine = np.array([[1.0, 0, 0, x], [0, 1, 0, y], [0, 0, 1, z]])
        for channel, time in ((channel, time) for time in times for channel in range(2)):
            which = {"illumination": channel} if has_sides else {"channel": channel}
            writer.append_view(
                pixels(tile, channel, time), time=time, tile=index, m_affine=affine, name_affine="to grid", **which,
                voxel_size_xyz=voxel[::-1], voxel_units="um", calibration=(1, 1, voxel[0] / voxel[2]),
            )
    writer.write_xml()
    writer.close()
    return at / "a_bdv.xml"


@layout("bdv.hdf5 by h5py", "depths sides times mirrored")
def by_h5py(at):
    with h5py.File(at / "dataset.h5", "w") as file:
        for index, (tile, channel) in enumerate(views):
            file[f"s{index:02d}/resolutions"] = np.ones((1, 3))
            cells = {"chunks": (2, 16, 16), "compression": ["gzip", "lzf", None][index % 3]}
            for time in times:
                stored = pixels(tile, channel, time)
                stored = stored.astype("<i2") if index % 2 else stored
                file.create_dataset(f"t{time:05d}/s{index:02d}/0/cells", data=stored, **cells)
    return spim_data(at / "dataset.xml", '<ImageLoader format="bdv.hdf5"><hdf5 type="relative">dataset.h5</hdf5></ImageLoader>')


@layout("bdv.n5 by TensorStore", "depths sides times mirrored")
def by_tensorstore(at):
    kinds = [{"type": "gzip"}, {"type": "zstd"}, {"type": "raw"}]
    kinds.append({"type": "blosc", "cname": "lz4", "clevel": 5, "shuffle": 1})
    for index, (tile, channel) in enumerate(views):
        setup = at / f"dataset.n5/setup{index}"
        metadata = {"dimensions": shape[::-1], "blockSize": [32, 32, 2], "dataType": "uint16", "compression": kinds[index % 4]}
        for time in times:
            kvstore = {"driver": "file", "path": f"{setup}/timepoint{time}/s0/"}
            array = tensorstore.open({"driver": "n5", "kvstore": kvstore, "metadata": metadata, "create": True}).result()
            array[...] = pixels(tile, channel, time).T
        (setup / "attributes.json").write_text('{"downsamplingFactors": [[1, 1, 1]], "dataType": "uint16"}')
    (at / "dataset.n5/attributes.json").write_text('{"n5": "2.5.0"}')
    return spim_data(at / "dataset.xml", '<ImageLoader format="bdv.n5" version="1.0"><n5 type="relative">dataset.n5</n5></ImageLoader>')


def space_axes():
    return [{"name": name, "type": "space", "unit": "micrometer"} for name in "zyx"]


@layout("bdv.multimg.zarr by zarr-python, OME-Zarr 0.4", "depths sides times mirrored")
def by_zarr(at):
    root = zarr.open_group(at / "dataset.ome.zarr", mode="w", zarr_format=2)
    groups = []
    for index, (tile, channel, time) in enumerate((*view, time) for time in times for view in views):
        setup = index % len(views)
        group = root.create_group(f"s{setup}-t{time}.zarr")
        axes = [{"name": "t", "type": "time"}, {"name": "c", "type": "channel"}, *space_axes()]
        datasets = [{"path": "0", "coordinateTransformations": [{"type": "scale", "scale": [1, 1, *voxel]}]}]
        group.attrs["multiscales"] = [{"version": "0.4", "axes": axes, "datasets": datasets}]
        whole = (1, 1, *shape)
        array = group.create_array("0", shape=whole, chunks=(1, 1, 2, 32, 32), dtype="u2", chunk_key_encoding={"name": "v2", "separator": "/"})
        array[:] = pixels(tile, channel, time)[None, None]
        groups.append(f'<zgroup setup="{setup}" tp="{time}" path="s{setup}-t{time}.zarr" indicies="0 0" />')
    loader = '<ImageLoader format="bdv.multimg.zarr" version="3.0"><zarr type="relative">dataset.ome.zarr</zarr>'
    return spim_data(at / "dataset.xml", f"{loader}<zgroups>{''.join(groups)}</zgroups></ImageLoader>")


def by_ngff_zarr(at, version):
    for tile in tiles:
        for channel, laser in enumerate(lasers):
            scale, place = (dict(zip("zyx", values)) for values in (voxel, tile["originUmZyx"]))
            units = dict.fromkeys("zyx", "micrometer")
            image = ngff_zarr.to_ngff_image(
                pixels(tile, channel), dims=("z", "y", "x"), scale=scale, translation=place, axes_units=units
            )
            multiscales = ngff_zarr.to_multiscales(image, scale_factors=[2], chunks=32)
            ngff_zarr.to_ngff_zarr(str(at / f"tile_{tile['number']:04d}_ch_{laser}.zarr"), multiscales, version=version)
    return at


layout("OME-Zarr 0.4 tiles by ngff-zarr", "depths mirrored")(lambda at: by_ngff_zarr(at, "0.4"))
layout("OME-Zarr 0.5 tiles by ngff-zarr", "depths mirrored")(lambda at: by_ngff_zarr(at, "0.5"))


@layout("OME-Zarr 0.5 tiles by bioio, in shards", "depths mirrored")
def by_bioio_zarr(at):
    for tile in tiles:
        place = {"type": "translation", "translation": [0, *tile["originUmZyx"]]}
        writer = OMEZarrWriter(
            str(at / f"tile_{tile['number']}.ome.zarr"), (2, *shape), "uint16", chunk_shape=(1, 2, 16, 16),
            shard_shape=(1, 4, 64, 64), axes_names=["c", "z", "y", "x"], axes_types=["channel", *["space"] * 3],
            axes_units=[None, *["micrometer"] * 3], physical_pixel_size=[1, *voxel], root_transform=place,
            channels=[Channel(label=laser, color="FFFFFF") for laser in lasers],
        )
        writer.write_full_volume(both(tile))
    return at


@layout("series as bioformats2raw has them, by zarr-python and ome-types", "depths times mirrored")
def by_series(at):
    root = zarr.open_group(at / "a.ome.zarr", mode="w", zarr_format=2)
    root.attrs["bioformats2raw.layout"] = 3
    for index, tile in enumerate(tiles):
        group = root.create_group(str(index))
        axes = [{"name": "t", "type": "time"}, {"name": "c", "type": "channel"}, *space_axes()]
        datasets = [{"path": "0", "coordinateTransformations": [{"type": "scale", "scale": [1, 1, *voxel]}]}]
        group.attrs["multiscales"] = [{"version": "0.4", "axes": axes, "datasets": datasets}]
        group.attrs["omero"] = {"channels": [{"label": laser, "color": "FFFFFF"} for laser in lasers]}
        keys = {"chunk_key_encoding": {"name": "v2", "separator": "/"}}
        array = group.create_array("0", shape=(len(times), 2, *shape), chunks=(1, 1, 1, 64, 64), dtype="u2", **keys)
        array[:] = over_times(tile)
    root.create_group("OME").attrs["series"] = [str(index) for index in range(len(tiles))]
    images = [Image(id=f"Image:{index}", name=f"tile {index}", pixels=ome_of(tile)) for index, tile in enumerate(tiles)]
    (at / "a.ome.zarr/OME/METADATA.ome.xml").write_text(OME(images=images).to_xml(), encoding="utf-8")
    return at / "a.ome.zarr"


@layout("Imaris by h5py", "depths times mirrored")
def by_imaris(at):
    for tile in tiles:
        with h5py.File(at / f"tile_{tile['number']}.ims", "w") as file:

            def write(group, **texts):
                for name, text in texts.items():
                    file.require_group(group).attrs[name] = np.array(list(str(text)), "S1")

            for axis, name, n in ((2, "Z", 0), (1, "Y", 1), (0, "X", 2)):
                start = tile["originUmZyx"][n]
                ends = {f"ExtMin{axis}": start, f"ExtMax{axis}": start + shape[n] * voxel[n]}
                write("DataSetInfo/Image", Unit="um", **{name: shape[n]}, **ends)
            for channel, laser in enumerate(lasers):
                write(f"DataSetInfo/Channel {channel}", Name=laser)
                for time in times:
                    group = f"DataSet/ResolutionLevel 0/TimePoint {time}/Channel {channel}"
                    write(group, ImageSizeZ=shape[0], ImageSizeY=shape[1], ImageSizeX=shape[2])
                    padded = np.zeros([-(-extent // 32) * 32 for extent in shape], "u2")
                    padded[: shape[0], : shape[1], : shape[2]] = pixels(tile, channel, time)
                    file.create_dataset(f"{group}/Data", data=padded, chunks=(16, 32, 32), compression="gzip")
    return at


def mosaic():
    return np.fromfile(source / "mosaic", "<u2").reshape(2, shape[0], *told["mosaicYx"])


@layout(".ozx by bioio")
def by_bioio_zip(at):
    whole = mosaic()
    writer = OMEZarrWriter(
        str(at / "a.ozx"), whole.shape, "uint16", axes_names=["c", "z", "y", "x"],
        axes_types=["channel", *["space"] * 3], axes_units=[None, *["micrometer"] * 3], physical_pixel_size=[1, *voxel],
        channels=[Channel(label=laser, color="FFFFFF") for laser in lasers],
    )
    with writer:
        writer.write_full_volume(whole)
    return at / "a.ozx"


@layout(".ozx by ngff-zarr")
def by_ngff_zip(at):
    image = ngff_zarr.to_ngff_image(mosaic(), dims=("c", "z", "y", "x"), scale=dict(zip("czyx", (1, *voxel))))
    ngff_zarr.to_ngff_zarr(str(at / "a.ozx"), ngff_zarr.to_multiscales(image, scale_factors=[2], chunks=32), version="0.5")
    return at / "a.ozx"
