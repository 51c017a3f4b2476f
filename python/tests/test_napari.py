"""The plugin for napari, without a window: ISOLUX_SAMPLE is the image, with empty corners."""

import os
import time

import numpy
import pytest

pytest.importorskip("napari")
pytest.importorskip("qtpy")

import isolux
import npe2
from isolux.napari import _layers
from napari.components import ViewerModel

SAMPLE = os.environ["ISOLUX_SAMPLE"]


@pytest.fixture(scope="module")
def application():
    from qtpy.QtWidgets import QApplication

    return QApplication.instance() or QApplication([])


@pytest.fixture(scope="module")
def profiles(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    isolux.estimate(SAMPLE, fov_list=[1, 3, 7, 9], n_zplanes=24, workers=1, output=folder)
    return folder


def test_manifest_is_found_and_valid():
    manager = npe2.PluginManager()
    manager.discover()
    manifest = manager.get_manifest("isolux")
    assert [widget.display_name for widget in manifest.contributions.widgets] == ["Flat-field correction"]
    manifest.validate_imports()


def test_reads_profiles_as_layers(profiles, tmp_path):
    file = profiles / "488" / "profiles.npz"
    npe2.PluginManager.instance().discover()
    layers, reader = npe2.io_utils.read_get_reader([str(file)], plugin_name="isolux", stack=False)
    assert reader.command == "isolux.read_profiles"
    (flat, options, kind), *_ = layers
    assert (options["name"], kind) == ("flat-field 488", "image")
    numpy.testing.assert_array_equal(flat, isolux.load_profiles(profiles)["488"].flatfield)
    other = tmp_path / "other.npz"
    numpy.savez(other, weights=numpy.ones(3))
    assert _layers.get_reader(str(other)) is None


def mosaic(profile):
    """A mosaic of two tiles of even tissue as the camera takes it, beside pixels of no tile."""
    rows, columns = profile.flatfield.shape
    taken = numpy.full((2, rows, 2 * columns + 5), 7, "uint16")
    dark = 0 if profile.darkfield is None else profile.darkfield
    for left in (0, columns):
        taken[:, :, left : left + columns] = numpy.round(1000 * profile.flatfield + dark)
    return taken, [{"startYx": [0, 0]}, {"startYx": [0, columns]}]


def test_corrects_lazily_where_tiles_are(profiles):
    profile = isolux.load_profiles(profiles)["488"]
    taken, tiles = mosaic(profile)
    after = numpy.asarray(_layers.corrected(taken, profile, tiles))
    numpy.testing.assert_allclose(after[:, :, :-5], 1000, atol=1)
    assert (after[:, :, -5:] == 7).all()
    with pytest.raises(ValueError, match="does not fit"):
        _layers.corrected(taken[:, :-1], profile, tiles)


def wait_until(application, done, seconds=120):
    until = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < until
        application.processEvents()
        time.sleep(0.02)


def test_widget_estimates_and_shows_before_and_after(application):
    from isolux.napari._widget import CorrectionWidget

    viewer = ViewerModel()
    widget = CorrectionWidget(viewer)
    widget.image.value = SAMPLE
    widget.empty_tiles.value = "1, two"
    widget.start()
    assert "numbers" in widget.message.value and widget.worker is None
    widget.empty_tiles.value = "1, 3, 7, 9"
    widget.estimate.changed.emit(True)
    wait_until(application, lambda: widget.worker is None)
    assert [layer.name for layer in viewer.layers][0] == "flat-field 488"
    assert widget.compare.enabled and widget.estimate.enabled
    taken, _ = mosaic(widget.profiles["488"])
    rows, columns = widget.profiles["488"].flatfield.shape
    layer = viewer.add_image(taken[:, :, :columns], name="raw")
    widget.layer.value = layer
    widget.channel.value = "488"
    widget.compare.changed.emit(True)
    after = viewer.layers["raw corrected"]
    numpy.testing.assert_allclose(numpy.asarray(after.data), 1000, atol=1)


def test_widget_shows_errors_in_place(application):
    from isolux.napari._widget import CorrectionWidget

    widget = CorrectionWidget(ViewerModel())
    widget.image.value = "nowhere.zarr"
    widget.start()
    wait_until(application, lambda: widget.worker is None)
    assert "no such folder" in widget.message.value
