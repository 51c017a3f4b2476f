"""The plugin for napari: a reader of profiles, and a widget that estimates them and shows an image before and after.

It comes with the extra `napari`: pip install "isolux[napari,node]".
"""
