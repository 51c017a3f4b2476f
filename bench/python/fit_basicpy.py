"""Fits BaSiCPy to a stack and saves its flat-field and dark-field. Prints the seconds of the fit as JSON.

python fit_basicpy.py STACK.npy PROFILE.npz [SETTINGS as JSON]
"""

import contextlib
import json
import sys
import time

import numpy

stack_path, profile_path = sys.argv[1], sys.argv[2]
settings = json.loads(sys.argv[3]) if len(sys.argv) > 3 else {}

# What the package says of itself belongs to the messages, not to the result.
with contextlib.redirect_stdout(sys.stderr):
    import basicpy

    images = numpy.load(stack_path).astype(numpy.float32)
    began = time.perf_counter()
    model = basicpy.BaSiC(**settings)
    model.fit(images)
    seconds = time.perf_counter() - began

flatfield = numpy.asarray(model.flatfield, dtype=numpy.float32)
darkfield = numpy.broadcast_to(numpy.asarray(model.darkfield, dtype=numpy.float32), flatfield.shape)
numpy.savez(profile_path, flatfield=flatfield, darkfield=darkfield, baseline=numpy.float64(0))
print(json.dumps({"seconds": seconds, "version": getattr(basicpy, "__version__", "")}))
