"""Writes one acquisition in the layouts of many microscopes and programs, each by a writer of others.

Usage: write_layouts.py ACQUISITION FOLDER

ACQUISITION holds `acquisition.json`, the pixels of every tile and channel, and those of the mosaic, as raw uint16. FOLDER
gets a folder for each layout, and `layouts.json` with what to open and how.
"""

import json

import array_layouts  # noqa: F401
import file_layouts  # noqa: F401
from acquisition_layouts import folder, layouts

(folder / "layouts.json").write_text(json.dumps(layouts))
