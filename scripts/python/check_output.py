"""Reads corrected images with zarr-python and anndata, and recomputes every pixel of them with NumPy.

Usage: check_output.py (SOURCE OUTPUT PROFILES BACKGROUND(subtract|keep))...
"""

import sys
from pathlib import Path

import anndata
import numpy as np
import zarr


def check(source_path: Path, output_path: Path, profiles: Path, background: str) -> None:
    source = zarr.open(str(source_path), mode="r")
    output = zarr.open(str(output_path), mode="r")
    attributes = dict(output.attrs)
    ome = attributes.get("ome", attributes)  # OME-Zarr 0.5 keeps its own metadata below "ome"
    datasets = ome["multiscales"][0]["datasets"]
    labels = [channel["label"] for channel in ome["omero"]["channels"]]
    same_form = output.metadata.zarr_format == source.metadata.zarr_format

    table = anndata.read_zarr(str(output_path / "tables" / "FOV_ROI_table")).to_df()
    well = anndata.read_zarr(str(output_path / "tables" / "well_ROI_table")).to_df()
    assert len(well) == 1
    scale = datasets[0]["coordinateTransformations"][0]["scale"][-3:]

    expected = source["0"][:]
    largest = np.iinfo(expected.dtype).max
    for c, label in enumerate(labels):
        with np.load(profiles / label / "profiles.npz") as model:
            flatfield, darkfield = model["flatfield"], model["darkfield"]
            baseline = np.float32(model["baseline"]) if background == "subtract" else np.float32(0)
        for _, row in table.iterrows():
            box = []
            for axis, step in zip("zyx", scale):
                start = row[f"{axis}_micrometer"]
                box.append(slice(round(start / step), round((start + row[f"len_{axis}_micrometer"]) / step)))
            pixels = expected[(c, *box)].astype(np.float32)
            value = (pixels - darkfield) / (flatfield + np.float32(1e-6)) - baseline
            assert value.dtype == np.float32
            expected[(c, *box)] = np.rint(np.clip(value, 0, largest)).astype(expected.dtype)

    for level, dataset in enumerate(datasets):
        found = output[dataset["path"]][:]
        assert found.dtype == source[dataset["path"]].dtype and found.shape == source[dataset["path"]].shape
        assert not same_form or output[dataset["path"]].chunks == source[dataset["path"]].chunks
        if level > 0:
            factors = [round(a / b) for a, b in zip(expected.shape[1:], found.shape[1:])]
            padded = np.pad(
                expected.astype(float),
                [(0, 0)] + [(0, -n % f) for n, f in zip(expected.shape[1:], factors)],
                constant_values=np.nan,
            )
            c, z, y, x = padded.shape
            blocks = padded.reshape(c, z // factors[0], factors[0], y // factors[1], factors[1], x // factors[2], factors[2])
            expected = np.floor(np.nanmean(blocks, axis=(2, 4, 6)) + 0.5).astype(found.dtype)
        different = int((found != expected).sum())
        assert different == 0, f"level {dataset['path']}: {different} of {found.size} pixels differ"
    print(f"zarr {output.metadata.zarr_format}: {len(datasets)} levels of {'x'.join(map(str, output['0'].shape))}, {len(table)} tiles: read, and equal to NumPy")


words = sys.argv[1:]
for source, output, profiles, background in zip(*(words[part::4] for part in range(4)), strict=True):
    check(Path(source), Path(output), Path(profiles), background)
