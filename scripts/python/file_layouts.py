"""Layouts of files of planes: OME-TIFF, ImageJ's stacks, folders by convention, the mesoSPIM's own stacks."""

import numpy as np
import tifffile
from acquisition_layouts import has_sides, lasers, layout, over_times, pixels, place_px, shape, tiles, times, views, voxel
from bioio_ome_tiff.writers import OmeTiffWriter
from ome_types.model import OME, Channel, Image, Pixels, Plane


def ome_of(tile):
    z, y, x = tile["originUmZyx"]
    planes = [
        Plane(the_z=n, the_c=c, the_t=t, position_x=x, position_y=y, position_z=z + n * voxel[0],
              position_x_unit="µm", position_y_unit="µm", position_z_unit="µm")
        for t in times for c in range(2) for n in range(shape[0])
    ]
    return Pixels(
        id=f"Pixels:{tile['number'] - 1}", dimension_order="XYZCT", type="uint16", size_x=shape[2], size_y=shape[1],
        size_z=shape[0], size_c=2, size_t=len(times), physical_size_x=voxel[2], physical_size_y=voxel[1], physical_size_z=voxel[0],
        channels=[Channel(id=f"Channel:{tile['number'] - 1}:{c}", name=laser) for c, laser in enumerate(lasers)], planes=planes,
    )


@layout("OME-TIFF by bioio", "depths times mirrored")
def by_bioio(at):
    for tile in tiles:
        ome = OME(images=[Image(id="Image:0", name=f"tile {tile['number']}", pixels=ome_of({**tile, "number": 1}))])
        OmeTiffWriter.save(over_times(tile), at / f"tile_{tile['number']}.ome.tif", dim_order="TCZYX", ome_xml=ome)
    return at


@layout("OME-TIFF by tifffile, several images in a file", "depths times mirrored")
def by_tifffile(at):
    with tifffile.TiffWriter(at / "all.ome.tif", ome=True, bigtiff=True) as writer:
        for tile in tiles:
            z, y, x = tile["originUmZyx"]
            count = len(times) * 2 * shape[0]
            places = {"PositionX": [x] * count, "PositionY": [y] * count, "PositionZ": [z] * count}
            units = {f"Position{axis}Unit": ["µm"] * count for axis in "XYZ"}
            metadata = {
                "axes": "TCZYX", "Name": f"tile {tile['number']}", "Channel": {"Name": lasers}, "Plane": {**places, **units},
                "PhysicalSizeX": voxel[2], "PhysicalSizeY": voxel[1], "PhysicalSizeZ": voxel[0],
            }
            writer.write(over_times(tile), photometric="minisblack", metadata=metadata, tile=(32, 32), compression="zlib")
    return at / "all.ome.tif"


@layout("ImageJ's hyperstacks by tifffile, with TileConfiguration.txt", "depths times mirrored", pixelSize=voxel)
def by_imagej(at):
    lines = ["dim = 3"]
    for tile in tiles:
        name = f"tile_{tile['number']}.tif"
        metadata = {"axes": "TZCYX", "spacing": voxel[0]}
        tifffile.imwrite(at / name, over_times(tile).swapaxes(1, 2), imagej=True, metadata=metadata)
        z, y, x = place_px(tile)
        lines.append(f"{name}; ; ({x}, {y}, {z})")
    (at / "TileConfiguration.txt").write_text("\n".join(lines))
    return at


@layout("SmartSPIM by tifffile", "depths mirrored")
def by_smartspim(at):
    rows = ["Obj\tZ step\tµm/pix", f"LCT 3.6x\t{voxel[0]}\t{voxel[2]}", "", "Laser\tSide\tX\tY\tZ"]
    for tile, channel in views:
        first, y, x = (round(10 * um) + 100000 for um in tile["originUmZyx"])
        place = at / f"Ex_{lasers[channel]}_Ch{channel}/{x}/{x}_{y}"
        place.mkdir(parents=True)
        for z, plane in enumerate(pixels(tile, channel)):
            tifffile.imwrite(place / f"{first + round(10 * voxel[0] * z):06d}.tiff", plane, compression="lzw")
        rows.append(f"{lasers[channel]}\t0\t{x}\t{y}\t0")
    (at / "metadata.txt").write_text("\n".join(rows), encoding="latin-1")
    return at


