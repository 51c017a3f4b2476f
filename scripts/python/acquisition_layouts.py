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


def pixels(tile, channel):
    return np.fromfile(source / f"{tile['number']}-{channel}", "<u2").reshape(shape)


def both(tile):
    return np.stack([pixels(tile, channel) for channel in range(2)])


def place_px(tile):
    return [um / size for um, size in zip(tile["originUmZyx"], voxel)]


def layout(name, **options):
    """Registers a writer, which gets a folder and returns the path to open, and its options."""

    def add(write):
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
            f"<size>{voxel[2]} {voxel[1]} {voxel[0]}</size></voxelSize><attributes><illumination>0</illumination>"
            f"<channel>{channel}</channel><tile>{tile['number']}</tile><angle>0</angle></attributes></ViewSetup>"
        )
        _, y, x = place_px(tile)
        registrations.append(
            f'<ViewRegistration timepoint="0" setup="{index}">'
            f'<ViewTransform type="affine"><Name>Translation to Regular Grid</Name>'
            f"<affine>1.0 0.0 0.0 {x} 0.0 1.0 0.0 {y} 0.0 0.0 1.0 0.0</affine></ViewTransform>"
            f'<ViewTransform type="affine"><Name>calibration</Name><affine>1.0 0.0 0.0 0.0 0.0 1.0 0.0 0.0 0.0 0.0 '
            f"{voxel[0] / voxel[2]} 0.0</affine></ViewTransform></ViewRegistration>"
        )
    names = "".join(f"<Channel><id>{n}</id><name>{laser}</name></Channel>" for n, laser in enumerate(lasers))
    at.write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n<SpimData version="0.2"><BasePath type="relative">.</BasePath>'
        f'<SequenceDescription>{loader}<ViewSetups>{"".join(setups)}<Attributes name="channel">{names}</Attributes>'
        '</ViewSetups><Timepoints type="pattern"><integerpattern>0</integerpattern></Timepoints><MissingViews/>'
        f'</SequenceDescription><ViewRegistrations>{"".join(registrations)}</ViewRegistrations></SpimData>',
        encoding="utf-8",
    )
    return at
