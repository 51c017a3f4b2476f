"""The Python module against the program, on a generated acquisition: ISOLUX_SAMPLE is the image, with empty corners."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request

import isolux
import numpy
import pytest

SAMPLE = os.environ["ISOLUX_SAMPLE"]
EMPTY = [1, 3, 7, 9]


@pytest.fixture(scope="module")
def profiles(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "profiles"
    result = isolux.estimate(SAMPLE, fov_list=EMPTY, n_zplanes=24, workers=1, output=folder, overwrite=False)
    assert result["format"] == "isolux.estimate" and result["version"] == 1 and result["command"] == "estimate"
    return folder


def test_inspect_tells_the_tiles():
    assert len(isolux.inspect(SAMPLE)["tiles"]) == 9


def test_profiles_are_arrays_with_a_mean_of_1(profiles):
    (label, profile), = isolux.load_profiles(profiles).items()
    assert label == "488"
    assert profile.flatfield.ndim == 2
    assert profile.flatfield.mean() == pytest.approx(1, abs=1e-4)
    planes = numpy.full((2, *profile.flatfield.shape), 500, "uint16")
    dark = 0 if profile.darkfield is None else profile.darkfield
    numpy.testing.assert_allclose(profile.correct(planes), (planes - dark) / profile.flatfield, rtol=1e-5)


def test_corrects_and_checks_with_events(profiles, tmp_path):
    events = []
    output = tmp_path / "corrected.zarr"
    result = isolux.correct(SAMPLE, models_folder=profiles, output=output, workers=1, progress=events.append)
    assert result["output"].endswith("corrected.zarr") and output.is_dir()
    assert {event["event"] for event in events} >= {"stage", "progress"}
    last = [event for event in events if event["event"] == "progress"][-1]
    assert last["done"] == last["total"] > 0
    verdict = isolux.check(SAMPLE, output)["verdict"]
    assert verdict["kind"] == "improved"
    # An image against itself is no gain, which is a result and no error
    assert isolux.check(SAMPLE, SAMPLE)["verdict"]["kind"] == "no-gain"


def test_a_dry_run_plans_and_writes_nothing(profiles, tmp_path):
    output = tmp_path / "planned.zarr"
    plan = isolux.correct(SAMPLE, models_folder=profiles, output=output, dry_run=True)
    assert plan["format"] == "isolux.plan" and plan["place"] == "free" and not output.exists()
    assert isolux.estimate(SAMPLE, output=tmp_path / "p", dry_run=True)["profiles"][0]["source"] == "chosen"
    assert list(tmp_path.iterdir()) == []


def test_serves_until_it_is_closed(profiles):
    with isolux.serve(SAMPLE, models_folder=profiles, raw=True, workers=1) as server:
        for address in (server.corrected, server.raw):
            with urllib.request.urlopen(f"{address}/.zattrs") as answer:
                assert "multiscales" in json.load(answer)
        assert server.summary["format"] == "isolux.serve" and not server.closed
    assert server.closed and "closed" in repr(server)
    with pytest.raises(OSError):
        urllib.request.urlopen(f"{server.corrected}/.zattrs", timeout=5)
    server.close()
    with pytest.raises(isolux.IsoluxError, match="no such folder"):
        isolux.serve("nowhere.zarr")


def test_a_server_ends_with_python(profiles):
    code = f"import isolux; s = isolux.serve({SAMPLE!r}, models_folder={str(profiles)!r}, workers=1); print(s.corrected)"
    address = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    with pytest.raises(OSError):
        urllib.request.urlopen(f"{address}/.zattrs", timeout=5)


def test_errors_have_their_parts():
    with pytest.raises(isolux.IsoluxError, match="no such folder") as raised:
        isolux.inspect("nowhere.zarr")
    assert raised.value.kind == "not-found" and raised.value.where.endswith("nowhere.zarr")
    with pytest.raises(isolux.IsoluxError) as raised:
        isolux.correct(SAMPLE, fov_list=[99])
    assert raised.value.found == "99" and raised.value.exit_code == 1
    with pytest.raises(isolux.IsoluxError) as raised:
        isolux.run("correct", SAMPLE, no_such_option=1)
    assert raised.value.kind == "usage" and raised.value.exit_code == 2


def test_an_operand_that_looks_like_an_option_is_a_path():
    with pytest.raises(isolux.IsoluxError, match="no such folder"):
        isolux.inspect("--output")


def test_node_that_is_not_there(monkeypatch):
    monkeypatch.setenv("ISOLUX_NODE", "/nowhere/node")
    with pytest.raises(FileNotFoundError, match="ISOLUX_NODE"):
        isolux.inspect(SAMPLE)


def test_interrupting_ends_the_run(tmp_path):
    began = threading.Event()

    def interrupt():
        began.wait(60)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        isolux.correct(SAMPLE, auto=True, output=tmp_path / "never.zarr", progress=lambda event: began.set())
    time.sleep(0.1)
    assert not (tmp_path / "never.zarr").exists()


def test_command_has_the_exit_codes_of_the_program(profiles):
    command = [sys.executable, "-m", "isolux"]
    assert subprocess.run([*command, "inspect", "nowhere"], capture_output=True).returncode == 1
    shown = subprocess.run([*command, "--version"], capture_output=True, text=True)
    assert (shown.returncode, shown.stdout.strip()) == (0, isolux.__version__)


def test_progress_bar_without_and_with_tqdm(profiles, tmp_path, capfd, monkeypatch):
    isolux.correct(SAMPLE, models_folder=profiles, output=tmp_path / "a.zarr", progress=True)
    assert "100%" in capfd.readouterr().err
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    isolux.correct(SAMPLE, models_folder=profiles, output=tmp_path / "b.zarr", progress=True)
    assert "Correcting" in capfd.readouterr().out