@layout("TeraStitcher's folders by tifffile", "depths mirrored", pixelSize=voxel)
def by_terastitcher(at):
    for tile in tiles:
        first, y, x = (round(10 * um) for um in tile["originUmZyx"])
        place = at / f"{x:06d}/{x:06d}_{y:06d}"
        place.mkdir(parents=True)
        for z, plane in enumerate(pixels(tile, 0)):
            tifffile.imwrite(place / f"{x:06d}_{y:06d}_{first + round(10 * voxel[0] * z):06d}.tif", plane)
    return at


@layout("Blaze by tifffile", "depths mirrored", pixelSize=voxel, overlap=[0.25, 0.25], stageAxes="x,y")
def by_blaze(at):
    for tile, channel in views:
        row, column = tile["gridYx"]
        first = round(place_px(tile)[0])
        for z, plane in enumerate(pixels(tile, channel)):
            name = f"12-00-00_brain_Blaze[{row:02d} x {column:02d}]_C{channel:02d}_xyz-Table Z{first + z:04d}.ome.tif"
            tifffile.imwrite(at / name, plane, metadata={"axes": "YX"})
    return at


def meta_of(tile, channel):
    """What mesoSPIM-control notes of a stack; the stage moves the sample against the image."""
    z, y, x = tile["originUmZyx"]
    sections = {
        "CFG": {
            "Laser": f"{lasers[0 if has_sides else channel]} nm", "Zoom": "1x", "Pixelsize in um": voxel[2],
            "Shutter": "Right" if has_sides and channel == 1 else "Left",
        },
        "POSITION": {
            "x_pos": -x, "y_pos": -y, "z_start": z, "z_end": z + voxel[0] * (shape[0] - 1), "z_stepsize": voxel[0],
            "z_planes": shape[0], "rot": 0,
        },
        "CAMERA PARAMETERS": {"x_pixels": shape[1], "y_pixels": shape[2]},
    }
    lines = ["[Metadata for file] D:/stack", ""]
    for heading, entries in sections.items():
        lines += [f"[{heading}] ", *(f"[{key}] {value}" for key, value in entries.items()), ""]
    return "\n".join([*lines, "[===================== END OF ACQUISITION ======================] "])


def stacks(at, ending, write):
    for tile, channel, time in ((*view, time) for time in times for view in views):
        laser, side = (lasers[0], channel) if has_sides else (lasers[channel], 0)
        lapse = f"_Time{time:03d}" if len(times) > 1 else ""
        name = f"a_Mag1x_Tile{tile['number'] - 1}_Ch{laser}_Flt515LP_Sh{side}_Rot0{lapse}.{ending}"
        write(at / name, pixels(tile, channel, time))
        (at / f"{name}_meta.txt").write_text(meta_of(tile, channel))
    return at


def write_pages(path, planes):
    with tifffile.TiffWriter(path, bigtiff=True) as writer:
        for plane in planes:
            writer.write(plane[None], contiguous=False, metadata={"spacing": voxel[0], "unit": "um"})


layout("the mesoSPIM's stacks by tifffile, as ImageJ has them", "depths sides times mirrored")(
    lambda at: stacks(at, "tiff", lambda path, planes: tifffile.imwrite(path, planes, imagej=True))
)
layout("the mesoSPIM's BigTIFF by tifffile", "depths sides times mirrored")(lambda at: stacks(at, "btf", write_pages))
layout("the mesoSPIM's RAW by NumPy", "depths sides times mirrored")(lambda at: stacks(at, "raw", lambda path, planes: np.asarray(planes).tofile(path)))
