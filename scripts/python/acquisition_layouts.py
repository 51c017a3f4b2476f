"""The acquisition that layouts are written of, and the list of layouts: see write_layouts.py."""

import json
import sys
from pathlib import Path

import numpy as np

source, folder = Path(sys.argv[1]), Path(sys.argv[2])
told = json.loads((source / "acquisition.json").read_text())
# In µm, along z, y and x; positions of tiles count likewise, in the directions of the image
voxel = told["pixelSizeUmZyx"]
tiles = told["tiles"]
shape = tuple(told["shapeZyx"])
lasers = ["488", "561"]
layouts = {}
views = [(tile, channel) for tile in tiles for channel in range(2)]
# What the acquisition has beside two channels: "depths" (tiles begin at different ones), "sides" (the two channels are one
# laser's from both sides), "times" (two time points), or that its positions are "mirrored" along an axis
kind = told["kind"]
times = range(2 if kind == "times" else 1)
has_sides = kind == "sides"


def pixels(tile, channel, time=0):
    return np.fromfile(source / f"{tile['number']}-{channel}-{time}", "<u2").reshape(shape)


def both(tile, time=0):
    return np.stack([pixels(tile, channel, time) for channel in range(2)])


def over_times(tile):
    return np.stack([both(tile, time) for time in times])


def place_px(tile):
    return [um / size for um, size in zip(tile["originUmZyx"], voxel)]


def layout(name, holds="", **options):
    """Registers a writer, which gets a folder and returns the path to open, and its options.

    `holds` lists the kinds of acquisitions that the layout can hold beside the plain one.
    """

    def add(write):
        if kind is not None and kind.split(" ")[0] not in holds.split(" "):
            return write
        at = folder / name
        at.mkdir(parents=True)
        layouts[name] = {"image": str(write(at)), "options": options}
        return write

    return add


def spim_data(at, loader):
    """The XML file of BigStitcher, with positions in pixels and the calibration of z."""
    setups, registrations = [], []
    for index, (tile, channel) in enumerate((tile, channel) for tile in tiles for channel in range(2)):
        size = " ".join(map(str, shape[::-1]))
        setups.append(
            f"<ViewSetup><id>{index}</id><name>setup {index}</name><size>{size}</size><voxelSize><unit>µm</unit>"
            f"<size>{voxel[2]} {voxel[1]} {voxel[0]}</size></voxelSize><attributes>"
            f"<illumination>{channel if has_sides else 0}</illumination>"
            f"<channel>{0 if has_sides else channel}</channel><tile>{tile['number']}</tile><angle>0</angle></attributes></ViewSetup>"
        )
        z, y, x = place_px(tile)
        registrations += [
            f'<ViewRegistration timepoint="{time}" setup="{index}">'
            f'<ViewTransform type="affine"><Name>Translation to Regular Grid</Name>'
            f"<affine>1.0 0.0 0.0 {x} 0.0 1.0 0.0 {y} 0.0 0.0 1.0 {z * voxel[0] / voxel[2]}</affine></ViewTransform>"
            f'<ViewTransform type="affine"><Name>calibration</Name><affine>1.0 0.0 0.0 0.0 0.0 1.0 0.0 0.0 0.0 0.0 '
            f"{voxel[0] / voxel[2]} 0.0</affine></ViewTransform></ViewRegistration>"
            for time in times
        ]
    names = "".join(f"<Channel><id>{n}</id><name>{laser}</name></Channel>" for n, laser in enumerate(lasers))
    at.write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n<SpimData version="0.2"><BasePath type="relative">.</BasePath>'
        f'<SequenceDescription>{loader}<ViewSetups>{"".join(setups)}<Attributes name="channel">{names}</Attributes>'
        f'</ViewSetups><Timepoints type="pattern"><integerpattern>{",".join(map(str, times))}</integerpattern></Timepoints>'
        '<MissingViews/>'
        f'</SequenceDescription><ViewRegistrations>{"".join(registrations)}</ViewRegistrations></SpimData>',
        encoding="utf-8",
    )
    return at
