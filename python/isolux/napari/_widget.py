"""The widget: profiles of an image, and the image before and after."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from magicgui.types import FileDialogMode
from magicgui.widgets import ComboBox, Container, FileEdit, Label, LineEdit, ProgressBar, PushButton
from napari.layers import Image
from napari.qt.threading import create_worker
from superqt.utils import ensure_main_thread

import isolux

from .._profiles import Profile, load_profiles
from ._layers import corrected, profile_layers

if TYPE_CHECKING:
    import napari


#: Profiles by channel, and the tiles of the image.
Found = tuple[dict[str, Profile], list[dict[str, Any]]]


class CorrectionWidget(Container[Any]):
    """Estimates the profiles of an image, and shows a layer of it before and after the correction."""

    def __init__(self, napari_viewer: napari.Viewer) -> None:
        self.viewer = napari_viewer
        self.profiles: dict[str, Profile] = {}
        self.tiles: list[dict[str, Any]] = []
        #: The estimation at work, if any.
        self.worker: Any = None
        self.image = FileEdit(label="Image", mode=FileDialogMode.EXISTING_DIRECTORY, tooltip="An OME-Zarr, or the folder of a microscope.")
        self.empty_tiles = LineEdit(
            label="Empty tiles", tooltip="Numbers of tiles without sample, such as 1, 3; empty: Isolux chooses the way."
        )
        self.estimate = PushButton(text="Estimate profiles")
        self.layer = ComboBox(label="Layer", choices=self._image_layers)
        self.channel = ComboBox(label="Profile", choices=lambda _: sorted(self.profiles))
        self.compare = PushButton(text="Before and after", enabled=False)
        self.progress = ProgressBar(visible=False, max=100)
        self.message = Label(value="")
        super().__init__(
            widgets=[
                self.image,
                self.empty_tiles,
                self.estimate,
                self.progress,
                self.layer,
                self.channel,
                self.compare,
                self.message,
            ]
        )
        self.estimate.changed.connect(self.start)
        self.compare.changed.connect(self.show_corrected)
        self.viewer.layers.events.inserted.connect(self.layer.reset_choices)
        self.viewer.layers.events.removed.connect(self.layer.reset_choices)

    def _image_layers(self, _: object = None) -> list[Image]:
        return [layer for layer in self.viewer.layers if isinstance(layer, Image) and layer.data.ndim >= 2]

    def start(self) -> None:
        """Starts an estimation; what it finds is shown at its end."""
        try:
            numbers = [int(word) for word in self.empty_tiles.value.replace(",", " ").split()]
        except ValueError:
            self.message.value = "Empty tiles are numbers, such as 1, 3"
            return
        self.estimate.enabled = False
        self.progress.visible = True
        self.message.value = "Estimating ..."
        worker: Any = create_worker(_estimate, str(self.image.value), numbers, self._advance)
        worker.returned.connect(self._take)
        worker.finished.connect(self._end)
        self.worker = worker
        worker.start()

    @ensure_main_thread
    def _advance(self, event: Any) -> None:
        if event["event"] == "progress" and event["total"]:
            self.progress.value = round(100 * event["done"] / event["total"])

    def _take(self, found: Found | str) -> None:
        if isinstance(found, str):
            self.message.value = found
            return
        self.profiles, self.tiles = found
        for label, profile in self.profiles.items():
            for data, options, _ in profile_layers(profile, label):
                self.viewer.add_image(data, visible=False, **options)
        self.channel.reset_choices()
        self.compare.enabled = bool(self.profiles)
        self.message.value = "Choose a layer of the image, and the profile of its channel."

    def _end(self) -> None:
        self.estimate.enabled = True
        self.progress.visible = False
        self.worker = None

    def show_corrected(self) -> None:
        """Adds the corrected layer above the layer as it is."""
        layer, profile = self.layer.value, self.profiles.get(self.channel.value)
        if layer is None or profile is None:
            self.message.value = "Choose a layer and a profile"
            return
        data = layer.data[0] if layer.multiscale else layer.data
        try:
            after = corrected(data, profile, self.tiles)
        except ValueError as error:
            self.message.value = str(error)
            return
        self.viewer.add_image(
            after,
            name=f"{layer.name} corrected",
            scale=layer.scale,
            translate=layer.translate,
            colormap=layer.colormap.name,
            contrast_limits=layer.contrast_limits,
        )
        self.message.value = "Switch the corrected layer on and off to compare."


def _estimate(image: str, empty_tiles: list[int], advance: Callable[[Any], None]) -> Found | str:
    """The profiles of an image by channel, and its tiles; or what prevents that, to be shown in the widget."""
    with TemporaryDirectory(prefix="isolux-napari-") as folder:
        output = Path(folder) / "profiles"
        try:
            isolux.estimate(image, fov_list=empty_tiles or None, output=output, progress=advance)
            return load_profiles(output), isolux.inspect(image)["tiles"]
        except (isolux.IsoluxError, FileNotFoundError) as error:
            return str(error)
